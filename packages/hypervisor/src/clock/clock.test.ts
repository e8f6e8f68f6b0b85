import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostExecutor, ManualExecutor } from './executor.ts';
import { HostClock } from './host-clock.ts';
import { TimerQueue } from './timer-queue.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('TimerQueue', () => {
  it('gives what is due by time, then by order, whatever was cancelled', () => {
    const operation = fc.record({ at: fc.nat(20), cancel: fc.option(fc.nat(50), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const queue = new TimerQueue();
        const all = operations.map(({ at }, order) => ({ at, order, timer: queue.add(at, () => {}) }));
        const cancelled = new Set(operations.flatMap(({ cancel }) => (cancel === undefined ? [] : [cancel])));
        for (const index of cancelled) {
          const entry = all[index];
          if (entry === undefined) continue;
          expect(queue.remove(entry.timer)).toBe(true);
          expect(queue.remove(entry.timer)).toBe(false);
        }
        const expected = all
          .filter(({ order }) => !cancelled.has(order))
          .sort((one, other) => one.at - other.at || one.order - other.order)
          .map(({ timer }) => timer);
        expect(queue.soonest).toBe(expected[0]?.at ?? Number.POSITIVE_INFINITY);
        const taken = [];
        for (let now = 0; now <= 20; now += 1) {
          for (let timer = queue.takeDue(now); timer !== undefined; timer = queue.takeDue(now)) {
            expect(timer.at).toBe(now);
            taken.push(timer);
          }
        }
        expect(taken).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

describe('VirtualClock', () => {
  it('calls each callback at its own time, those included that are scheduled on the way', () => {
    const clock = new VirtualClock(100);
    const seen: [string, number][] = [];
    clock.schedule(130, () => seen.push(['late', clock.now()]));
    clock.schedule(110, () => {
      seen.push(['early', clock.now()]);
      clock.schedule(120, () => seen.push(['between', clock.now()]));
      clock.schedule(50, () => seen.push(['past', clock.now()]));
    });
    const gone = clock.schedule(115, () => seen.push(['cancelled', clock.now()]));
    clock.cancel(gone);
    expect(gone.pending).toBe(false);
    clock.advanceTo(125);
    expect(seen).toEqual([
      ['early', 110],
      ['past', 110],
      ['between', 120],
    ]);
    expect([clock.now(), clock.nextAt, clock.waiting]).toEqual([125, 130, 1]);
    clock.advanceBy(5);
    expect(seen.at(-1)).toEqual(['late', 130]);
    expect(() => clock.advanceTo(129)).toThrow(RangeError);
  });
});

describe('HostClock', () => {
  it('never decreases, never calls early, and calls in order', async () => {
    const clock = new HostClock();
    const start = clock.now();
    const calls: { at: number; now: number }[] = [];
    const done = Promise.withResolvers<void>();
    for (const delay of [31_000, 4_000, 15_000, 4_000, 0]) {
      const at = start + delay;
      clock.schedule(at, () => {
        calls.push({ at, now: clock.now() });
        if (calls.length === 5) done.resolve();
      });
    }
    const never = clock.schedule(start + 2_000, () => calls.push({ at: -1, now: -1 }));
    clock.cancel(never);
    expect(calls).toEqual([]);
    await done.promise;
    expect(calls.map(({ at }) => at - start)).toEqual([0, 4_000, 4_000, 15_000, 31_000]);
    for (const { at, now } of calls) expect(now).toBeGreaterThanOrEqual(at);
    clock.cancel(clock.schedule(Number.MAX_SAFE_INTEGER, () => {}));
  });

  it('calls what is due when it is polled, without its own wake-up', () => {
    const clock = new HostClock();
    let called = 0;
    expect(clock.untilNext).toBe(Number.POSITIVE_INFINITY);
    clock.schedule(clock.now(), () => {
      called += 1;
      clock.schedule(clock.now() + 10_000_000, () => {
        called += 1;
      });
    });
    expect([clock.untilNext, called]).toEqual([0, 0]);
    clock.poll();
    clock.poll();
    expect(called).toBe(1);
    expect(clock.untilNext).toBeGreaterThan(5_000_000);
    expect(clock.untilNext).toBeLessThanOrEqual(10_000_000);
  });
});

describe('executors', () => {
  it('runs tasks in order, later than the post', async () => {
    const executor = new HostExecutor();
    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    executor.post(() => {
      seen.push('one');
      executor.post(() => {
        seen.push('three');
        done.resolve();
      });
    });
    executor.post(() => seen.push('two'));
    expect(seen).toEqual([]);
    await done.promise;
    expect(seen).toEqual(['one', 'two', 'three']);
  });

  it('runs when told to', () => {
    const executor = new ManualExecutor();
    const seen: number[] = [];
    executor.post(() => executor.post(() => seen.push(2)));
    executor.post(() => seen.push(1));
    expect(executor.runOne()).toBe(true);
    expect([executor.pending, seen]).toEqual([2, []]);
    expect(executor.runAll()).toBe(2);
    expect(seen).toEqual([1, 2]);
    const again = () => executor.post(again);
    again();
    expect(() => executor.runAll(10)).toThrow('still busy');
  });
});
