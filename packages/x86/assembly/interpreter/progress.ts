/** How many instructions the blocks under way have executed, and the wish to leave them soon. */

import { OP_COUNT } from '../micro-op';
import { REGION_OPS, REGION_OPS_END } from '../jit/memory-map';
import { BUDGET, CURRENT_OP, INSTRUCTIONS } from '../state';

/** Added to the count to look like a limit that is reached. */
const HURRY: i32 = 1 << 30;

let executed: i32 = 0;

// @ts-ignore: decorator
@inline
export function count(instructions: u32): void {
  executed += instructions;
}

// @ts-ignore: decorator
@inline
export function isBelow(limit: i32): bool {
  return executed < limit;
}

/** Makes branches leave the blocks: an exit may have asked for something that waits for the loop. */
export function hurry(): void {
  if (executed < HURRY) executed += HURRY;
}

/** Whether somebody wished to leave. */
export function isHurried(): bool {
  return executed >= HURRY;
}

/** Instructions that may follow before `limit`. */
// @ts-ignore: decorator
@inline
export function leftOf(limit: i32): i32 {
  return limit - executed;
}

/** Budget that the region under way was entered with; it says in BUDGET what is left. */
let regionBudget: i32 = 0;

export function beginRegionCount(left: i32): void {
  regionBudget = left;
}

export function endRegionCount(vp: usize): void {
  executed += regionBudget - load<i32>(vp + BUDGET);
}

/** Adds the count to the processor's and starts anew; gives it. */
export function takeCount(vp: usize): i32 {
  const instructions = executed & (HURRY - 1);
  executed = 0;
  store<u64>(vp + INSTRUCTIONS, load<u64>(vp + INSTRUCTIONS) + instructions);
  return instructions;
}

/** A fault or a suspended exit leaves the block in the middle: counts the instructions in front of the current one. */
export function countUnwound(vp: usize): void {
  const op = <usize>load<u32>(vp + CURRENT_OP);
  if (op != 0) executed += load<u8>(op + OP_COUNT) - 1;
  if (op >= REGION_OPS && op < REGION_OPS_END) endRegionCount(vp);
  takeCount(vp);
}
