/**
 * Rotates and BT change one or two flags and keep the others: which of them came last and its result wait in locals until
 * somebody looks, so that nothing is computed when nobody does.
 */

import { CC_FLAGS } from '../flags';
import { byte, call, const32, get, set, WRAP } from './emit';
import { setKnownFlags } from './conditions';
import { IMPORT_SETTLE } from './imports';
import { CC_KIND, CC_RESULT, CC_SOURCE, PENDING, PENDING_RESULT, VP } from './locals';
import { close, LABEL_OTHER, open } from './structure';

/** CF is the result's low bit, OF that and its top bit. */
export const PENDING_ROL_32: i32 = 1;
export const PENDING_ROL_64: i32 = 2;
/** CF is the result's top bit, OF that and the one below. */
export const PENDING_ROR_32: i32 = 3;
export const PENDING_ROR_64: i32 = 4;
/** CF is the result. */
export const PENDING_CARRY: i32 = 5;

const UNKNOWN: i32 = -1;

/** What PENDING holds here as far as it is known. */
export let pending: i32 = 0;
let isUsed = false;

/** A new region; `used` when it has instructions of this kind. */
export function beginPending(used: bool): void {
  isUsed = used;
  pending = 0;
}

/** Control flow comes together: what is pending is not known. */
export function forgetPending(): void {
  pending = isUsed ? UNKNOWN : 0;
}

export function setPending(kind: i32): void {
  pending = kind;
}

/** All flags are written: nothing is pending any more. */
export function clearPending(): void {
  if (pending == 0) return;
  const32(0);
  set(PENDING);
  pending = 0;
}

/** Puts what is pending into the flags. */
export function settle(): void {
  if (pending == 0) return;
  const guarded = pending == UNKNOWN;
  if (guarded) {
    get(PENDING);
    open(0x04, LABEL_OTHER);
  }
  get(VP);
  get(CC_KIND);
  get(CC_RESULT);
  get(CC_SOURCE);
  get(PENDING);
  get(PENDING_RESULT);
  call(IMPORT_SETTLE);
  const32(CC_FLAGS);
  set(CC_KIND);
  const32(0);
  set(PENDING);
  if (guarded) close();
  pending = 0;
  setKnownFlags(-1);
}

/** The result of an instruction of `kind`, an i64 in `local`, decides its flags from now on. */
export function suspend(kind: i32, local: u32): void {
  // A rotate overwrites what a rotate or BT changed; BT only what BT did.
  const overwrites = pending > 0 && (kind < PENDING_CARRY || pending == PENDING_CARRY);
  if (!overwrites) settle();
  get(local);
  set(PENDING_RESULT);
  const32(kind);
  set(PENDING);
  pending = kind;
}

/** Leaves CF on the stack when it is the result that is pending; false when it is not. */
export function pushCarry(): bool {
  if (pending != PENDING_CARRY) return false;
  get(PENDING_RESULT);
  byte(WRAP);
  return true;
}
