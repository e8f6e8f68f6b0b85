import { PacketIdFlag } from '@viridian/protocols/netvsp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameJoiner } from './frame-joiner.ts';

const { SUB_ALLOCATION, FIRST, LAST } = PacketIdFlag;

function partOf(part: number, ...bytes: number[]) {
  return {
    bytes: Uint8Array.from(bytes),
    vlan: part === (SUB_ALLOCATION | FIRST) ? 7 : -1,
    verified: true,
    part,
  };
}

describe('frames in parts', () => {
  it('are put together in order, with what the first part says', () => {
    const joiner = new FrameJoiner();
    expect(joiner.take(partOf(SUB_ALLOCATION | FIRST, 1, 2))).toBe('more');
    expect(joiner.take(partOf(SUB_ALLOCATION, 3))).toBe('more');
    const joined = joiner.take(partOf(SUB_ALLOCATION | LAST, 4));
    expect(joined).toEqual({ bytes: Uint8Array.of(1, 2, 3, 4), vlan: 7, verified: true });
    expect(joiner.end()).toBe(true);
    expect(joiner.take(partOf(0, 9))).toMatchObject({ bytes: Uint8Array.of(9) });
  });

  it('that do not fit together are refused, and the next frame is whole', () => {
    const joiner = new FrameJoiner();
    const first = partOf(SUB_ALLOCATION | FIRST, 1);
    expect(joiner.take(partOf(SUB_ALLOCATION, 1))).toHaveProperty('fault');
    expect(joiner.take(partOf(SUB_ALLOCATION | LAST, 1))).toHaveProperty('fault');
    joiner.take(first);
    expect(joiner.take(first)).toHaveProperty('fault');
    joiner.take(first);
    expect(joiner.take(partOf(0, 1))).toHaveProperty('fault');
    joiner.take(first);
    expect(joiner.end()).toBe(false);
    expect(joiner.take(partOf(SUB_ALLOCATION | FIRST | LAST, 5))).toMatchObject({ bytes: Uint8Array.of(5) });
  });

  it('never become longer than IP can say, whatever comes', () => {
    const flags = fc.constantFrom(
      0,
      SUB_ALLOCATION,
      SUB_ALLOCATION | FIRST,
      SUB_ALLOCATION | LAST,
      FIRST,
      LAST,
      7,
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(flags, fc.nat({ max: 40_000 })), { maxLength: 30 }), (parts) => {
        const joiner = new FrameJoiner();
        for (const [part, length] of parts) {
          const taken = joiner.take({ bytes: new Uint8Array(length), vlan: -1, verified: false, part });
          if (typeof taken === 'object' && 'bytes' in taken) expect(taken.bytes.length).toBeLessThan(65_550);
        }
      }),
      { numRuns: 100 },
    );
  });
});
