/** Channel messages that no honest guest sends: each is answered or dropped, with a logged reason, and the bus goes on. */

import { forgetWarnings, recentWarnings } from '@viridian/trace';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { EchoDevice } from '../echo-device.ts';
import {
  byRelid,
  contact,
  empty,
  gpadlHeader,
  joined,
  modifyChannel,
  openChannel,
  RawGuest,
  range,
} from '../raw-guest.ts';

beforeEach(() => forgetWarnings());

const reasons = (): string[] => [...new Set(recentWarnings().map((warning) => warning.reason))];

/** The guest's device still works, whatever was sent before. */
async function stillServes(guest: RawGuest, relid: number): Promise<void> {
  const rings = await guest.open(relid);
  expect(rings.out.dataBytes).toBe(8192);
  await guest.say(byRelid('CLOSE_CHANNEL', relid));
}

function words(type: number, ...values: number[]): Uint8Array {
  const message = new Uint8Array(8 + values.length * 4);
  const view = new DataView(message.buffer);
  view.setUint32(0, type, true);
  values.forEach((value, i) => {
    view.setUint32(8 + i * 4, value, true);
  });
  return message;
}

describe('messages by type and length', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'message is shorter than its header'],
    ['seven bytes', new Uint8Array(7), 'message is shorter than its header'],
    ['type 0', words(0), 'message type is unknown'],
    ['type 30', words(30), 'message type is unknown'],
    ['type 0xffffffff', words(0xffffffff), 'message type is unknown'],
    ['an offer', new Uint8Array(196).fill(1, 0, 1), 'message is one of the host'],
    ['a message of 6.0', words(25, 0, 0, 0, 0), 'message is newer than the version'],
    ['more than a slot holds', joined(words(3), new Uint8Array(233)), 'message is longer than messages are'],
    ['a short open', words(5, 1, 1), 'message is too short'],
    ['a short close', words(7), 'message is too short'],
    ['a short GPADL header', words(8, 1, 1), 'message is too short'],
    ['a short GPADL body', words(9, 1), 'message is too short'],
    ['a short teardown', words(11, 1), 'message is too short'],
    ['a short release', words(13), 'message is too short'],
    ['a short contact', words(14, 0x50003), 'message is too short'],
    ['a short reserved open', words(18, 1), 'message is too short'],
    ['a short socket request', words(21, 1), 'message is too short'],
    ['a short modify', words(22, 1), 'message is too short'],
  ])('drops %s', async (_, message, reason) => {
    const guest = new RawGuest();
    const { relid } = guest.host.offer(new EchoDevice());
    await guest.connect();
    expect(await guest.say(message)).toEqual([]);
    expect(reasons()).toEqual([reason]);
    expect(guest.host.counters.messagesDropped).toBe(1);
    await stillServes(guest, relid);
  });

  it('drops every cut of every message and never throws', async () => {
    const guest = new RawGuest();
    const { relid } = guest.host.offer(new EchoDevice());
    await guest.connect();
    const whole = [
      openChannel({ relId: relid, openId: 1, ringGpadl: 1, downstreamPageOffset: 1 }),
      byRelid('CLOSE_CHANNEL', relid),
      gpadlHeader(relid, 1, 16, 1, range(4096, 0, [1])),
      modifyChannel(relid, 0),
    ];
    for (const message of whole) {
      for (let length = 0; length < Math.min(message.length, 20); length += 1) {
        await guest.say(message.slice(0, length));
      }
    }
    await stillServes(guest, relid);
  });

  it('survives any bytes', async () => {
    const guest = new RawGuest({ limits: { gpadlWords: 4096 } });
    const { relid } = guest.host.offer(new EchoDevice());
    await guest.connect();
    const message = fc
      .tuple(fc.integer({ min: 0, max: 31 }), fc.uint8Array({ minLength: 0, maxLength: 240 }))
      .filter(([type]) => type !== 14 && type !== 16)
      .map(([type, rest]) => joined(words(type), rest).slice(0, 240));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
        await guest.machine.exchange(...messages);
        expect(guest.host.inspect()).toMatchObject({ connection: { state: 'ready' } });
      }),
      { numRuns: 100 },
    );
    guest.machine.toGuest.length = 0;
    await guest.say(contact(0x50003), empty('REQUEST_OFFERS'));
    await stillServes(guest, relid);
  });
});

