/** Walks for TypeScript, with results where it can read them without a BigInt. */

import { walk, walkGpa } from './walk';

/** Guest-physical address that {@link translateForHost} found. */
let found: u64 = 0;

/** 0 found, 1 not present, 2 privilege, 3 reserved bits: codes of HvCallTranslateVirtualAddress. */
export function translateForHost(vp: usize, linear: u64, access: u32, user: u32, touch: u32): u32 {
  const failure = walk(vp, linear, access, user != 0, touch != 0);
  if (failure == 0) {
    found = walkGpa;
    return 0;
  }
  if (failure & 0x100) return 1;
  return failure & 8 ? 3 : 2;
}

/** The address as a number. */
export function translated(): f64 {
  return <f64>found;
}
