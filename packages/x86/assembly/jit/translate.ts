/** From micro-ops to WebAssembly: each is written out, or executed by the interpreter's handler. */

import { BLOCK_UNGROUPED } from '../blocks/invalidate';
import { HANDLER_INTEGER } from '../decoder/handlers';
import {
  OP_BASE, OP_BYTES, OP_CODE16, OP_COUNT, OP_DST, OP_HANDLER, OP_IMMEDIATE, OP_INDEX, OP_OFFSET, OP_REX, OP_SRC, opDigit, opIsMemory, opModrm,
  opPrefixes, opSize, PREFIX_F2, PREFIX_F3, PREFIX_LOCK,
} from '../micro-op';
import { BUDGET, RIP_BASE } from '../state';
import { access, byte, call, const32, const64, get, I32_STORE, I32_SUB, I64_ADD, I64_STORE, RETURN, set, TYPE_I32 } from './emit';
import { setKnownFlags } from './conditions';
import { beginGroups, endGroups, group, ungroup } from './groups';
import { IMPORT_FALLBACK } from './imports';
import { loadState, storeLeft, storeState } from './frame';
import { BASE, LEFT, VP } from './locals';
import { DECODED, REGION_OPS_END } from './memory-map';
import { node, NODE_BLOCK, NODE_COUNT, NODE_DELTA, NODE_OPS, nodeCount } from './nodes';
import { beginPending } from './pending';
import { nextOp, reserveOps } from './regions';
import { close, LABEL_OTHER, open } from './structure';
import { moveString } from './strings';
import { translateInteger } from './integer';
import { beginVectors, registersOfVector, translateSse } from './vectors';
import { HANDLER_SSE } from '../sse/opcodes';

let mode64 = false;
/** Distance of the current node's page from the anchor page. */
export let pageDelta: i64 = 0;
let nodeEnd: usize = 0;
/** Where the distances of the region's instructions from the anchor page are listed (i32 each), for the cold path. */
export let distances: usize = 0;
let registers: u32 = 0;
let changed: u32 = 0;
/** Whether the region has SSE instructions. */
export let hasVectors: bool = false;
/** Micro-ops that the interpreter's handlers execute. */
export let fallbacks: u32 = 0;

// @ts-ignore: decorator
@inline
export function is64(): bool {
  return mode64;
}

// @ts-ignore: decorator
@inline
export function usedRegisters(): u32 {
  return registers;
}

/** Looks through the nodes: what they touch, and which of their accesses are checked together. */
export function beginRegion(is64: bool): void {
  mode64 = is64;
  fallbacks = 0;
  registers = 0;
  changed = 0;
  hasVectors = false;
  distances = nextOp;
  let last: usize = DECODED;
  let suspends = false;
  for (let i: i32 = 0; i < <i32>nodeCount; i++) {
    const count = load<u32>(node(i) + NODE_COUNT);
    const page = load<i32>(node(i) + NODE_DELTA) & ~0xfff;
    const first = <usize>load<u32>(node(i) + NODE_OPS);
    let op = first;
    const grouped = is64 && load<u32>(<usize>load<u32>(node(i) + NODE_BLOCK) + BLOCK_UNGROUPED) == 0;
    beginGroups();
    for (let j: u32 = 0; j < count; j++, op += OP_BYTES) {
      store<i32>(nextOp + (op - DECODED) / OP_BYTES * 4, page + <i32>load<u16>(op + OP_OFFSET));
      if (op > last) last = op;
      const touched = registersOf(op);
      registers |= touched;
      if (suspendsFlags(op)) suspends = true;
      const after = changedBy(op, touched);
      changed |= after;
      if (grouped) group(op, after);
      else ungroup(op);
    }
    endGroups(first, op);
  }
  beginPending(suspends);
  // Micro-ops behind the list stay aligned.
  reserveOps((nextOp + (last - DECODED) / OP_BYTES * 4 + 35) & ~(<usize>31));
}

// @ts-ignore: decorator
@inline
export function changedRegisters(): u32 {
  return changed;
}

/** `end`: behind the last micro-op whose flags nobody but the node's end reads. */
export function beginNode(page: i32, end: usize): void {
  pageDelta = page;
  nodeEnd = end;
  beginVectors();
}

