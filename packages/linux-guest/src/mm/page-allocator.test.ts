import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutOfMemory, PageAllocator } from './page-allocator.ts';

describe('PageAllocator', () => {
  it('never hands out a page twice and gets everything back', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('allocate' as const), count: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ kind: fc.constant('free' as const), count: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const pages = new PageAllocator(256, 128);
        const runs: { first: number; count: number }[] = [];
        for (const { kind, count } of steps) {
          if (kind === 'free') {
            if (runs.length > 0) pages.free(runs.splice(count % runs.length, 1)[0]!.first);
            continue;
          }
          try {
            const first = pages.allocate(count);
            expect(first).toBeGreaterThanOrEqual(256);
            expect(first + count).toBeLessThanOrEqual(384);
            for (const run of runs)
              expect(first >= run.first + run.count || first + count <= run.first).toBe(true);
            runs.push({ first, count });
          } catch (error) {
            expect(error).toBeInstanceOf(OutOfMemory);
          }
          expect(pages.freePages).toBe(128 - runs.reduce((sum, run) => sum + run.count, 0));
        }
        for (const run of runs) pages.free(run.first);
        expect(pages.allocate(128)).toBe(256);
      }),
    );
  });

  it('refuses a run that it did not hand out, and one handed back before', () => {
    const pages = new PageAllocator(1, 8);
    const first = pages.allocate(4);
    expect(() => pages.free(first + 1)).toThrow('does not start');
    pages.free(first);
    expect(() => pages.free(first)).toThrow('does not start');
    expect(() => pages.allocate(0)).toThrow(RangeError);
  });
});
