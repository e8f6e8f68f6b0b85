/** SSE instructions as WebAssembly. XMM registers stay in the processor's block; only moves, logic and integers are here. */

import { OP_DST, OP_HANDLER, OP_IMMEDIATE, OP_SRC, opDigit, opIsMemory, opReg, opRm, opSize } from '../micro-op';
import * as S from '../sse/opcodes';
import { XMM } from '../state';
import {
  access, byte, call, const32, const64, EXTEND_U, get, I32_ADD, I32_AND, I32_LOAD, I64_AND, I64_LOAD, I64_LOAD32_U, I64_NE, I64_STORE, I64_STORE32, set, tee,
  vector, vectorAccess, WRAP,
} from './emit';
import { CC_FLAGS } from '../flags';
import { IMPORT_COMPARE_STRINGS } from './imports';
import { setKind } from './integer';
import { ADDRESS, REGISTERS, SSE_OFF, V0, V1, VP } from './locals';
import { canAddress, cut, giveUp, loadBytes, pushAddress, pushHost, storeBytes, translateAddress } from './operands';
import { close, LABEL_OTHER, open } from './structure';
import { pushPacked, pushShuffle, shuffleOf } from './packed';

const V128_LOAD: u32 = 0x00;
const V128_STORE: u32 = 0x0b;
const V128_LOAD32_ZERO: u32 = 0x5c;
const V128_LOAD64_ZERO: u32 = 0x5d;
const I8X16_BITMASK: u32 = 0x64;
const I32X4_BITMASK: u32 = 0xa4;
const I64X2_BITMASK: u32 = 0xc4;

let isChecked = false;

/** A new basic block: its first SSE instruction looks whether there may be any. */
export function beginVectors(): void {
  isChecked = false;
}

function check(op: usize): void {
  if (isChecked) return;
  isChecked = true;
  get(SSE_OFF);
  open(0x04, LABEL_OTHER);
  giveUp(op);
  close();
}

export function pushXmm(slot: u32): void {
  get(VP);
  vectorAccess(V128_LOAD, XMM + slot);
}

/** Behind `get(VP)` and a value. */
function popXmm(slot: u32): void {
  vectorAccess(V128_STORE, XMM + slot);
}

/** Host address of a memory operand of 16 bytes, aligned unless `loose`. */
function pushHost16(op: usize, write: bool, loose: bool): void {
  pushAddress(op);
  if (!loose) {
    tee(ADDRESS);
    byte(WRAP);
    const32(15);
    byte(I32_AND);
    open(0x04, LABEL_OTHER);
    giveUp(op);
    close();
    get(ADDRESS);
  }
  translateAddress(op, 16, write);
}

/** The 16-byte operand of ModRM.rm. */
export function pushSource(op: usize, loose: bool): void {
  if (!opIsMemory(op)) {
    pushXmm(load<u8>(op + OP_SRC));
    return;
  }
  pushHost16(op, false, loose);
  vectorAccess(V128_LOAD, 0);
}

function copyQword(from: u32, to: u32): void {
  get(VP);
  get(VP);
  access(I64_LOAD, XMM + from);
  access(I64_STORE, XMM + to);
}

function clearHigh(slot: u32): void {
  get(VP);
  const64(0);
  access(I64_STORE, XMM + slot + 8);
}

/** From memory into the low part of a register, the rest cleared. */
function loadLow(op: usize, bytes: u32, to: u32): void {
  get(VP);
  pushHost(op, bytes, false);
  vectorAccess(bytes == 8 ? V128_LOAD64_ZERO : V128_LOAD32_ZERO, 0);
  popXmm(to);
}

/** 8 bytes of a register, from `offset` on, to memory. */
function storeQword(op: usize, from: u32): void {
  pushHost(op, 8, true);
  get(VP);
  access(I64_LOAD, XMM + from);
  storeBytes(8);
}

function loadQword(op: usize, to: u32): void {
  get(VP);
  pushHost(op, 8, false);
  loadBytes(8);
  access(I64_STORE, XMM + to);
}

function move(op: usize, handler: u32): bool {
  const memory = opIsMemory(op);
  const reg = <u32>load<u8>(op + OP_DST);
  const rm = <u32>load<u8>(op + OP_SRC);
  switch (handler) {
    case S.MOVU_LOAD:
    case S.MOVA_LOAD:
      get(VP);
      pushSource(op, handler == S.MOVU_LOAD);
      popXmm(reg);
      return true;
    case S.MOVU_STORE:
    case S.MOVA_STORE:
      if (memory) pushHost16(op, true, handler == S.MOVU_STORE);
      else get(VP);
      pushXmm(reg);
      vectorAccess(V128_STORE, memory ? 0 : XMM + rm);
      return true;
    case S.MOVSS_LOAD:
      if (memory) loadLow(op, 4, reg);
      else copyDword(rm, reg);
      return true;
    case S.MOVSS_STORE:
      if (!memory) {
        copyDword(reg, rm);
        return true;
      }
      pushHost(op, 4, true);
      get(VP);
      access(I64_LOAD32_U, XMM + reg);
      storeBytes(4);
      return true;
    case S.MOVSD_LOAD:
      if (memory) loadLow(op, 8, reg);
      else copyQword(rm, reg);
      return true;
    case S.MOVSD_STORE:
      if (memory) storeQword(op, reg);
      else copyQword(reg, rm);
      return true;
    case S.MOVQ_LOAD:
      if (memory) loadLow(op, 8, reg);
      else {
        copyQword(rm, reg);
        clearHigh(reg);
      }
      return true;
    case S.MOVQ_STORE:
      if (memory) storeQword(op, reg);
      else {
        copyQword(reg, rm);
        clearHigh(rm);
      }
      return true;
    case S.MOVLPS_STORE: storeQword(op, reg); return true;
    case S.MOVHPS_STORE: storeQword(op, reg + 8); return true;
    case S.MOVLPS_LOAD:
      if (memory) loadQword(op, reg);
      else copyQword(rm + 8, reg);
      return true;
    case S.MOVHPS_LOAD:
      if (memory) loadQword(op, reg + 8);
      else copyQword(rm, reg + 8);
      return true;
  }
  return moveGeneral(op, handler, reg);
}