describe('messages in the wrong state', () => {
  it('drops everything before contact', async () => {
    const guest = new RawGuest();
    const { relid } = guest.host.offer(new EchoDevice());
    const answers = await guest.say(
      empty('REQUEST_OFFERS'),
      empty('UNLOAD'),
      openChannel({ relId: relid, openId: 1, ringGpadl: 1, downstreamPageOffset: 1 }),
      gpadlHeader(relid, 1, 16, 1, range(4096, 0, [1])),
    );
    expect(answers).toEqual([]);
    expect(reasons()).toEqual(['message before contact']);
    await guest.connect();
    await stillServes(guest, relid);
  });

  it('delivers offers once per connection', async () => {
    const guest = new RawGuest();
    guest.host.offer(new EchoDevice());
    await guest.connect();
    expect(await guest.say(empty('REQUEST_OFFERS'))).toEqual([]);
    expect(reasons()).toEqual(['offers requested twice']);
  });

  it('answers what names a channel that was not offered', async () => {
    const guest = new RawGuest();
    const { relid } = guest.host.offer(new EchoDevice());
    await guest.machine.exchange(contact(0x50003)); // offers not asked for
    for (const unknown of [relid, 0, 77, 2048, 0xffffffff]) {
      const text = unknown > 0xffffff ? unknown.toString(16) : String(unknown);
      expect(
        await guest.say(openChannel({ relId: unknown, openId: 5, ringGpadl: 1, downstreamPageOffset: 1 })),
      ).toEqual([`OPEN_CHANNEL_RESULT ${text} 5 c000000d`]);
      expect(await guest.say(gpadlHeader(unknown, 9, 16, 1, range(4096, 0, [1])))).toEqual([
        `GPADL_CREATED ${text} 9 c000000d`,
      ]);
      expect(
        await guest.say(
          byRelid('CLOSE_CHANNEL', unknown),
          byRelid('REL_ID_RELEASED', unknown),
          modifyChannel(unknown, 0),
        ),
      ).toEqual([]);
    }
    expect(reasons()).toEqual(['message names an unknown channel']);
  });

  it('keeps an open channel open when it is opened, released or retargeted wrongly', async () => {
    const guest = new RawGuest();
    const device = new EchoDevice();
    const { relid } = guest.host.offer(device);
    await guest.connect();
    const { gpadl } = await guest.open(relid);
    const again = openChannel({ relId: relid, openId: 6, ringGpadl: gpadl, downstreamPageOffset: 3 });
    expect(await guest.say(again)).toEqual([`OPEN_CHANNEL_RESULT ${relid} 6 c0000184`]);
    expect(await guest.say(byRelid('REL_ID_RELEASED', relid))).toEqual([]);
    expect(await guest.say(modifyChannel(relid, 99))).toEqual([`MODIFY_CHANNEL_RESPONSE ${relid} c000000d`]);
    expect(await guest.say(modifyChannel(relid, 3))).toEqual([`MODIFY_CHANNEL_RESPONSE ${relid} 0`]);
    expect(device.log).toEqual(['open 0']);
    expect(device.channel!.targetVp).toBe(3);
    expect(reasons()).toEqual([
      'open of a channel that is open',
      'release of an open channel',
      'interrupts retargeted to an unknown processor',
    ]);
  });

  it('logs a close of what is closed', async () => {
    const guest = new RawGuest();
    const { relid } = guest.host.offer(new EchoDevice());
    await guest.connect();
    await guest.say(byRelid('CLOSE_CHANNEL', relid), modifyChannel(relid, 0));
    expect(reasons()).toEqual([
      'close of a channel that is not open',
      'interrupts retargeted of a channel that is not open',
    ]);
    await stillServes(guest, relid);
  });

  it.each([
    ['an unknown GPADL', { ringGpadl: 999 }, 'open names an unknown GPADL'],
    ['an unknown processor', { targetVp: 4 }, 'open names an unknown processor'],
    ['no page of the outgoing ring', { downstreamPageOffset: 0 }, 'open cuts the ring at an impossible page'],
    ['a control page alone', { downstreamPageOffset: 1 }, 'open cuts the ring at an impossible page'],
    ['no page of the incoming ring', { downstreamPageOffset: 6 }, 'open cuts the ring at an impossible page'],
    ['a cut past the end', { downstreamPageOffset: 0xffffffff }, 'open cuts the ring at an impossible page'],
  ])('refuses an open with %s', async (_, fields, reason) => {
    const guest = new RawGuest();
    const device = new EchoDevice();
    const { relid } = guest.host.offer(device);
    await guest.connect();
    const { gpns } = guest.machine.allocatePages(6);
    await guest.say(gpadlHeader(relid, 50, 56, 1, range(6 * 4096, 0, gpns)));
    const open = { relId: relid, openId: 3, ringGpadl: 50, downstreamPageOffset: 3, ...fields };
    expect(await guest.say(openChannel(open))).toEqual([`OPEN_CHANNEL_RESULT ${relid} 3 c000000d`]);
    expect(reasons()).toEqual([reason]);
    expect(device.log).toEqual([]);
    await stillServes(guest, relid);
  });

  it('refuses reserved channels and sockets', async () => {
    const guest = await new RawGuest().connect();
    expect(await guest.say(words(18, 5, 0, 2, 1, 1))).toEqual(['OPEN_CHANNEL_RESULT 5 0 c0000010']);
    expect(await guest.say(words(19, 5, 0, 2))).toEqual(['CLOSE_RESERVED_CHANNEL_RESPONSE 5']);
    const socket = joined(words(21), new Uint8Array(16).fill(1), new Uint8Array(16).fill(2));
    expect(await guest.say(socket)).toEqual([
      `TL_CONNECT_RESULT ${'1010101 '.repeat(4)}${'2020202 '.repeat(4)}c0000236`,
    ]);
    const old = await new RawGuest().connect(0x40000);
    expect(await old.say(socket)).toEqual([]);
  });
});

