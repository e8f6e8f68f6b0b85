/** BT and its kin, XCHG, CMPXCHG, XADD, BSWAP in a region. */

import { CC_ADD, CC_FLAGS, CC_SUB } from '../flags';
import { OP_DST, OP_SRC, opDigit, opImmediate, opIsMemory } from '../micro-op';
import { FLAG_ZF } from '../state';
import {
  access, byte, call, const32, const64, get, I32_AND, I32_SHL, I64_ADD, I64_AND, I64_CLZ, I64_CTZ, I64_EQ, I64_EQZ, I64_OR, I64_SHL, I64_SHR_U, I64_SUB,
  I64_XOR, set, tee, WRAP,
} from './emit';
import { setKnownFlags } from './conditions';
import { IMPORT_FLAGS } from './imports';
import { CC_FIRST, CC_KIND, CC_RESULT, CC_SOURCE, C0, HOST, T0, T1, T2, VP } from './locals';
import { canAddress, cut, loadBytes, log2, popSlot, pushHost, pushSlot, storeBytes } from './operands';
import { pushForUpdate, pushRm, setKind, updateFrom } from './integer';
import { PENDING_CARRY, settle, suspend } from './pending';
import { close, LABEL_OTHER, open, otherwise } from './structure';
import { areFlagsLive } from './translate';

/** Puts the flags into RFLAGS with those of `mask` replaced by the bits in C0. */
export function replaceFlags(mask: u32): void {
  settle();
  get(VP);
  get(CC_KIND);
  get(CC_RESULT);
  get(CC_SOURCE);
  const32(mask);
  get(C0);
  call(IMPORT_FLAGS);
  const32(CC_FLAGS);
  set(CC_KIND);
  setKnownFlags(CC_FLAGS);
}

/** BT, BTS, BTR, BTC with a register, or with memory and an immediate. */
export function bitOperation(op: usize, code: u32, bytes: u32): bool {
  const immediate = code == 0x1ba;
  const kind = immediate ? opDigit(op) & 3 : (code >> 3) & 3;
  if (immediate && opDigit(op) < 4) return false;
  if (opIsMemory(op) && (!immediate || !canAddress(op))) return false;
  if (kind == 0) pushRm(op, bytes);
  else pushForUpdate(op, bytes);
  set(T0);
  if (immediate) const64(opImmediate(op) & (bytes * 8 - 1));
  else {
    pushSlot(load<u8>(op + OP_DST), bytes);
    const64(bytes * 8 - 1);
    byte(I64_AND);
  }
  set(T1);
  get(T0);
  get(T1);
  byte(I64_SHR_U);
  const64(1);
  byte(I64_AND);
  set(T2);
  if (areFlagsLive(op)) suspend(PENDING_CARRY, T2);
  if (kind == 0) return true;
  get(T0);
  const64(1);
  get(T1);
  byte(I64_SHL);
  if (kind == 2) {
    const64(-1);
    byte(I64_XOR);
  }
  byte(kind == 1 ? I64_OR : kind == 2 ? I64_AND : I64_XOR);
  set(T0);
  updateFrom(op, bytes, T0);
  return true;
}

export function exchange(op: usize, bytes: u32): bool {
  if (opIsMemory(op) && !canAddress(op)) return false;
  pushForUpdate(op, bytes);
  set(T0);
  pushSlot(load<u8>(op + OP_DST), bytes);
  set(T1);
  updateFrom(op, bytes, T1);
  get(T0);
  popSlot(load<u8>(op + OP_DST), bytes);
  return true;
}

/** Memory forms: memory is written either way. */
export function compareExchange(op: usize, bytes: u32): bool {
  if (!opIsMemory(op) || !canAddress(op)) return false;
  pushForUpdate(op, bytes);
  set(CC_SOURCE);
  pushSlot(0, bytes);
  tee(CC_FIRST);
  get(CC_SOURCE);
  byte(I64_SUB);
  cut(bytes);
  set(CC_RESULT);
  setKind(CC_SUB | log2(bytes));
  get(CC_FIRST);
  get(CC_SOURCE);
  byte(I64_EQ);
  open(0x04, LABEL_OTHER);
  get(HOST);
  pushSlot(load<u8>(op + OP_DST), bytes);
  storeBytes(bytes);
  otherwise();
  get(CC_SOURCE);
  popSlot(0, bytes);
  close();
  return true;
}

export function exchangeAdd(op: usize, bytes: u32): bool {
  if (!opIsMemory(op) || !canAddress(op)) return false;
  const live = areFlagsLive(op);
  pushForUpdate(op, bytes);
  set(T0);
  pushSlot(load<u8>(op + OP_DST), bytes);
  tee(T1);
  get(T0);
  byte(I64_ADD);
  cut(bytes);
  set(T2);
  updateFrom(op, bytes, T2);
  if (live) {
    get(T2);
    set(CC_RESULT);
    get(T1);
    set(CC_SOURCE);
    setKind(CC_ADD | log2(bytes));
  }
  get(T0);
  popSlot(load<u8>(op + OP_DST), bytes);
  return true;
}

/** BSWAP: halves, then bytes within them. */
export function swapBytes(slot: u32, bytes: u32): bool {
  if (bytes < 4) return false;
  pushSlot(slot, bytes);
  set(T0);
  for (let shift: u32 = 8; shift < bytes * 8; shift <<= 1) {
    const mask: i64 = shift == 8 ? 0x00ff00ff00ff00ff : shift == 16 ? 0x0000ffff0000ffff : 0x00000000ffffffff;
    get(T0);
    const64(shift);
    byte(I64_SHR_U);
    const64(mask);
    byte(I64_AND);
    get(T0);
    const64(mask);
    byte(I64_AND);
    const64(shift);
    byte(I64_SHL);
    byte(I64_OR);
    set(T0);
  }
  get(T0);
  cut(bytes);
  popSlot(slot, bytes);
  return true;
}

/** BSF and BSR: zero has no bits and keeps the destination. */
export function bitScan(op: usize, bytes: u32, reverse: bool): bool {
  if (opIsMemory(op) && !canAddress(op)) return false;
  const live = areFlagsLive(op);
  pushRm(op, bytes);
  set(T0);
  if (live) {
    get(T0);
    byte(I64_EQZ);
    const32(6);
    byte(I32_SHL);
    set(C0);
    replaceFlags(FLAG_ZF);
  }
  get(T0);
  byte(I64_EQZ);
  open(0x04, LABEL_OTHER);
  otherwise();
  if (reverse) {
    const64(63);
    get(T0);
    byte(I64_CLZ);
    byte(I64_SUB);
  } else {
    get(T0);
    byte(I64_CTZ);
  }
  popSlot(load<u8>(op + OP_DST), bytes);
  close();
  return true;
}
