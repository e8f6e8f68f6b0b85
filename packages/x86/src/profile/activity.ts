/** What a core is at, told in shared memory at the cost of a store, for a profiler that looks on from another thread. */

/** Behind the counters of `assembly/jit/counters.ts`; the core writes the first two words. */
const ACTIVITY = 0x6d0d080;

/** Words of a core's activity. */
export const Activity = {
  /** 1 while compiled code runs. */
  IN_REGIONS: 0,
  /** 1 while code is compiled. */
  COMPILING: 1,
  /** Index of the processor whose turn it is + 1; 0 between turns. */
  TURN: 2,
  /** Kind of the exit that is answered + 1; 0 outside of exits. */
  EXIT: 3,
} as const;

const WORDS = 4;

/** The activity of the core over `buffer`, in place. */
export function coreActivity(buffer: SharedArrayBuffer): Int32Array<SharedArrayBuffer> {
  return new Int32Array(buffer, ACTIVITY, WORDS);
}
