/** Shifts and rotates in a region. */

import { CC_SHL, CC_SHR } from '../flags';
import { opDigit, opImmediate, opIsMemory } from '../micro-op';
import {
  byte, const32, const64, EXTEND_U, get, I32_AND, I32_OR, I32_ROTL, I32_ROTR, I32_SHL, I32_XOR, I64_AND, I64_EQZ, I64_ROTL, I64_ROTR,
  I64_SHL, I64_SHR_S, I64_SHR_U, I64_SUB, set, tee, WRAP,
} from './emit';
import { extend, setKnownFlags } from './conditions';
import { pushForUpdate, setKind, updateFrom } from './integer';
import { C0, CC_KIND, CC_RESULT, CC_SOURCE, REGISTERS, T0, T1, T2 } from './locals';
import { canAddress, cut, log2 } from './operands';
import {
  PENDING_ROL_32, PENDING_ROL_64, PENDING_ROR_32, PENDING_ROR_64, settle, suspend,
} from './pending';
import { close, LABEL_OTHER, open, otherwise } from './structure';
import { areFlagsLive } from './translate';

/** Leaves T0 shifted by the count on the stack; `digit` 4 SHL, 5 SHR, 7 SAR. */
function shifted(digit: u32, bytes: u32): void {
  byte(digit == 4 ? I64_SHL : digit == 5 ? I64_SHR_U : I64_SHR_S);
  cut(bytes);
}

/** Leaves the first operand on the stack, sign-extended for SAR. */
function operand(digit: u32, bytes: u32): void {
  get(T0);
  if (digit == 7) extend(log2(bytes));
}

/** C0–D3. */
export function shift(op: usize, code: u32, bytes: u32): bool {
  if (opIsMemory(op) && !canAddress(op)) return false;
  const byRegister = code >= 0xd2;
  const count = code < 0xd0 ? <u32>opImmediate(op) & (bytes == 8 ? 63 : 31) : 1;
  let digit = opDigit(op);
  if (digit == 6) digit = 4;
  if (count == 0) return false;
  if (digit < 4) return rotate(op, digit, bytes, byRegister, count);
  if (byRegister) return shiftByRegister(op, digit, bytes);
  const live = areFlagsLive(op);
  pushForUpdate(op, bytes);
  set(T0);
  if (!live) {
    operand(digit, bytes);
    const64(count);
    shifted(digit, bytes);
    set(T1);
    updateFrom(op, bytes, T1);
    return true;
  }
  // The value before the last bit goes: its end is CF.
  operand(digit, bytes);
  if (count > 1) {
    const64(count - 1);
    shifted(digit, bytes);
  } else cut(bytes);
  set(CC_SOURCE);
  operand(digit, bytes);
  const64(count);
  shifted(digit, bytes);
  set(CC_RESULT);
  setKind((digit == 4 ? CC_SHL : CC_SHR) | log2(bytes));
  updateFrom(op, bytes, CC_RESULT);
  return true;
}

/** By CL: a count of zero keeps the flags. */
function shiftByRegister(op: usize, digit: u32, bytes: u32): bool {
  const live = areFlagsLive(op);
  pushForUpdate(op, bytes);
  set(T0);
  get(REGISTERS + 1);
  const64(bytes == 8 ? 63 : 31);
  byte(I64_AND);
  set(T1);
  operand(digit, bytes);
  get(T1);
  shifted(digit, bytes);
  set(T2);
  if (live) {
    settle();
    get(T1);
    byte(I64_EQZ);
    open(0x04, LABEL_OTHER);
    otherwise();
    operand(digit, bytes);
    get(T1);
    const64(1);
    byte(I64_SUB);
    shifted(digit, bytes);
    set(CC_SOURCE);
    get(T2);
    set(CC_RESULT);
    const32((digit == 4 ? CC_SHL : CC_SHR) | log2(bytes));
    set(CC_KIND);
    close();
    setKnownFlags(-1);
  }
  get(T2);
  set(T0);
  updateFrom(op, bytes, T0);
  return true;
}

/** ROL and ROR of 4 and 8 bytes. */
function rotate(op: usize, digit: u32, bytes: u32, byRegister: bool, count: u32): bool {
  if (digit > 1 || bytes < 4) return false;
  const live = areFlagsLive(op);
  if (live && byRegister) return false;
  pushForUpdate(op, bytes);
  if (bytes == 4) byte(WRAP);
  if (byRegister) {
    get(REGISTERS + 1);
    if (bytes == 4) byte(WRAP);
  } else if (bytes == 4) const32(count);
  else const64(count);
  if (bytes == 4) {
    byte(digit ? I32_ROTR : I32_ROTL);
    byte(EXTEND_U);
  } else byte(digit ? I64_ROTR : I64_ROTL);
  set(T0);
  if (live) suspend(digit ? (bytes == 4 ? PENDING_ROR_32 : PENDING_ROR_64) : bytes == 4 ? PENDING_ROL_32 : PENDING_ROL_64, T0);
  updateFrom(op, bytes, T0);
  return true;
}
