/** Repeated string instructions in portions: each leaves RIP at the instruction until the last. */

import { instructionRip } from '../exception';
import { FLAG_RF, RFLAGS, RIP } from '../state';

let most: u64 = 65536;
let repeating = false;

/** Before an instruction or a run of them: a portion has at most `elements`, 1 when traps hang on each. */
export function startInstruction(elements: u32): void {
  most = elements;
  repeating = false;
}

// @ts-ignore: decorator
@inline
export function mostElements(): u64 {
  return most;
}

/** Ends a portion with elements left. Events that come now push RF set, as between iterations they do. */
export function repeatLater(vp: usize): void {
  repeating = true;
  store<u64>(vp + RIP, instructionRip(vp));
  store<u32>(vp + RFLAGS, load<u32>(vp + RFLAGS) | FLAG_RF);
}

/** Whether the last instruction has elements left. */
// @ts-ignore: decorator
@inline
export function isRepeating(): bool {
  return repeating;
}
