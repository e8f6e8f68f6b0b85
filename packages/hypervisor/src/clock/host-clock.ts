/**
 * The host's time.
 *
 * `setTimeout` is all that Node and browsers both offer without burning CPU, and it counts in milliseconds: a callback
 * comes up to about two milliseconds late (browsers add more in hidden pages), and never early, for a timer that wakes
 * before its time is set again. Whoever runs anyway gets more precision for nothing: a virtual processor ends its slice
 * when the next callback is due and polls the clock at the start of each.
 */

import { type Clock, type TimerHandle, UNITS_PER_MILLISECOND } from './clock.ts';
import { QueuedTimer, TimerQueue } from './timer-queue.ts';

/** The longest delay that `setTimeout` takes; a farther time is reached in several steps. */
const LONGEST_DELAY_MS = 0x7fff_ffff;

/** A clock on `performance.now()`, which is monotonic and has microseconds or better. */
export class HostClock implements Clock {
  readonly #queue = new TimerQueue();
  #timeout: ReturnType<typeof setTimeout> | undefined;
  /** What the running timeout waits for. */
  #wakeAt = Number.POSITIVE_INFINITY;
  #last = 0;

  now(): number {
    const now = Math.floor(performance.now() * UNITS_PER_MILLISECOND);
    if (now > this.#last) this.#last = now;
    return this.#last;
  }

  schedule(at: number, callback: () => void): TimerHandle {
    const timer = this.#queue.add(at, callback);
    this.#arm();
    return timer;
  }

  cancel(handle: TimerHandle): void {
    if (handle instanceof QueuedTimer && this.#queue.remove(handle)) this.#arm();
  }

  get untilNext(): number {
    return Math.max(this.#queue.soonest - this.now(), 0);
  }

  poll(): void {
    if (this.#queue.soonest <= this.now()) this.#runDue();
  }

  /** Keeps one timeout running, for the soonest entry. */
  #arm(): void {
    const soonest = this.#queue.soonest;
    if (soonest === this.#wakeAt) return;
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#timeout = undefined;
    this.#wakeAt = soonest;
    if (soonest === Number.POSITIVE_INFINITY) return;
    const delay = Math.ceil((soonest - this.now()) / UNITS_PER_MILLISECOND);
    this.#timeout = setTimeout(this.#wake, Math.min(Math.max(delay, 0), LONGEST_DELAY_MS));
  }

  readonly #wake = (): void => {
    this.#timeout = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#runDue();
  };

  #runDue(): void {
    const now = this.now();
    try {
      for (let timer = this.#queue.takeDue(now); timer !== undefined; timer = this.#queue.takeDue(now)) {
        timer.callback();
      }
    } finally {
      this.#arm();
    }
  }
}