describe('contact', () => {
  const page = 5 * 4096;
  it.each([
    ['an unknown version', contact(0x50009), []],
    ['version 6.0', contact(0x60000), []],
    ['another SINT', contact(0x50003, { targetSint: 3 }), ['contact wants another SINT']],
    ['another VTL', contact(0x50003, { targetVtl: 2 }), ['contact wants another VTL']],
    ['an unknown processor', contact(0x50003, { targetVp: 4 }), ['contact names an unknown processor']],
    [
      'one monitor page',
      contact(0x50003, { childToParentMonitorPageGpa: page }),
      ['contact names one monitor page'],
    ],
    [
      'monitor pages outside memory',
      contact(0x50003, { childToParentMonitorPageGpa: page, parentToChildMonitorPageGpa: 2 ** 40 }),
      ['monitor pages are not in memory'],
    ],
    [
      'unaligned monitor pages',
      contact(0x50003, { childToParentMonitorPageGpa: page + 8, parentToChildMonitorPageGpa: page }),
      ['monitor pages are not in memory'],
    ],
    [
      'an interrupt page outside memory',
      // Before 5.0 the words at 16 are an address.
      contact(0x10001, { targetSint: 0, featureFlags: 0x7fffffff }),
      ['interrupt page is not in memory'],
    ],
  ])('is refused with %s', async (_, message, logged) => {
    const guest = new RawGuest();
    expect(await guest.say(message)).toEqual(['VERSION_RESPONSE 0 0']);
    expect(reasons()).toEqual(logged);
    expect(guest.host.version).toBe(0);
    expect(await guest.say(contact(0x50003))).toEqual(['VERSION_RESPONSE 1 1']);
  });

  it('again and again is an unload each time', async () => {
    const guest = new RawGuest();
    const device = new EchoDevice();
    const { relid } = guest.host.offer(device);
    for (let i = 0; i < 5; i += 1) {
      await guest.connect();
      await guest.open(relid);
    }
    expect(device.log.filter((line) => line === 'closed 0: disconnected')).toHaveLength(4);
    expect(guest.host.inspect()).toMatchObject({ gpadls: { count: 1 } });
  });
});

describe('floods', () => {
  it('do not make the queue of answers grow', async () => {
    const guest = new RawGuest({ limits: { waitingMessages: 50 } });
    const { relid } = guest.host.offer(new EchoDevice());
    await guest.connect();
    guest.machine.guestStalled = true;
    const close = words(19, 5, 0, 2);
    await guest.machine.exchange(...Array.from({ length: 500 }, () => close));
    expect(guest.host.inspect()).toMatchObject({ messagesWaiting: 50 });
    expect(reasons()).toContain('message while too many answers wait');
    guest.machine.guestStalled = false;
    guest.machine.interrupt(0);
    for (let i = 0; i < 10; i += 1) {
      guest.machine.clock.advance(10_000);
      await guest.machine.quiet();
    }
    expect(guest.host.inspect()).toMatchObject({ messagesWaiting: 0 });
    await stillServes(guest, relid);
  });

  it('of one guest leave the other alone', async () => {
    const [one, other] = [new RawGuest({ where: 'one' }), new RawGuest({ where: 'other' })];
    const { relid } = other.host.offer(new EchoDevice());
    await one.connect();
    await other.connect();
    await one.machine.exchange(...Array.from({ length: 2000 }, (_, i) => words(i % 40, i)));
    await stillServes(other, relid);
  });
});
