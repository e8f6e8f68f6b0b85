import { nameOf } from '@viridian/wire';
import { describe, expect, it } from 'vitest';
import * as vmbus from './index.ts';

const { CHANNEL_MESSAGES, ChannelMessageType, minimumMessageBytes, VmbusVersion } = vmbus;
const rows = Object.values(CHANNEL_MESSAGES);

describe('channel message table', () => {
  it('has each number from 1 to 29 once, under its name', () => {
    expect(rows.map((row) => row.type)).toEqual(Array.from({ length: 29 }, (_, i) => i + 1));
    for (const row of rows) expect(nameOf(ChannelMessageType, row.type)).toBe(row.name);
  });

  // vmbus.md §2, columns "dir" and "bytes".
  it.each([
    ['OFFER_CHANNEL', 'host-to-guest', 196],
    ['RESCIND_CHANNEL_OFFER', 'host-to-guest', 12],
    ['REQUEST_OFFERS', 'guest-to-host', 8],
    ['ALL_OFFERS_DELIVERED', 'host-to-guest', 8],
    ['OPEN_CHANNEL', 'guest-to-host', 148],
    ['OPEN_CHANNEL_RESULT', 'host-to-guest', 20],
    ['CLOSE_CHANNEL', 'guest-to-host', 12],
    ['GPADL_HEADER', 'guest-to-host', 20],
    ['GPADL_BODY', 'guest-to-host', 16],
    ['GPADL_CREATED', 'host-to-guest', 20],
    ['GPADL_TEARDOWN', 'guest-to-host', 16],
    ['GPADL_TORNDOWN', 'host-to-guest', 12],
    ['REL_ID_RELEASED', 'guest-to-host', 12],
    ['INITIATE_CONTACT', 'guest-to-host', 40],
    ['VERSION_RESPONSE', 'host-to-guest', 16],
    ['UNLOAD', 'guest-to-host', 8],
    ['UNLOAD_RESPONSE', 'host-to-guest', 8],
    ['OPEN_RESERVED_CHANNEL', 'guest-to-host', 28],
    ['CLOSE_RESERVED_CHANNEL', 'guest-to-host', 20],
    ['CLOSE_RESERVED_CHANNEL_RESPONSE', 'host-to-guest', 12],
    ['TL_CONNECT_REQUEST', 'guest-to-host', 40],
    ['MODIFY_CHANNEL', 'guest-to-host', 16],
    ['TL_CONNECT_RESULT', 'host-to-guest', 44],
    ['MODIFY_CHANNEL_RESPONSE', 'host-to-guest', 16],
    ['MODIFY_CONNECTION', 'guest-to-host', 24],
    ['MODIFY_CONNECTION_RESPONSE', 'host-to-guest', 9],
    ['PAUSE', 'guest-to-host', 8],
    ['PAUSE_RESPONSE', 'host-to-guest', 8],
    ['RESUME', 'guest-to-host', 8],
  ] as const)('%s: %s, %i bytes in 5.3', (name, direction, bytes) => {
    const type = ChannelMessageType[name];
    expect(CHANNEL_MESSAGES[type]?.direction).toBe(direction);
    expect(minimumMessageBytes(type, VmbusVersion.V5_3)).toBe(bytes);
  });

  it('knows what old and new versions differ in', () => {
    expect(minimumMessageBytes(ChannelMessageType.OFFER_CHANNEL, VmbusVersion.V0_13)).toBe(190);
    const { OPEN_CHANNEL, INITIATE_CONTACT, VERSION_RESPONSE } = ChannelMessageType;
    expect(minimumMessageBytes(OPEN_CHANNEL, VmbusVersion.V6_0)).toBe(148);
    expect(minimumMessageBytes(OPEN_CHANNEL, VmbusVersion.V6_0, 1)).toBe(156);
    expect(minimumMessageBytes(INITIATE_CONTACT, VmbusVersion.V6_0, 8)).toBe(56);
    expect(minimumMessageBytes(VERSION_RESPONSE, VmbusVersion.V6_0)).toBe(20);
    expect(minimumMessageBytes(0, VmbusVersion.V5_3)).toBeUndefined();
    expect(minimumMessageBytes(30, VmbusVersion.V5_3)).toBeUndefined();
  });

  it('fits every message into a SynIC payload', () => {
    for (const row of rows) expect(row.minimumBytes).toBeLessThanOrEqual(vmbus.MAX_MESSAGE_BYTES);
  });
});

describe('versions', () => {
  it('lists each once, oldest first, written as people do', () => {
    const numbers = vmbus.VMBUS_VERSIONS.map((info) => info.version);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
    expect(new Set(numbers)).toEqual(new Set(Object.values(VmbusVersion)));
    for (const info of vmbus.VMBUS_VERSIONS) expect(vmbus.versionText(info.version)).toBe(info.text);
  });

  it('tries the versions of Linux from 5.3 down to 2.4', () => {
    const texts = vmbus.LINUX_VERSIONS.map(vmbus.versionText);
    expect(texts).toEqual(['5.3', '5.2', '5.1', '5.0', '4.1', '4.0', '3.0', '2.4']);
  });
});

describe('number tables', () => {
  it.each(
    Object.entries({
      ChannelMessageType,
      VmbusVersion,
      VmbusFeature: vmbus.VmbusFeature,
      PacketType: vmbus.PacketType,
      OfferFlag: vmbus.OfferFlag,
      NtStatus: vmbus.NtStatus,
      PipePacketType: vmbus.PipePacketType,
      RingControl: vmbus.RingControl,
    }),
  )('%s has no number twice', (_, table) => {
    const numbers = Object.values(table);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('puts the monitor tables where the structure has them', () => {
    const { MonitorOffset, MonitorPage } = vmbus;
    expect(MonitorPage.offsets).toMatchObject({
      triggerState: MonitorOffset.TRIGGER_STATE,
      triggerGroups: MonitorOffset.TRIGGER_GROUPS,
      nextCheckTime: MonitorOffset.NEXT_CHECK_TIME,
      latency: MonitorOffset.LATENCY,
      parameters: MonitorOffset.PARAMETERS,
      reserved3: MonitorOffset.RESERVED,
    });
  });

  it('counts the pages of a range that starts inside a page', () => {
    expect(vmbus.rangePages(1, 4095)).toBe(1);
    expect(vmbus.rangePages(2, 4095)).toBe(2);
    expect(vmbus.rangePages(4096, 0)).toBe(1);
  });
});
