/** A clock that stands still until it is told to move: the same run gives the same times. */

import type { Clock, TimerHandle } from './clock.ts';
import { QueuedTimer, TimerQueue } from './timer-queue.ts';

/** Time under the control of a test or of a replay. */
export class VirtualClock implements Clock {
  readonly #queue = new TimerQueue();
  #now: number;

  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Callbacks that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Time of the next callback, Infinity if none waits. */
  get nextAt(): number {
    return this.#queue.soonest;
  }

  get untilNext(): number {
    return Math.max(this.#queue.soonest - this.#now, 0);
  }

  /** Nothing is ever due here that has not been called. */
  poll(): void {}

  schedule(at: number, callback: () => void): TimerHandle {
    return this.#queue.add(at, callback);
  }

  cancel(handle: TimerHandle): void {
    if (handle instanceof QueuedTimer) this.#queue.remove(handle);
  }

  /** Goes to `time`, calling on the way, each at its own time, what is or becomes due. */
  advanceTo(time: number): void {
    if (!Number.isSafeInteger(time) || time < this.#now) {
      throw new RangeError(`time goes forward from ${this.#now}, not to ${time}`);
    }
    for (let timer = this.#queue.takeDue(time); timer !== undefined; timer = this.#queue.takeDue(time)) {
      if (timer.at > this.#now) this.#now = timer.at;
      timer.callback();
    }
    // A callback may itself have advanced the clock.
    if (time > this.#now) this.#now = time;
  }

  /** Goes on by `units` of 100 ns. */
  advanceBy(units: number): void {
    this.advanceTo(this.#now + units);
  }
}
