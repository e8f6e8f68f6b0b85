/** The four synthetic timers of one virtual processor. TLFS, "Timers", synthetic timers. */

import { STIMER_COUNT } from '@viridian/protocols/tlfs';
import { SyntheticTimer, type TimerOwner } from './synthetic-timer.ts';

/** STIMER0 to STIMER3. */
export class SyntheticTimers {
  readonly #timers: readonly SyntheticTimer[];

  constructor(owner: TimerOwner) {
    this.#timers = Array.from({ length: STIMER_COUNT }, (_, index) => new SyntheticTimer(index, owner));
  }

  /** Timer 0 to 3. */
  timer(index: number): SyntheticTimer {
    return this.#timers[index]!;
  }

  /** Stops all timers and zeroes their registers. */
  reset(): void {
    for (const timer of this.#timers) timer.reset();
  }

  inspect() {
    return Object.fromEntries(this.#timers.map((timer, index) => [index, timer.inspect()]));
  }
}
