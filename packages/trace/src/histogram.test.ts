import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

function of(...values: number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

describe('Histogram', () => {
  it('is all zeros when empty', () => {
    expect(new Histogram().inspect()).toEqual({
      count: 0,
      mean: 0,
      min: 0,
      max: 0,
      p50: 0,
      p99: 0,
      buckets: {},
    });
  });

  it('puts values into power-of-two buckets', () => {
    expect(of(0, 1, 2, 3, 4, 7, 8, 512).inspect().buckets).toEqual({
      0: 1,
      1: 1,
      '2..3': 2,
      '4..7': 2,
      '8..15': 1,
      '512..1023': 1,
    });
  });

  it('finds the right bucket on both sides of 2^32 and up to the largest safe integer', () => {
    const names = Object.keys(of(2 ** 32 - 1, 2 ** 32, 2 ** 33, Number.MAX_SAFE_INTEGER).inspect().buckets!);
    expect(names).toEqual([
      `${2 ** 31}..${2 ** 32 - 1}`,
      `${2 ** 32}..${2 ** 33 - 1}`,
      `${2 ** 33}..${2 ** 34 - 1}`,
      `${2 ** 52}..${2 ** 53 - 1}`,
    ]);
  });

  it('counts what is not a magnitude as zero and cuts off what is too large', () => {
    const histogram = of(-5, Number.NaN, Number.POSITIVE_INFINITY);
    expect(histogram.min).toBe(0);
    expect(histogram.max).toBe(Number.MAX_SAFE_INTEGER);
    expect(histogram.inspect().buckets).toMatchObject({ 0: 2 });
  });

  it('bounds each quantile within a factor of two', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sorted = values.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
          const bound = of(...values).quantile(q);
          expect(bound).toBeGreaterThanOrEqual(exact);
          expect(bound).toBeLessThanOrEqual(Math.max(2 * exact, 0));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('starts over after reset', () => {
    const histogram = of(1, 2, 3);
    histogram.reset();
    histogram.record(9);
    expect(histogram).toMatchObject({ count: 1, min: 9, max: 9, mean: 9, sum: 9 });
  });
});
