import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue } from './timer-queue.ts';

/** A one-shot device on a clock that only the test moves. */
class OneShot {
  now = 0;
  deadline = Number.POSITIVE_INFINITY;
  setNextEvent(deadline: number): void {
    this.deadline = deadline;
  }
  stop(): void {
    this.deadline = Number.POSITIVE_INFINITY;
  }
}

function advance(device: OneShot, queue: TimerQueue, to: number): void {
  while (device.deadline <= to) {
    device.now = Math.max(device.now, device.deadline);
    device.deadline = Number.POSITIVE_INFINITY;
    queue.onInterrupt();
  }
  device.now = to;
}

describe('TimerQueue', () => {
  it('runs each timeout once, never early, in order of deadline', () => {
    const timeouts = fc.array(fc.record({ at: fc.integer({ min: 0, max: 1000 }), cancel: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(timeouts, fc.array(fc.integer({ min: 1, max: 400 })), (list, steps) => {
        const device = new OneShot();
        const queue = new TimerQueue(device, () => device.now);
        const ran: number[] = [];
        for (const { at, cancel } of list) {
          const take = queue.at(at, () => {
            expect(device.now).toBeGreaterThanOrEqual(at);
            ran.push(at);
          });
          if (cancel) take();
        }
        for (const step of steps) advance(device, queue, device.now + step);
        advance(device, queue, 2000);
        expect(ran).toEqual(
          list
            .filter(({ cancel }) => !cancel)
            .map(({ at }) => at)
            .sort((a, b) => a - b),
        );
        expect(queue.pending).toBe(0);
      }),
    );
  });

  it('lets a callback ask for another timeout, also an overdue one', () => {
    const device = new OneShot();
    const queue = new TimerQueue(device, () => device.now);
    const ran: string[] = [];
    queue.at(10, () => {
      ran.push('first');
      queue.at(5, () => ran.push('overdue'));
      queue.at(20, () => ran.push('later'));
    });
    advance(device, queue, 10);
    expect(ran).toEqual(['first', 'overdue']);
    advance(device, queue, 30);
    expect(ran).toEqual(['first', 'overdue', 'later']);
  });

  it('stops the device on shutdown', () => {
    const device = new OneShot();
    const queue = new TimerQueue(device, () => device.now);
    queue.at(10, () => expect.unreachable());
    queue.shutdown();
    expect(device.deadline).toBe(Number.POSITIVE_INFINITY);
    queue.onInterrupt();
  });
});
