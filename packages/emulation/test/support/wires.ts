/** What tests put at the ends of a device: a wire that remembers, and a clock that stands until it is moved. */

import type { Clock, InterruptLine, Timer } from '../../src/bus/ports.ts';

/** A line with its level and the number of its rising edges. */
export class Wire implements InterruptLine {
  level = false;
  rises = 0;

  set(high: boolean): void {
    if (high && !this.level) this.rises += 1;
    this.level = high;
  }
}

/** A clock with one timer; `fire` is what the timer calls. */
export class Bench implements Clock, Timer {
  now = 0;
  deadline = Number.POSITIVE_INFINITY;
  fire: () => void = () => {};

  nowNs(): number {
    return this.now;
  }

  arm(atNs: number): void {
    this.deadline = atNs;
  }

  disarm(): void {
    this.deadline = Number.POSITIVE_INFINITY;
  }

  /** Lets time pass, and calls the timer at its times. Gives the number of calls. */
  pass(ns: number): number {
    const end = this.now + ns;
    let calls = 0;
    while (this.deadline <= end && calls < 10_000) {
      this.now = Math.max(this.now, this.deadline);
      this.disarm();
      this.fire();
      calls += 1;
    }
    this.now = end;
    return calls;
  }
}
