/** The clock that the hypervisor measures time with: injected, so that a run can be repeated (TLFS, "Timers"). */

/** A callback waiting for its time. Belongs to the clock that made it. */
export interface TimerHandle {
  /** When it is due, in the clock's 100 ns units. */
  readonly at: number;
  /** False once it has run or was cancelled. */
  readonly pending: boolean;
}

/** A source of time. All times are whole numbers of 100 ns units since some moment of the clock's own choice. */
export interface Clock {
  /** The time now; never decreases. */
  now(): number;
  /** Calls `callback` once `now() >= at`, never earlier and never within this call. Equal times keep their order. */
  schedule(at: number, callback: () => void): TimerHandle;
  /** Forgets a callback; no effect when it has run or was cancelled. */
  cancel(handle: TimerHandle): void;
  /** Time until the soonest callback is due, 0 when one is; Infinity when none waits. */
  readonly untilNext: number;
  /** Calls what is due already, for those who run anyway and need not wait for the clock's own wake-up. */
  poll(): void;
}

/** 100 ns units in a millisecond. */
export const UNITS_PER_MILLISECOND = 10_000;
/** 100 ns units in a second. */
export const UNITS_PER_SECOND = 10_000_000;
