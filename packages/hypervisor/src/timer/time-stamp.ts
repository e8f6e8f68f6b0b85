/**
 * The time-stamp counter as one virtual processor reads it: the partition's, plus what the guest added. Intel SDM volume
 * 3, "Time-Stamp Counter" and "IA32_TSC_ADJUST".
 */

import type { ReferenceCounter } from './reference-counter.ts';

/**
 * Shows the partition's counter until the guest writes one of its two MSRs. The reference TSC page knows nothing of
 * that: on a processor that was adjusted the guest reads wrong time from it, as on any hypervisor.
 */
export class TimeStamp {
  readonly #reference: ReferenceCounter;
  #adjust = 0n;

  constructor(reference: ReferenceCounter) {
    this.#reference = reference;
  }

  /** IA32_TSC_ADJUST as an unsigned number. */
  get adjust(): bigint {
    return BigInt.asUintN(64, this.#adjust);
  }

  set adjust(value: bigint) {
    this.#adjust = BigInt.asIntN(64, value);
  }

  /** RDTSC, unsigned. */
  read(): bigint {
    const tsc = this.#reference.tsc();
    return this.#adjust === 0n ? tsc : BigInt.asUintN(64, tsc + this.#adjust);
  }

  /** A write of IA32_TIME_STAMP_COUNTER, which is a change of the adjustment. */
  set(value: bigint): void {
    this.adjust = value - this.#reference.tsc();
  }

  /** Reference time at which the counter gets to `value`, rounded up; 0 when it shows as much already. */
  timeOf(value: bigint): number {
    const ahead = value - this.read();
    return ahead <= 0n ? 0 : this.#reference.timeOfTsc(this.#reference.tsc() + ahead);
  }

  /** After a reset of the partition. The counter itself goes on, as reference time does. */
  reset(): void {
    this.#adjust = 0n;
  }
}
