/** Looks at busy message slots again now and then, for a guest that empties one without EOM. */

import { type Clock, type TimerHandle, UNITS_PER_MILLISECOND } from '../clock/clock.ts';

const FIRST_WAIT = UNITS_PER_MILLISECOND;
/** A guest that never empties its slot costs next to nothing. */
const LONGEST_WAIT = 128 * UNITS_PER_MILLISECOND;

/** A timer that runs only while a message waits for a busy slot, and less and less often while nothing moves. */
export class SlotRetry {
  readonly #clock: Clock;
  readonly #rescan: () => void;
  #wait = FIRST_WAIT;
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, rescan: () => void) {
    this.#clock = clock;
    this.#rescan = rescan;
  }

  start(): void {
    this.#timer ??= this.#clock.schedule(this.#clock.now() + this.#wait, this.#expired);
  }

  /** A message reached its slot: the guest is at work. */
  progress(): void {
    this.#wait = FIRST_WAIT;
  }

  stop(): void {
    this.#wait = FIRST_WAIT;
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  readonly #expired = (): void => {
    this.#timer = undefined;
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    this.#rescan();
  };
}
