/**
 * The local APIC's timer: it counts down once or again and again, or waits for a value of the time-stamp counter. Intel
 * SDM volume 3, "APIC Timer".
 */

import { type TimerHandle, UNITS_PER_SECOND } from '../clock/clock.ts';
import type { ReferenceCounter } from '../timer/reference-counter.ts';
import type { TimeStamp } from '../timer/time-stamp.ts';

/** Bits 18:17 of the timer's vector table entry. */
const Mode = { ONE_SHOT: 0, PERIODIC: 1, TSC_DEADLINE: 2 } as const;

const MODE_SHIFT = 17;
/** Bits 0, 1 and 3 are the divisor. */
const DIVIDE_KNOWN = 0xb;

/** Counts in the partition's reference time, and so stands still when that does. */
export class ApicTimer {
  readonly #reference: ReferenceCounter;
  readonly #timeStamp: TimeStamp;
  readonly #expired: () => void;
  #mode: number = Mode.ONE_SHOT;
  #divide = 0;
  #initial = 0;
  /** Reference time at which the counter was at `#initial`. */
  #start = 0;
  /** IA32_TSC_DEADLINE; 0 is disarmed. */
  #deadline = 0n;
  #timer: TimerHandle | undefined;

  /** `expired` is called at each expiry, whether or not the table's entry is masked. */
  constructor(reference: ReferenceCounter, timeStamp: TimeStamp, expired: () => void) {
    this.#reference = reference;
    this.#timeStamp = timeStamp;
    this.#expired = expired;
  }

  reset(): void {
    this.#stop();
    this.#mode = Mode.ONE_SHOT;
    this.#divide = this.#initial = 0;
    this.#deadline = 0n;
  }

  /** Follows the table's entry. A change to or from TSC-deadline mode disarms; between the others it goes on counting. */
  setEntry(entry: number): void {
    const mode = (entry >>> MODE_SHIFT) & 3;
    if (mode === this.#mode) return;
    if (mode >= Mode.TSC_DEADLINE || this.#mode >= Mode.TSC_DEADLINE) {
      this.#stop();
      this.#initial = 0;
      this.#deadline = 0n;
    }
    this.#mode = mode;
  }

  /** Divide configuration register. */
  get divide(): number {
    return this.#divide;
  }

  set divide(value: number) {
    const left = this.current;
    this.#divide = value & DIVIDE_KNOWN;
    if (this.#timer === undefined || this.#deadline !== 0n) return;
    // What is left takes longer or shorter from now on.
    this.#start = this.#reference.now() - (this.#initial - left) / this.#ticksPerUnit;
    this.#arm(this.#start + this.#period);
  }

  /** Initial count register. */
  get initial(): number {
    return this.#initial;
  }

  /** Starts counting down; 0 stops. Without effect in TSC-deadline mode. */
  set initial(value: number) {
    if (this.#mode >= Mode.TSC_DEADLINE) return;
    this.#initial = value >>> 0;
    if (this.#initial === 0) {
      this.#stop();
      return;
    }
    this.#start = this.#reference.now();
    this.#arm(this.#start + this.#period);
  }

  /** Current count register: 0 when stopped, expired or in TSC-deadline mode. */
  get current(): number {
    if (this.#timer === undefined || this.#mode >= Mode.TSC_DEADLINE) return 0;
    const ticks = Math.floor((this.#reference.now() - this.#start) * this.#ticksPerUnit);
    if (this.#mode === Mode.PERIODIC) return this.#initial - (Math.max(ticks, 0) % this.#initial);
    return Math.min(Math.max(this.#initial - ticks, 0), this.#initial);
  }

  /** IA32_TSC_DEADLINE: 0 when disarmed, or outside its mode. */
  get deadline(): bigint {
    return this.#deadline;
  }

  /** Arms for the moment when the time-stamp counter reaches `value`, at once if it has; 0 disarms. */
  set deadline(value: bigint) {
    if (this.#mode !== Mode.TSC_DEADLINE) return;
    this.#deadline = value;
    if (value === 0n) this.#stop();
    else this.#arm(this.#timeStamp.timeOf(value));
  }

  /** The time-stamp counter was set: a deadline comes sooner or later. */
  timeStampChanged(): void {
    if (this.#deadline !== 0n) this.#arm(this.#timeStamp.timeOf(this.#deadline));
  }

  inspect() {
    return { mode: this.#mode, divisor: this.#divisor, initial: this.#initial, current: this.current };
  }

  get #divisor(): number {
    const code = (this.#divide & 3) | ((this.#divide >> 1) & 4);
    return code === 7 ? 1 : 2 << code;
  }

  /** Counts in 100 ns. */
  get #ticksPerUnit(): number {
    return this.#reference.apicHz / (this.#divisor * UNITS_PER_SECOND);
  }

  /** Reference time from the initial count to 0. */
  get #period(): number {
    return this.#initial / this.#ticksPerUnit;
  }

  #arm(at: number): void {
    this.#stop();
    this.#timer = this.#reference.schedule(Math.ceil(at), this.#expire);
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#reference.cancel(this.#timer);
    this.#timer = undefined;
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    this.#deadline = 0n;
    if (this.#mode === Mode.PERIODIC) this.#nextPeriod();
    this.#expired();
  };

  /** Periods that passed unnoticed are skipped; the beat stays. */
  #nextPeriod(): void {
    const period = this.#period;
    const passed = Math.max(1, Math.floor((this.#reference.now() - this.#start) / period));
    this.#start += passed * period;
    this.#arm(this.#start + period);
  }
}
