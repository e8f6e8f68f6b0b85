import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventFlagAllocator, type EventFlagRun, FLAGS_PER_SINT } from './event-flags.ts';

describe('EventFlagAllocator', () => {
  it('goes on in the next SINT when one is full', () => {
    const flags = new EventFlagAllocator([2, 3]);
    expect(flags.take(FLAGS_PER_SINT)).toEqual({ sint: 2, firstFlag: 0, flagCount: FLAGS_PER_SINT });
    expect(flags.take(1)).toEqual({ sint: 3, firstFlag: 0, flagCount: 1 });
  });

  it('uses freed flags again and finds room only in a row', () => {
    const flags = new EventFlagAllocator([2]);
    const runs = Array.from({ length: FLAGS_PER_SINT / 2 }, () => flags.take(2));
    expect(() => flags.take(1)).toThrow(RangeError);
    flags.release(runs[5]!);
    flags.release(runs[7]!);
    expect(flags.free).toBe(4);
    expect(() => flags.take(3)).toThrow(RangeError);
    expect(flags.take(2)).toEqual(runs[5]);
    expect(flags.take(1).firstFlag).toBe(runs[7]!.firstFlag);
  });

  it.each([0, -1, 1.5, FLAGS_PER_SINT + 1])('refuses a run of %d flags', (count) => {
    expect(() => new EventFlagAllocator([2]).take(count)).toThrow(RangeError);
  });

  it('refuses a run of a SINT that is not its own', () => {
    const run = { sint: 9, firstFlag: 0, flagCount: 1 };
    expect(() => new EventFlagAllocator([2]).release(run)).toThrow('SINT 9');
  });

  it('never gives a flag to two owners, and has all flags again in the end', () => {
    const step = fc.record({ take: fc.integer({ min: 1, max: 300 }), drop: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const flags = new EventFlagAllocator([4, 5]);
        const held: EventFlagRun[] = [];
        for (const { take, drop } of steps) {
          if (drop % 3 === 0 && held.length > 0) flags.release(held.splice(drop % held.length, 1)[0]!);
          else if (flags.free >= 2 * FLAGS_PER_SINT - 1500) held.push(flags.take(take));
        }
        const owned = held.flatMap(({ sint, firstFlag, flagCount }) =>
          Array.from({ length: flagCount }, (_, index) => sint * FLAGS_PER_SINT + firstFlag + index),
        );
        expect(new Set(owned).size).toBe(owned.length);
        expect(flags.free).toBe(2 * FLAGS_PER_SINT - owned.length);
        for (const run of held) flags.release(run);
        expect(flags.take(FLAGS_PER_SINT).firstFlag).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