function copyDword(from: u32, to: u32): void {
  get(VP);
  get(VP);
  access(I64_LOAD32_U, XMM + from);
  access(I64_STORE32, XMM + to);
}

/** Moves between XMM and general registers, or memory of their sizes. */
function moveGeneral(op: usize, handler: u32, reg: u32): bool {
  const bytes: u32 = opSize(op) == 8 ? 8 : 4;
  switch (handler) {
    case S.MOVD_LOAD:
      get(VP);
      if (opIsMemory(op)) {
        pushHost(op, bytes, false);
        loadBytes(bytes);
      } else {
        get(REGISTERS + opRm(op));
        cut(bytes);
      }
      access(I64_STORE, XMM + reg);
      clearHigh(reg);
      return true;
    case S.MOVD_STORE:
      if (opIsMemory(op)) pushHost(op, bytes, true);
      get(VP);
      access(I64_LOAD, XMM + reg);
      if (opIsMemory(op)) storeBytes(bytes);
      else {
        cut(bytes);
        set(REGISTERS + opRm(op));
      }
      return true;
    case S.PMOVMSKB:
    case S.MOVMSKPS:
    case S.MOVMSKPD:
      pushXmm(load<u8>(op + OP_SRC));
      vector(handler == S.PMOVMSKB ? I8X16_BITMASK : handler == S.MOVMSKPS ? I32X4_BITMASK : I64X2_BITMASK);
      byte(EXTEND_U);
      set(REGISTERS + opReg(op));
      return true;
  }
  return false;
}

/** PCMPISTRI: the core compares, and leaves the flags in RFLAGS. */
function compareStrings(op: usize): void {
  get(VP);
  get(VP);
  const32(<i32>(XMM + load<u8>(op + OP_DST)));
  byte(I32_ADD);
  if (opIsMemory(op)) pushHost16(op, false, true);
  else {
    get(VP);
    const32(<i32>(XMM + load<u8>(op + OP_SRC)));
    byte(I32_ADD);
  }
  const32(load<u8>(op + OP_IMMEDIATE));
  call(IMPORT_COMPARE_STRINGS);
  byte(EXTEND_U);
  set(REGISTERS + 1);
  setKind(CC_FLAGS);
}

/** General registers that an SSE micro-op may touch, one bit each, those of its address not counted. */
export function registersOfVector(op: usize): u32 {
  // PCMPISTRI writes RCX.
  const other: u32 = load<u16>(op + OP_HANDLER) == S.PCMPISTRI ? 2 : 0;
  return (<u32>1 << opReg(op)) | (<u32>1 << opRm(op)) | other;
}

/** Gives false where the interpreter's handler is to be called. */
export function translateSse(op: usize): bool {
  const handler = <u32>load<u16>(op + OP_HANDLER);
  if (opIsMemory(op) && !canAddress(op)) return false;
  const family = handler >> 8;
  if (family == S.FAMILY_MOVE) {
    if (handler >= S.MOVSLDUP && handler <= S.MOVDDUP) return false;
    if (handler >= S.MASKMOVDQU) return false;
    check(op);
    return move(op, handler);
  }
  const reg = <u32>load<u8>(op + OP_DST);
  if (family == S.FAMILY_INTEGER) {
    const opcode = pushPacked(handler);
    if (opcode == 0) return false;
    check(op);
    // Both operands first: what may leave the region comes before what changes it.
    pushSource(op, false);
    set(V1);
    pushXmm(reg);
    set(V0);
    get(VP);
    shuffleOf(handler, opcode);
    popXmm(reg);
    return true;
  }
  if (family != S.FAMILY_SHUFFLE) return false;
  if (handler == S.PCMPISTRI) {
    check(op);
    compareStrings(op);
    return true;
  }
  const kind = pushShuffle(op, handler, false);
  if (kind == 0) return false;
  check(op);
  const shifts = handler >= S.SHIFT_W && handler <= S.SHIFT_Q;
  if (shifts) pushXmm(load<u8>(op + OP_SRC));
  else pushSource(op, false);
  set(V1);
  pushXmm(reg);
  set(V0);
  get(VP);
  pushShuffle(op, handler, true);
  popXmm(shifts ? <u32>load<u8>(op + OP_SRC) : reg);
  return true;
}
