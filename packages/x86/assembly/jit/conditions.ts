/** Conditions of Jcc, SETcc, CMOVcc: one comparison where the instruction that made the flags is known. */

import { CC_ADD, CC_DEC, CC_FLAGS, CC_INC, CC_LOGIC, CC_MUL, CC_SHL, CC_SHR, CC_SUB } from '../flags';
import {
  access, byte, call, const32, const64, get, I32_AND, I32_EQZ, I32_LE_S, I32_LOAD, I32_LT_S, I32_NE, I32_OR, I64_AND, I64_EQZ, I64_EXTEND16_S,
  I64_EXTEND32_S, I64_EXTEND8_S, I64_LE_S, I64_LE_U, I64_LT_S, I64_LT_U, I64_SHR_U, WRAP,
} from './emit';
import { FLAG_CF, FLAG_OF, FLAG_PF, FLAG_SF, FLAG_ZF, RFLAGS } from '../state';
import { IMPORT_CONDITION } from './imports';
import { pushCarry, settle } from './pending';
import { CC_FIRST, CC_KIND, CC_RESULT, CC_SOURCE, VP } from './locals';

/** CC_KIND as far as it is known here: CC_* | size, -1 unknown. */
export let knownFlags: i32 = -1;
/** Whether CC_FIRST holds the first operand. */

export function setKnownFlags(kind: i32): void {
  knownFlags = kind;
}

/** Kind of which only the result is known: CC_RESULT decides ZF and SF. */
export const RESULT_ONLY: i32 = 15 << 2;

/** Sign-extends a value of 1, 2 or 4 bytes (log2 in `size`). */
export function extend(size: u32): void {
  if (size == 0) byte(I64_EXTEND8_S);
  else if (size == 1) byte(I64_EXTEND16_S);
  else if (size == 2) byte(I64_EXTEND32_S);
}

function generic(code: u32): void {
  get(VP);
  get(CC_KIND);
  get(CC_RESULT);
  get(CC_SOURCE);
  const32(code);
  call(IMPORT_CONDITION);
}

function lowBit(local: u32): void {
  get(local);
  byte(WRAP);
  const32(1);
  byte(I32_AND);
}

function isZero(): void {
  get(CC_RESULT);
  byte(I64_EQZ);
}

function isNegative(size: u32): void {
  get(CC_RESULT);
  extend(size);
  const64(0);
  byte(I64_LT_S);
}

function compare(opcode: u32, size: u32, signed: bool): void {
  get(CC_FIRST);
  if (signed) extend(size);
  get(CC_SOURCE);
  if (signed) extend(size);
  byte(opcode);
}

/** A condition that is not negated; false when it needs the general way. */
function known(which: u32, kind: i32, size: u32): bool {
  if (which == 2) {
    isZero();
    return true;
  }
  if (which == 4) {
    isNegative(size);
    return true;
  }
  switch (kind) {
    case CC_SUB:
      if (which == 1) compare(I64_LT_U, size, false);
      else if (which == 3) compare(I64_LE_U, size, false);
      else if (which == 6) compare(I64_LT_S, size, true);
      else if (which == 7) compare(I64_LE_S, size, true);
      else return false;
      return true;
    case CC_LOGIC:
      if (which == 0 || which == 1) const32(0);
      else if (which == 3) isZero();
      else if (which == 6) isNegative(size);
      else if (which == 7) {
        get(CC_RESULT);
        extend(size);
        const64(0);
        byte(I64_LE_S);
      } else return false;
      return true;
    case CC_ADD:
      if (which != 1 && which != 3) return false;
      get(CC_RESULT);
      get(CC_SOURCE);
      byte(I64_LT_U);
      break;
    case CC_INC:
    case CC_DEC:
    case CC_SHR:
    case CC_MUL:
      if (which != 1 && which != 3) return false;
      lowBit(CC_SOURCE);
      break;
    case CC_SHL:
      if (which != 1 && which != 3) return false;
      get(CC_SOURCE);
      const64((8 << size) - 1);
      byte(I64_SHR_U);
      byte(WRAP);
      break;
    default:
      return false;
  }
  if (which == 3) {
    isZero();
    byte(I32_OR);
  }
  return true;
}

/** Conditions of flags in RFLAGS; false where SF and OF are compared. */
function standing(which: u32): bool {
  let mask: u32;
  switch (which) {
    case 0: mask = FLAG_OF; break;
    case 1: mask = FLAG_CF; break;
    case 2: mask = FLAG_ZF; break;
    case 3: mask = FLAG_CF | FLAG_ZF; break;
    case 4: mask = FLAG_SF; break;
    case 5: mask = FLAG_PF; break;
    default: return false;
  }
  get(VP);
  access(I32_LOAD, RFLAGS);
  const32(mask);
  byte(I32_AND);
  const32(0);
  byte(I32_NE);
  return true;
}

/** Leaves condition code 0–15 as 0 or 1 (i32). */
export function condition(code: u32): void {
  if (code >> 1 == 1 && pushCarry()) {
    if (code & 1) byte(I32_EQZ);
    return;
  }
  settle();
  if (knownFlags < 0) {
    generic(code);
    return;
  }
  const isKnown = knownFlags == <i32>CC_FLAGS ? standing(code >> 1) : known(code >> 1, knownFlags & ~3, knownFlags & 3);
  if (!isKnown) {
    generic(code);
    return;
  }
  if (code & 1) byte(I32_EQZ);
}