// @ts-ignore: decorator
@inline
function bit(slot: u32): u32 {
  return slot < 128 ? <u32>1 << (slot >> 3) : 0;
}

/** Registers that a micro-op may touch, one bit each. */
function registersOf(op: usize): u32 {
  const code = <u32>load<u16>(op + OP_CODE16);
  if (load<u16>(op + OP_HANDLER) >= HANDLER_SSE) {
    hasVectors = true;
    return registersOfVector(op) | bit(load<u8>(op + OP_BASE)) | bit(load<u8>(op + OP_INDEX));
  }
  let set = bit(load<u8>(op + OP_DST)) | bit(load<u8>(op + OP_SRC)) | bit(load<u8>(op + OP_BASE)) | bit(load<u8>(op + OP_INDEX));
  const low = <u32>1 << ((code & 7) | ((load<u8>(op + OP_REX) & 1) << 3));
  if (code >= 0x100) {
    if (code >= 0x1c8 && code < 0x1d0) set |= low;
    if (code == 0x1b0 || code == 0x1b1) set |= 1;
    // The byte operand of MOVZX and MOVSX may be AH to BH.
    if (code == 0x1b6 || code == 0x1be) set |= <u32>1 << (opModrm(op) & 3);
    return set;
  }
  if (code < 0x40) return set | 1;
  if (code < 0x60) return set | low | (code >= 0x50 ? 16 : 0);
  if (code >= 0x90 && code < 0xa0) return set | low | 1 | 4;
  if (code >= 0xb0 && code < 0xb8) return set | low | (<u32>1 << (code & 3));
  if (code >= 0xb8 && code < 0xc0) return set | low;
  switch (code) {
    case 0x68: case 0x6a: case 0xc3: case 0xe8: case 0xff: return set | 16;
    case 0xc9: return set | 16 | 32;
    case 0xa4: case 0xa5: return set | 2 | 64 | 128;
    case 0xaa: case 0xab: return set | 1 | 2 | 128;
    case 0xd2: case 0xd3: return set | 2;
    case 0xa8: case 0xa9: return set | 1;
    case 0xf6: case 0xf7: return set | 1 | 4;
  }
  return set;
}

/** Rotates, BT and its kin. */
function suspendsFlags(op: usize): bool {
  const code = <u32>load<u16>(op + OP_CODE16);
  switch (code) {
    case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3: return opDigit(op) < 2;
    case 0x1a3: case 0x1ab: case 0x1b3: case 0x1ba: case 0x1bb: return true;
  }
  return false;
}

/** Those of them that a micro-op may change. */
function changedBy(op: usize, touched: u32): u32 {
  if (load<u16>(op + OP_HANDLER) >= HANDLER_SSE) return touched;
  const code = <u32>load<u16>(op + OP_CODE16);
  if (opPrefixes(op) & PREFIX_LOCK) return touched;
  const reg = bit(load<u8>(op + OP_DST));
  const rm = opIsMemory(op) ? 0 : bit(load<u8>(op + OP_SRC));
  if (code < 0x40) return code >= 0x38 ? 0 : (code & 7) < 2 ? rm : (code & 7) < 4 ? reg : 1;
  if ((code >= 0x70 && code < 0x80) || (code >= 0x180 && code < 0x190)) return 0;
  if (code >= 0x190 && code < 0x1a0) return rm;
  if (code >= 0x140 && code < 0x150) return reg;
  switch (code) {
    case 0x80: case 0x81: case 0x83: return opDigit(op) == 7 ? 0 : rm;
    case 0x84: case 0x85: case 0xa8: case 0xa9: case 0xe9: case 0xeb: case 0x11f: return 0;
    case 0x88: case 0x89: case 0xc6: case 0xc7: case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3: return rm;
    case 0x63: case 0x8a: case 0x8b: case 0x8d: case 0x1af: case 0x69: case 0x6b:
    case 0x1b6: case 0x1b7: case 0x1be: case 0x1bf: return reg;
    case 0xc3: case 0xe8: case 0x68: case 0x6a: return 16;
  }
  return touched;
}

