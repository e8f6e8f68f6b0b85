import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tcpFrame } from '../test/support/packets.ts';
import { addWords, foldChecksum } from './checksum.ts';
import { formatMac, macNumber, parseMac } from './ethernet.ts';
import {
  fillIpv4Checksum,
  fillTransportChecksum,
  isTransportChecksumRight,
  PacketLayout,
} from './packet-layout.ts';

describe('the Internet checksum', () => {
  it('is that of the example in RFC 1071, and of a known IPv4 header', () => {
    const words = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(foldChecksum(addWords(words, 0, 8, 0))).toBe(~0xddf2 & 0xffff);
    const header = Uint8Array.from(
      '4500007300004000401100 00c0a80001c0a800c7'.replace(' ', '').match(/../g)!,
      (digits) => Number.parseInt(digits, 16),
    );
    fillIpv4Checksum(header, 0);
    expect([header[10], header[11]]).toEqual([0xb8, 0x61]);
  });

  it('once filled in is right, and wrong after any change', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 99 }), fc.boolean(), fc.nat(), (payload, isIpv6, place) => {
        const bytes = tcpFrame({ isIpv6, payload });
        const layout = new PacketLayout();
        expect(layout.find(bytes)).toBe(true);
        fillTransportChecksum(bytes, layout);
        expect(isTransportChecksumRight(bytes, layout)).toBe(true);
        const at = layout.transportOffset + (place % (layout.endOffset - layout.transportOffset));
        bytes[at] = bytes[at]! ^ 1;
        if (layout.find(bytes)) expect(isTransportChecksumRight(bytes, layout)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the layout of a packet', () => {
  it('goes over extension headers', () => {
    const bytes = tcpFrame({ isIpv6: true, payload: new Uint8Array(3) });
    const extended = new Uint8Array(bytes.length + 8);
    extended.set(bytes.subarray(0, 54));
    extended.set(bytes.subarray(54), 62);
    extended[20] = 0;
    extended[54] = 6;
    extended[19] = bytes[19]! + 8;
    const layout = new PacketLayout();
    expect(layout.find(extended)).toBe(true);
    expect(layout).toMatchObject({ transportOffset: 62, payloadOffset: 82, endOffset: extended.length });
  });

  it('is refused for headers that do not fit, whatever the bytes are', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat({ max: 80 }),
        fc.array(fc.tuple(fc.nat({ max: 79 }), fc.nat({ max: 255 })), { maxLength: 6 }),
        (isIpv6, lengthBytes, changes) => {
          const bytes = tcpFrame({ isIpv6, payload: new Uint8Array(40) }).slice(0, lengthBytes);
          for (const [at, value] of changes) if (at >= 14 && at < bytes.length) bytes[at] = value;
          const layout = new PacketLayout();
          if (!layout.find(bytes)) return;
          expect(layout.payloadOffset).toBeLessThanOrEqual(layout.endOffset);
          expect(layout.endOffset).toBeLessThanOrEqual(bytes.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is refused for fragments and other protocols', () => {
    const bytes = tcpFrame({ payload: new Uint8Array(8) });
    const layout = new PacketLayout();
    bytes[20] = 0x20;
    expect(layout.find(bytes)).toBe(false);
    bytes[20] = 0x40; // do not fragment
    expect(layout.find(bytes)).toBe(true);
    bytes[23] = 47;
    expect(layout.find(bytes)).toBe(false);
  });
});

describe('addresses', () => {
  it('are read and written', () => {
    const mac = parseMac('00:15:5D-0a-0b:0c');
    expect(mac).toBeUndefined();
    for (const text of ['00:15:5D:0a:0b:fc', '00-15-5d-0a-0b-fc', '00155d0a0bfc']) {
      expect(formatMac(parseMac(text)!)).toBe('00:15:5d:0a:0b:fc');
    }
    expect(macNumber(parseMac('ff:ff:ff:ff:ff:fe')!, 0)).toBe(2 ** 48 - 2);
    expect(parseMac('00:15:5d:0a:0b')).toBeUndefined();
  });
});
