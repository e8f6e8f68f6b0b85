import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeLock } from './range-lock.ts';

describe('RangeLock', () => {
  it('runs what does not overlap at once', () => {
    const lock = new RangeLock();
    const ran: number[] = [];
    expect(lock.run(0, 2, () => void ran.push(1))).toBeUndefined();
    void lock.run(0, 2, () => new Promise(() => {}));
    expect(lock.run(2, 4, () => void ran.push(2))).toBeUndefined();
    expect(ran).toEqual([1, 2]);
    expect(lock.size).toBe(1);
  });

  it('lets the next one in when work throws or rejects', async () => {
    const lock = new RangeLock();
    expect(() =>
      lock.run(0, 1, () => {
        throw new Error('at once');
      }),
    ).toThrow('at once');
    await expect(lock.run(0, 1, () => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(lock.size).toBe(0);
  });

  it('never runs overlapping work together, keeps its order, and forgets nothing', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ first: fc.nat(12), length: fc.integer({ min: 1, max: 5 }), steps: fc.nat(6) }), {
          maxLength: 16,
        }),
        async (jobs) => {
          const lock = new RangeLock();
          const inside = new Set<number>();
          const started: number[] = [];
          const overlap = (a: number, b: number): boolean => {
            const [x, y] = [jobs[a]!, jobs[b]!];
            return x.first < y.first + y.length && y.first < x.first + x.length;
          };
          const work = async (index: number): Promise<void> => {
            for (const other of inside) expect(overlap(index, other)).toBe(false);
            inside.add(index);
            started.push(index);
            for (let step = 0; step < jobs[index]!.steps; step++) await undefined;
            inside.delete(index);
          };
          await Promise.all(
            jobs.map((job, index) => lock.run(job.first, job.first + job.length, () => work(index))),
          );
          expect(started).toHaveLength(jobs.length);
          for (const [at, index] of started.entries()) {
            for (const later of started.slice(at))
              expect(index <= later || !overlap(index, later)).toBe(true);
          }
          expect(lock.size).toBe(0);
        },
      ),
      { numRuns: 100 },
    ));
});
