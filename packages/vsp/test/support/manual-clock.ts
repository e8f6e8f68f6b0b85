/** Time that a test moves. */

import type { BusClock } from '@viridian/vmbus/ring';

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
}

/** Units of 100 ns; callbacks are called by `advance`, each at its time. */
export class ManualClock implements BusClock {
  #now = 0;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#now;
  }

  /** Callbacks that wait. */
  get waiting(): number {
    return this.#alarms.size;
  }

  schedule(at: number, callback: () => void): Alarm {
    const alarm = { at, callback };
    this.#alarms.add(alarm);
    return alarm;
  }

  cancel(alarm: Alarm): void {
    this.#alarms.delete(alarm);
  }

  /** Goes on by so many seconds; `settle` runs after each callback, so that answers find their way. */
  async advance(seconds: number, settle: () => Promise<void>): Promise<void> {
    const end = this.#now + seconds * 10_000_000;
    for (;;) {
      const due = [...this.#alarms].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#alarms.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}
