/** Numbers for the profiler, in memory where TypeScript reads them: see `src/jit/counters.ts`. */

import { COUNTERS } from './memory-map';

export const COUNT_COMPILED: usize = 0;
export const COUNT_DROPPED: usize = 4;
/** Instructions and bytes of WebAssembly in the regions compiled. */
export const COUNT_INSTRUCTIONS: usize = 8;
export const COUNT_BYTES: usize = 12;
/** Blocks that could not be compiled. */
export const COUNT_FAILED: usize = 16;
/** Entries of regions, by how they ended: REGION_* of enter.ts. */
export const COUNT_ENTERED: usize = 20;
/** Exits to code that has no region. */
export const COUNT_TO_COLD: usize = 40;
/** Regions entered from another without going back. */
export const COUNT_LINKED: usize = 44;
/** Misses of the TLB. */
export const COUNT_FILLS: usize = 36;

// @ts-ignore: decorator
@inline
export function add(counter: usize, amount: u32): void {
  store<u32>(COUNTERS + counter, load<u32>(COUNTERS + counter) + amount);
}

// What the core is at, for a profiler that looks on from another thread: see `src/profile/activity.ts` (u32 each).
/** 1 while regions run; stays so when a fault unwinds them, until TypeScript has caught it. */
export const IN_REGIONS: usize = COUNTERS + 0x80;
/** 1 while a region is made. */
export const COMPILING: usize = COUNTERS + 0x84;
