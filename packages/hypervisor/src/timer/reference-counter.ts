/**
 * The partition's time: virtual time-stamp counter and reference counter, one derived from the other by the formula
 * that the guest evaluates on the reference TSC page. TLFS, "Timers", partition reference counter.
 */

import { REFERENCE_TIME_HZ } from '@viridian/protocols/tlfs';
import type { Clock, TimerHandle } from '../clock/clock.ts';
import { QueuedTimer, TimerQueue } from '../clock/timer-queue.ts';
import { apicFrequency } from './apic-frequency.ts';

/** Reasons for which a partition's time stands still; it runs while there is none. */
export const TimeHold = {
  /** Every virtual processor is explicitly suspended. */
  SUSPENDED: 1,
  /** The property TimeFreeze. */
  FROZEN: 2,
} as const;

const REFERENCE_HZ = BigInt(REFERENCE_TIME_HZ);

/** Time from 0 at creation in 100 ns units, the same for all VPs, never decreasing, and the timers that live by it. */
export class ReferenceCounter {
  /** Frequency of the virtual time-stamp counter. */
  readonly tscHz: number;
  /** Input clock of the local APICs' timers, a whole part of `tscHz`. */
  readonly apicHz: number;
  /** `time = ((tsc * scale) >> 64) + offset`: the formula of the page, exact. */
  readonly scale: bigint;
  /** Called when the formula's offset was changed, with the new offset in place. */
  onFormulaChange: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #tscHz: bigint;
  /** Counts of the time-stamp counter in 100 ns, 0 when that is no whole number. */
  readonly #tscPerUnit: number;
  readonly #queue = new TimerQueue();
  #offset = 0n;
  #holds = 0;
  /** Clock time minus elapsed time, while running. */
  #shift: number;
  /** Elapsed time, while held. */
  #heldAt = 0;
  #wake: TimerHandle | undefined;
  #cachedElapsed = -1;
  #cachedTime = 0;

  /** Starts at 0, held because no virtual processor runs yet. */
  constructor(clock: Clock, tscHz: number) {
    if (!Number.isSafeInteger(tscHz) || tscHz <= REFERENCE_TIME_HZ) {
      throw new RangeError(`the time-stamp counter must tick at more than 10 MHz, not ${tscHz} Hz`);
    }
    this.#clock = clock;
    this.tscHz = tscHz;
    this.apicHz = apicFrequency(tscHz);
    this.#tscHz = BigInt(tscHz);
    this.#tscPerUnit = tscHz % REFERENCE_TIME_HZ === 0 ? tscHz / REFERENCE_TIME_HZ : 0;
    this.scale = (REFERENCE_HZ << 64n) / this.#tscHz;
    this.#holds = TimeHold.SUSPENDED;
    this.#shift = clock.now();
  }

  get offset(): bigint {
    return this.#offset;
  }

  get isHeld(): boolean {
    return this.#holds !== 0;
  }

  /** The virtual time-stamp counter now. */
  tsc(): bigint {
    return this.#tscAt(this.#elapsed());
  }

  /** Reference time now. */
  now(): number {
    const elapsed = this.#elapsed();
    if (elapsed !== this.#cachedElapsed) {
      this.#cachedElapsed = elapsed;
      this.#cachedTime = this.#timeAt(elapsed);
    }
    return this.#cachedTime;
  }

  /** Stops or continues time for one reason. While it stands still, nothing expires. */
  setHold(reason: number, held: boolean): void {
    const holds = held ? this.#holds | reason : this.#holds & ~reason;
    if (holds === this.#holds) return;
    const elapsed = this.#elapsed();
    const wasHeld = this.isHeld;
    this.#holds = holds;
    if (wasHeld === this.isHeld) return;
    if (this.isHeld) this.#heldAt = elapsed;
    else this.#shift = this.#clock.now() - elapsed;
    this.#arm();
  }

  /** Reference time at which the partition's time-stamp counter reaches `tsc`, rounded up. */
  timeOfTsc(tsc: bigint): number {
    return Number((tsc * this.scale + (1n << 64n) - 1n) >> 64n) + Number(this.#offset);
  }

  /** Sets the reference time, as a restored partition needs it; the time-stamp counter goes on as it was. */
  setTime(time: number): void {
    this.#offset = BigInt(time) - ((this.tsc() * this.scale) >> 64n);
    this.#cachedElapsed = -1;
    this.onFormulaChange?.();
    this.#arm();
  }

  /** Calls `callback` when `now() >= at`: never earlier, never within this call. */
  schedule(at: number, callback: () => void): TimerHandle {
    const timer = this.#queue.add(at, callback);
    this.#arm();
    return timer;
  }

  cancel(handle: TimerHandle): void {
    if (handle instanceof QueuedTimer && this.#queue.remove(handle)) this.#arm();
  }

  /** Calls what is due. Called at the start of each slice, which is more precise than the host's timers. */
  poll(): void {
    if (this.isHeld || this.#queue.soonest > this.now()) return;
    const now = this.now();
    for (let timer = this.#queue.takeDue(now); timer !== undefined; timer = this.#queue.takeDue(now)) {
      timer.callback();
    }
    this.#arm();
  }

  inspect() {
    return { time: this.now(), tscHz: this.tscHz, held: this.isHeld, timers: this.#queue.size };
  }

  #elapsed(): number {
    return this.isHeld ? this.#heldAt : this.#clock.now() - this.#shift;
  }

  #tscAt(elapsed: number): bigint {
    // RDTSC comes here, and big integers are slow.
    const tsc = elapsed * this.#tscPerUnit;
    if (tsc > 0 && tsc <= Number.MAX_SAFE_INTEGER) return BigInt(tsc);
    return (BigInt(elapsed) * this.#tscHz) / REFERENCE_HZ;
  }

  #timeAt(elapsed: number): number {
    return Number(((this.#tscAt(elapsed) * this.scale) >> 64n) + this.#offset);
  }

  /** The first moment at which the formula gives `at`, or one just before it. */
  #elapsedFor(at: number): number {
    const elapsed = at - Number(this.#offset);
    if (!Number.isSafeInteger(elapsed)) return Number.MAX_SAFE_INTEGER;
    // Two roundings down make the formula lag behind by one unit at times.
    return this.#timeAt(Math.max(elapsed, 0)) >= at ? elapsed : elapsed + 1;
  }

  /** Keeps one timer of the clock running, for the soonest entry. */
  #arm(): void {
    const soonest = this.isHeld ? Number.POSITIVE_INFINITY : this.#queue.soonest;
    const target = soonest === Number.POSITIVE_INFINITY ? soonest : this.#elapsedFor(soonest) + this.#shift;
    if (this.#wake?.at === target) return;
    if (this.#wake !== undefined) this.#clock.cancel(this.#wake);
    this.#wake =
      target === Number.POSITIVE_INFINITY ? undefined : this.#clock.schedule(target, this.#expired);
  }

  readonly #expired = (): void => {
    this.#wake = undefined;
    this.poll();
    // Early by a rounding of the formula: look again one unit later.
    if (this.#wake === undefined && this.#queue.soonest !== Number.POSITIVE_INFINITY && !this.isHeld) {
      this.#wake = this.#clock.schedule(this.#clock.now() + 1, this.#expired);
    }
  };
}
