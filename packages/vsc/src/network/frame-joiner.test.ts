import { PacketIdFlag } from '@viridian/protocols/netvsp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameJoiner } from './frame-joiner.ts';

const { SUB_ALLOCATION, FIRST, LAST } = PacketIdFlag;

/** Gives a part to the joiner: the frame, undefined when more is needed, or 'refused'. */
function give(joiner: FrameJoiner, part: number, ...bytes: number[]) {
  const isFirst = (part & FIRST) !== 0;
  const place = joiner.place({ dataBytes: bytes.length, vlan: isFirst ? 7 : -1, verified: isFirst, part });
  if (place === undefined) return 'refused';
  place.set(bytes);
  return joiner.take();
}

describe('frames in parts', () => {
  it('are put together in order, with what the first part says', () => {
    const joiner = new FrameJoiner();
    expect(give(joiner, SUB_ALLOCATION | FIRST, 1, 2)).toBeUndefined();
    expect(give(joiner, SUB_ALLOCATION, 3)).toBeUndefined();
    expect(give(joiner, SUB_ALLOCATION | LAST, 4)).toEqual({
      bytes: Uint8Array.of(1, 2, 3, 4),
      vlan: 7,
      verified: true,
    });
    expect(joiner.end()).toBe(true);
    expect(give(joiner, 0, 9)).toMatchObject({ bytes: Uint8Array.of(9), vlan: -1 });
  });

  it('that do not fit together are refused, and the next frame is whole', () => {
    const joiner = new FrameJoiner();
    const first = SUB_ALLOCATION | FIRST;
    expect(give(joiner, SUB_ALLOCATION, 1)).toBe('refused');
    expect(give(joiner, SUB_ALLOCATION | LAST, 1)).toBe('refused');
    give(joiner, first, 1);
    expect(give(joiner, first, 1)).toBe('refused');
    give(joiner, first, 1);
    expect(give(joiner, 0, 1)).toBe('refused');
    give(joiner, first, 1);
    expect(joiner.end()).toBe(false);
    expect(give(joiner, first | LAST, 5)).toMatchObject({ bytes: Uint8Array.of(5) });
  });

  it('never become longer than IP can say, whatever comes', () => {
    const flags = fc.constantFrom(
      ...[0, SUB_ALLOCATION, SUB_ALLOCATION | FIRST, SUB_ALLOCATION | LAST, FIRST, LAST, 7],
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(flags, fc.nat({ max: 40_000 })), { maxLength: 30 }), (parts) => {
        const joiner = new FrameJoiner();
        for (const [part, dataBytes] of parts) {
          const place = joiner.place({ dataBytes, vlan: -1, verified: false, part });
          if (place !== undefined) expect(place.length).toBe(dataBytes);
          expect(joiner.take()?.bytes.length ?? 0).toBeLessThanOrEqual(65_549);
        }
      }),
      { numRuns: 100 },
    );
  });
});
