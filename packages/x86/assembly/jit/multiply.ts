/** Multiplication and division in a region. What would raise #DE leaves it. */

import { CC_MUL } from '../flags';
import { OP_DST, opImmediate, opIsMemory } from '../micro-op';
import {
  byte, call, const32, const64, EXTEND_U, get, I32_OR, I64_ADD, I64_AND, I64_DIV_S, I64_DIV_U, I64_EQ, I64_EQZ, I64_GT_U, I64_MUL,
  I64_NE, I64_OR, I64_REM_S, I64_REM_U, I64_SHL, I64_SHR_S, I64_SHR_U, I64_SUB, set, tee, WRAP,
} from './emit';
import { extend } from './conditions';
import { IMPORT_HIGH_SIGNED, IMPORT_HIGH_UNSIGNED } from './imports';
import { pushRm, setKind } from './integer';
import { CC_RESULT, CC_SOURCE, REGISTERS, T0, T1, T2 } from './locals';
import { canAddress, cut, giveUp, log2, popSlot, pushSlot } from './operands';
import { close, LABEL_OTHER, open } from './structure';
import { areFlagsLive } from './translate';

/** IMUL with two or three operands. */
export function multiply(op: usize, bytes: u32, immediate: bool): bool {
  if (bytes == 1 || (opIsMemory(op) && !canAddress(op))) return false;
  const live = areFlagsLive(op);
  const size = log2(bytes);
  pushRm(op, bytes);
  extend(size);
  set(T0);
  if (immediate) const64(opImmediate(op));
  else {
    pushSlot(load<u8>(op + OP_DST), bytes);
    extend(size);
  }
  set(T1);
  get(T0);
  get(T1);
  byte(I64_MUL);
  set(T2);
  if (live) {
    if (bytes == 8) {
      get(T0);
      get(T1);
      call(IMPORT_HIGH_SIGNED);
      get(T2);
      const64(63);
      byte(I64_SHR_S);
    } else {
      get(T2);
      extend(size);
      get(T2);
    }
    byte(I64_NE);
    byte(EXTEND_U);
    set(CC_SOURCE);
    get(T2);
    cut(bytes);
    set(CC_RESULT);
    setKind(CC_MUL | size);
  }
  get(T2);
  cut(bytes);
  // popSlot of narrow values uses T2 itself.
  popSlot(load<u8>(op + OP_DST), bytes);
  return true;
}

/** MUL and IMUL of the accumulator. */
export function multiplyWide(op: usize, bytes: u32, signed: bool): bool {
  if (bytes < 4 || (opIsMemory(op) && !canAddress(op))) return false;
  const live = areFlagsLive(op);
  const size = log2(bytes);
  pushRm(op, bytes);
  if (signed) extend(size);
  set(T1);
  pushSlot(0, bytes);
  if (signed) extend(size);
  set(T0);
  get(T0);
  get(T1);
  byte(I64_MUL);
  set(T2);
  if (bytes == 8) {
    get(T0);
    get(T1);
    call(signed ? IMPORT_HIGH_SIGNED : IMPORT_HIGH_UNSIGNED);
    set(REGISTERS + 2);
  } else {
    get(T2);
    const64(32);
    byte(I64_SHR_U);
    set(REGISTERS + 2);
  }
  get(T2);
  cut(bytes);
  set(REGISTERS);
  if (!live) return true;
  get(REGISTERS);
  set(CC_RESULT);
  if (bytes == 8) {
    get(REGISTERS + 2);
    if (signed) {
      get(T2);
      const64(63);
      byte(I64_SHR_S);
    } else const64(0);
  } else {
    get(REGISTERS);
    if (signed) extend(size);
    get(T2);
  }
  byte(I64_NE);
  byte(EXTEND_U);
  set(CC_SOURCE);
  setKind(CC_MUL | size);
  return true;
}

function giveUpIf(op: usize): void {
  open(0x04, LABEL_OTHER);
  giveUp(op);
  close();
}

/** DIV and IDIV. Flags stay as they are. */
export function divide(op: usize, bytes: u32, signed: bool): bool {
  if (bytes < 4 || (opIsMemory(op) && !canAddress(op))) return false;
  const size = log2(bytes);
  pushRm(op, bytes);
  if (signed) extend(size);
  set(T1);
  get(T1);
  byte(I64_EQZ);
  if (signed) {
    // -1 has the one quotient that WebAssembly refuses.
    get(T1);
    const64(-1);
    byte(I64_EQ);
    byte(I32_OR);
  }
  giveUpIf(op);
  if (bytes == 8) {
    // Dividends that need all 128 bits are left to the handler.
    get(REGISTERS);
    set(T0);
    get(REGISTERS + 2);
    if (signed) {
      get(T0);
      const64(63);
      byte(I64_SHR_S);
    } else const64(0);
    byte(I64_NE);
    giveUpIf(op);
  } else {
    pushSlot(0, 4);
    get(REGISTERS + 2);
    const64(32);
    byte(I64_SHL);
    byte(I64_OR);
    set(T0);
  }
  get(T0);
  get(T1);
  byte(signed ? I64_DIV_S : I64_DIV_U);
  set(T2);
  if (bytes == 4) {
    get(T2);
    if (signed) extend(2);
    else cut(4);
    get(T2);
    byte(I64_NE);
    giveUpIf(op);
  }
  get(T0);
  get(T1);
  byte(signed ? I64_REM_S : I64_REM_U);
  cut(bytes);
  set(REGISTERS + 2);
  get(T2);
  cut(bytes);
  set(REGISTERS);
  return true;
}