/** 0 neither flags nor exits; 1 writes all flags without reading any and cannot leave before; 2 anything else. */
function flagEffect(op: usize): u32 {
  if (load<u16>(op + OP_HANDLER) != HANDLER_INTEGER) return 2;
  if (opIsMemory(op)) return load<u16>(op + OP_CODE16) == 0x8d || load<u16>(op + OP_CODE16) == 0x11f ? 0 : 2;
  if (opPrefixes(op) & (PREFIX_LOCK | PREFIX_F2 | PREFIX_F3)) return 2;
  const code = <u32>load<u16>(op + OP_CODE16);
  const digit = opDigit(op);
  if (code < 0x40) return (code & 7) < 6 && (code >> 3) != 2 && (code >> 3) != 3 ? 1 : 2;
  if (code >= 0xb0 && code < 0xc0) return 0;
  switch (code) {
    case 0x80: case 0x81: case 0x83: return digit != 2 && digit != 3 ? 1 : 2;
    case 0x84: case 0x85: case 0xa8: case 0xa9: case 0x69: case 0x6b: case 0x1af: return 1;
    case 0x63: case 0x88: case 0x89: case 0x8a: case 0x8b: case 0x90: case 0x98: case 0x99:
    case 0x1b6: case 0x1b7: case 0x1be: case 0x1bf: case 0x11f: return 0;
    case 0xc6: case 0xc7: return digit == 0 ? 0 : 2;
    case 0xc0: case 0xc1: return digit >= 4 && (load<i64>(op + OP_IMMEDIATE) & 31) != 0 ? 1 : 2;
    case 0xd0: case 0xd1: return digit >= 4 ? 1 : 2;
    case 0xf6: case 0xf7: return digit < 2 || digit == 3 ? 1 : digit == 2 ? 0 : 2;
  }
  if (code >= 0x1c8 && code < 0x1d0) return 0;
  return 2;
}

/** Whether anybody may see the flags that `op` makes. */
export function areFlagsLive(op: usize): bool {
  for (op += OP_BYTES; op < nodeEnd; op += OP_BYTES) {
    const effect = flagEffect(op);
    if (effect == 1) return false;
    if (effect == 2) return true;
  }
  return true;
}

/** Writes one micro-op that does not end its node. */
export function translate(op: usize): void {
  if (load<u16>(op + OP_HANDLER) == HANDLER_INTEGER) {
    if (translateInteger(op)) return;
    if (moveString(op)) return;
  } else if (translateSse(op)) return;
  handle(op);
}

/** Has a micro-op executed by its handler, and goes on behind it. */
export function handle(op: usize): void {
  callHandler(op);
  // Left when the handler says so: a string instruction with elements left, code that changed.
  open(0x04, LABEL_OTHER);
  leaveBehind(load<u8>(op + OP_COUNT));
  close();
  loadState(changedByHandler(op));
  setKnownFlags(-1);
}

/** General registers that the interpreter's handler of a micro-op may change, one bit each. */
function changedByHandler(op: usize): u32 {
  // RCX holds the result of string comparisons.
  if (load<u16>(op + OP_HANDLER) >= HANDLER_SSE) return registersOfVector(op) | 2;
  const code = <u32>load<u16>(op + OP_CODE16);
  // String instructions: RAX, RCX, RSI, RDI.
  return code >= 0xa4 && code < 0xb0 && code != 0xa8 && code != 0xa9 ? 0xc3 : 0xffff;
}

/** All state is in memory: leaves with `count` instructions of the node executed. */
export function leaveBehind(count: u32): void {
  get(LEFT);
  const32(count);
  byte(I32_SUB);
  set(LEFT);
  storeLeft();
  const32(2);
  byte(RETURN);
}

/** Executes a micro-op by its handler: all state goes to memory, the answer is left on the stack. */
export function callHandler(op: usize): void {
  fallbacks += 1;
  const kept = nextOp;
  if (kept < REGION_OPS_END) {
    memory.copy(kept, op, OP_BYTES);
    reserveOps(kept + OP_BYTES);
  }
  storeState();
  storeLeft();
  get(VP);
  get(BASE);
  if (pageDelta != 0) {
    const64(pageDelta);
    byte(I64_ADD);
  }
  access(I64_STORE, RIP_BASE);
  get(VP);
  const32(<i32>kept);
  call(IMPORT_FALLBACK);
}
