import { addWords, foldChecksum, isTransportChecksumRight, PacketLayout } from '@viridian/inet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainFrame, tcpFrame } from '../../test/support/packets.ts';
import { Frame } from './frame.ts';
import { SegmentCutter } from './segment-cutter.ts';

const MTU = 1500;

function cut(frame: Frame, mtuBytes = MTU): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const cutter = new SegmentCutter();
  const count = cutter.cut(frame, mtuBytes, (bytes) => parts.push(bytes.slice()));
  expect(count).toBe(parts.length);
  return parts;
}

describe('large segments', () => {
  it('become packets with the same payload, right checksums and rising sequence numbers', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 1, max: 1428 }),
        (isIpv6, payloadBytes, segmentBytes) => {
          const payload = Uint8Array.from({ length: payloadBytes }, (_, i) => i * 13);
          const large = tcpFrame({ isIpv6, payload, isLarge: true, optionBytes: 12, flags: 0x99 });
          const parts = cut(
            new Frame(large, { segmentBytes: Math.max(segmentBytes, payloadBytes >> 5) }),
            64_000,
          );
          const layout = new PacketLayout();
          let at = 0;
          parts.forEach((part, index) => {
            expect(layout.find(part)).toBe(true);
            expect(layout.endOffset).toBe(part.length);
            expect(isTransportChecksumRight(part, layout)).toBe(true);
            const view = new DataView(part.buffer);
            expect(view.getUint32(layout.transportOffset + 4)).toBe((0xffff_ff00 + at) % 2 ** 32);
            if (!isIpv6) {
              expect(foldChecksum(addWords(part, 14, 34, 0))).toBe(0);
              expect(view.getUint16(18)).toBe((0xfffe + index) & 0xffff);
            }
            const isLast = index === parts.length - 1;
            expect(part[layout.transportOffset + 13]).toBe(
              0x10 | (isLast ? 9 : 0) | (index === 0 ? 0x80 : 0),
            );
            expect([...part.subarray(layout.payloadOffset)]).toEqual([
              ...payload.subarray(at, at + part.length - layout.payloadOffset),
            ]);
            at += part.length - layout.payloadOffset;
          });
          expect(at).toBe(payloadBytes);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are refused when they are no TCP, or too long for the network even when cut', () => {
    const payload = new Uint8Array(4000);
    expect(
      cut(new Frame(plainFrame(new Uint8Array(6), new Uint8Array(6), 4000), { segmentBytes: 1000 })),
    ).toEqual([]);
    expect(cut(new Frame(tcpFrame({ payload, isLarge: true }), { segmentBytes: 1461 }))).toEqual([]);
    expect(cut(new Frame(tcpFrame({ payload, isLarge: true }), { segmentBytes: 1460 }))).toHaveLength(3);
  });

  it('ordinary frames pass as they are, too long ones do not', () => {
    const bytes = plainFrame(new Uint8Array(6), new Uint8Array(6), MTU);
    const cutter = new SegmentCutter();
    const seen: Uint8Array[] = [];
    expect(cutter.cut(new Frame(bytes), MTU, (part) => seen.push(part))).toBe(1);
    expect(seen[0]).toBe(bytes);
    expect(cutter.cut(new Frame(bytes), MTU - 1, (part) => seen.push(part))).toBe(0);
  });
});
