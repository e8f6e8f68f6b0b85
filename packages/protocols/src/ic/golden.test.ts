/** Layouts against vmbus.md §6, offsets there minus 28 for payloads; images against Linux's include/uapi/linux/hyperv.h. */

import { describe, expect, it } from 'vitest';
import { describeGolden, hex } from '../../test/golden.ts';
import * as ic from './index.ts';

const PAIR = (at: number) =>
  `valueType@${at}:4 keyBytes@${at + 4}:4 valueBytes@${at + 8}:4 key@${at + 12}:512 value@${at + 524}:2048`;

describeGolden('integration messages', ic, {
  IcMessage: `28: pipeType@0:4 pipeBytes@4:4 frameworkMajor@8:2 frameworkMinor@10:2 messageType@12:2 versionMajor@14:2
    versionMinor@16:2 payloadBytes@18:2 status@20:4 transactionId@24:1 flags@25:1`,
  IcNegotiate: '8: frameworkCount@0:2 messageCount@2:2',
  IcVersion: '4: major@0:2 minor@2:2',
  ShutdownRequest: '2060: reasonCode@0:4 timeoutSeconds@4:4 flags@8:4 displayMessage@12:2048',
  TimeSyncSample: '28: parentTime@0:8 childTime@8:8 roundTripTime@16:8 flags@24:1',
  TimeSyncReference: '24: parentTime@0:8 referenceTime@8:8 flags@16:1 leapFlags@17:1 stratum@18:1',
  Heartbeat: '40: sequence@0:8 state@8:4',
  KvpHeader: '4: operation@0:1 pool@1:1',
  KvpExchange: `2576: operation@0:1 pool@1:1 ${PAIR(4)}`,
  KvpEnumerate: `2580: operation@0:1 pool@1:1 index@4:4 ${PAIR(8)}`,
  KvpDelete: '520: operation@0:1 pool@1:1 keyBytes@4:4 key@8:512',
  KvpIpInfo: `7428: operation@0:1 pool@1:1 adapterId@2:256 family@258:1 dhcpEnabled@259:1 addresses@260:2048
    subnets@2308:2048 gateways@4356:1024 dnsServers@5380:2048`,
  VssMessage: '12: operation@0:1 flags@8:4',
  FileCopyHeader: '36: operation@0:4 serviceId0@4:16 serviceId1@20:16',
  FileCopyStart: `1088: operation@0:4 serviceId0@4:16 serviceId1@20:16 fileName@36:520 directory@556:520 flags@1076:4
    fileBytes@1080:8`,
  FileCopyWrite: `6196: operation@0:4 serviceId0@4:16 serviceId1@20:16 fileOffset@40:8 dataBytes@48:4 data@52:6144`,
});

describe('integration images', () => {
  it('a heartbeat as the host sends it', () => {
    const header = ic.IcMessage.bytes({
      pipeType: 1,
      pipeBytes: 60,
      frameworkMajor: 3,
      messageType: ic.IcMessageType.HEARTBEAT,
      versionMajor: 3,
      payloadBytes: 40,
      transactionId: 9,
      flags: ic.IcFlag.TRANSACTION | ic.IcFlag.REQUEST,
    });
    expect(hex(header)).toBe(
      '010000003c000000' + '03000000' + '0100' + '03000000' + '2800' + '00000000' + '09030000',
    );
    expect(hex(ic.Heartbeat.bytes({ sequence: 0x102n }).subarray(0, 12))).toBe(
      '0201000000000000' + '00000000',
    );
  });

  it('the counts of a negotiation', () => {
    expect(hex(ic.IcNegotiate.bytes({ frameworkCount: 2, messageCount: 3 }))).toBe('0200030000000000');
    expect(hex(ic.IcVersion.bytes({ major: 3, minor: 2 }))).toBe('03000200');
  });

  it('the epoch is that of Unix', () => {
    const days = 369n * 365n + 89n; // 1601 to 1970 with its leap days
    expect(ic.UNIX_EPOCH_1601).toBe(days * 86_400n * 10_000_000n);
  });

  it('text of a shutdown request is UTF-16', () => {
    const image = ic.ShutdownRequest.bytes({ flags: ic.ShutdownFlag.RESTART, displayMessage: 'hi' });
    expect(hex(image.subarray(0, 18))).toBe('0000000000000000' + '02000000' + '680069000000');
  });
});

describe('integration tables', () => {
  it.each(Object.entries({ ...ic }).filter(([, table]) => isTable(table)))(
    '%s has no number twice',
    (_, table) => {
      const numbers = Object.values(table as object);
      expect(new Set(numbers).size).toBe(numbers.length);
    },
  );

  it('a largest message fits the rings of Linux', () => {
    const largest = Math.max(ic.KvpIpInfo.size, ic.FileCopyWrite.size) + ic.IC_HEADER_BYTES + 16 + 8;
    expect(largest).toBeLessThan(2 * 4096);
    expect(ic.IcMessage.size).toBe(ic.IC_HEADER_BYTES);
  });
});

function isTable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one) => typeof one === 'number')
  );
}
