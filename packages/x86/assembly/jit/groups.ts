/**
 * Accesses through the same value of a register, checked together: the first looks up the page for the whole range, the
 * others use its host address. Found per node; registers are followed through PUSH, POP and additions of constants.
 */

import { HANDLER_INTEGER } from '../decoder/handlers';
import {
  OP_BASE, OP_BYTES, OP_CODE16, OP_DISPLACEMENT, OP_DST, OP_HANDLER, OP_INDEX, OP_REX, OP_SRC, opAddressBits, opDigit, opImmediate,
  opIsMemory, opPrefixes, opSegment, opSize, PREFIX_F2, PREFIX_F3, PREFIX_LOCK,
} from '../micro-op';
import { HANDLER_SSE } from '../sse/opcodes';
import { FS, ZERO } from '../state';
import { DECODED, GROUP_STATE, GROUPS } from './memory-map';

/**
 * Of an access (u32): 3:0 its group + 1 (0 alone), 4 whether it is the group's first, 5 whether the group writes, 15:6 its
 * place in the range, 25:16 the range's bytes.
 */
const ACCESS_GROUP: usize = 0;
/** Of a first one: the range's start from the register as it is then (i32). */
const ACCESS_START: usize = 4;
const ACCESS_BYTES: usize = 8;

// Of a group, while a node is looked at:
const GROUP_LOWEST: usize = 0; // i32
const GROUP_END: usize = 4; // i32
const GROUP_COUNT: usize = 8; // u32
const GROUP_WRITES: usize = 12; // u32
const GROUP_FIRST: usize = 16; // u32: micro-op
const GROUP_DELTA: usize = 20; // i32: of the register at the first
const GROUP_BYTES: usize = 32;
export const MOST_GROUPS: u32 = 8;
/** A range may have so many bytes. */
const MOST_BYTES: i32 = 512;

/** Registers: distance from where they were when their group began (i32), group + 1 (u32). */
const REGISTERS_AT: usize = GROUP_STATE + 0x200;

let groupCount: u32 = 0;

function accessOf(op: usize): usize {
  return GROUPS + ((op - DECODED) / OP_BYTES) * ACCESS_BYTES;
}

// @ts-ignore: decorator
@inline
function groupAt(group: u32): usize {
  return GROUP_STATE + <usize>group * GROUP_BYTES;
}

// @ts-ignore: decorator
@inline
export function groupOf(op: usize): u32 {
  return load<u32>(accessOf(op) + ACCESS_GROUP) & 15;
}

export function isFirst(op: usize): bool {
  return (load<u32>(accessOf(op) + ACCESS_GROUP) & 16) != 0;
}

/** Whether any access of the group writes. */
export function writesGroup(op: usize): bool {
  return (load<u32>(accessOf(op) + ACCESS_GROUP) & 32) != 0;
}

export function offsetInGroup(op: usize): u32 {
  return (load<u32>(accessOf(op) + ACCESS_GROUP) >> 6) & 1023;
}

export function bytesOfGroup(op: usize): u32 {
  return load<u32>(accessOf(op) + ACCESS_GROUP) >> 16;
}

export function startOfGroup(op: usize): i32 {
  return load<i32>(accessOf(op) + ACCESS_START);
}

function forget(register: u32): void {
  store<u64>(REGISTERS_AT + (<usize>register << 3), 0);
}

function moved(register: u32, by: i32): void {
  const at = REGISTERS_AT + (<usize>register << 3);
  store<i32>(at, load<i32>(at) + by);
}

/** Notes an access of `bytes` at `displacement` from a register. */
function note(op: usize, register: u32, displacement: i32, bytes: u32, write: bool): void {
  const state = REGISTERS_AT + (<usize>register << 3);
  const delta = load<i32>(state);
  const from = delta + displacement;
  const end = from + <i32>bytes;
  let group = load<u32>(state + 4);
  if (group != 0) {
    const at = groupAt(group - 1);
    const lowest = min<i32>(load<i32>(at + GROUP_LOWEST), from);
    const highest = max<i32>(load<i32>(at + GROUP_END), end);
    if (highest - lowest > MOST_BYTES) group = 0;
    else {
      store<i32>(at + GROUP_LOWEST, lowest);
      store<i32>(at + GROUP_END, highest);
    }
  }
  if (group == 0) {
    if (groupCount == MOST_GROUPS) return;
    groupCount += 1;
    group = groupCount;
    const at = groupAt(group - 1);
    store<i32>(at + GROUP_LOWEST, from);
    store<i32>(at + GROUP_END, end);
    store<u32>(at + GROUP_COUNT, 0);
    store<u32>(at + GROUP_WRITES, 0);
    store<u32>(at + GROUP_FIRST, <u32>op);
    store<i32>(at + GROUP_DELTA, delta);
    store<u32>(state + 4, group);
  }
  const at = groupAt(group - 1);
  store<u32>(at + GROUP_COUNT, load<u32>(at + GROUP_COUNT) + 1);
  if (write) store<u32>(at + GROUP_WRITES, 1);
  const access = accessOf(op);
  store<u32>(access + ACCESS_GROUP, group);
  // Absolute until the range is known.
  store<i32>(access + ACCESS_START, from);
}

/** Whether a micro-op is written out whatever its operands: its access may be the first of a group. */
function isPlain(code: u32, op: usize): bool {
  if (code < 0x40) return (code & 7) < 6;
  switch (code) {
    case 0x63: case 0x80: case 0x81: case 0x83: case 0x84: case 0x85: case 0x88: case 0x89: case 0x8a: case 0x8b:
    case 0x1b6: case 0x1b7: case 0x1be: case 0x1bf:
      return true;
    case 0xc6: case 0xc7:
      return opDigit(op) == 0;
  }
  return code >= 0x140 && code < 0x150;
}

/** Those among them that write memory. */
function writes(code: u32, op: usize): bool {
  if (code < 0x38) return (code & 7) < 2;
  switch (code) {
    case 0x80: case 0x81: case 0x83: return opDigit(op) != 7;
    case 0x88: case 0x89: case 0xc6: case 0xc7: return true;
  }
  return false;
}

function accessBytes(code: u32, op: usize): u32 {
  switch (code) {
    case 0x63: return 4;
    case 0x1b6: case 0x1be: return 1;
    case 0x1b7: case 0x1bf: return 2;
  }
  return opSize(op);
}

/** Whether a micro-op that accesses no memory here changes no register but those of `changed`. */
function isQuiet(code: u32, op: usize): bool {
  if ((code >= 0xb0 && code < 0xc0) || (code >= 0x90 && code < 0x98)) return true;
  if ((code >= 0x190 && code < 0x1a0) || (code >= 0x1c8 && code < 0x1d0)) return true;
  switch (code) {
    case 0x8d: case 0x98: case 0x99: case 0xa8: case 0xa9: case 0x11f: case 0x1af: case 0x69: case 0x6b:
    case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3: case 0xf6: case 0xf7: case 0x1a3:
      return true;
    case 0xfe: case 0xff:
      return opDigit(op) < 2;
  }
  return false;
}

/** Follows the registers through a micro-op; `changed` has a bit for each that it may change. */
function follow(op: usize, changed: u32): void {
  const code = <u32>load<u16>(op + OP_CODE16);
  if (load<u16>(op + OP_HANDLER) >= HANDLER_SSE) {
    forgetThose(changed);
    return;
  }
  const isPush = code >= 0x50 && code < 0x58;
  if (isPush || (code >= 0x58 && code < 0x60)) {
    const register = (code & 7) | ((load<u8>(op + OP_REX) & 1) << 3);
    moved(4, isPush ? -8 : 8);
    if (!isPush) forget(register);
    return;
  }
  if ((code == 0x81 || code == 0x83) && !opIsMemory(op) && opSize(op) == 8 && (opDigit(op) == 0 || opDigit(op) == 5)) {
    const by = opImmediate(op);
    if (by > -0x10000 && by < 0x10000) {
      moved(load<u8>(op + OP_SRC) >> 3, opDigit(op) == 0 ? <i32>by : -<i32>by);
      return;
    }
  }
  forgetThose(changed);
}

function forgetThose(registers: u32): void {
  for (let register: u32 = 0; register < 16; register++) if ((registers >> register) & 1) forget(register);
}

function forgetAll(): void {
  memory.fill(REGISTERS_AT, 0, 16 * 8);
}

/** Starts with a node. */
export function beginGroups(): void {
  groupCount = 0;
  forgetAll();
}

/** Looks at the next micro-op of the node. */
export function group(op: usize, changed: u32): void {
  store<u64>(accessOf(op), 0);
  const code = <u32>load<u16>(op + OP_CODE16);
  if (load<u16>(op + OP_HANDLER) >= HANDLER_SSE) {
    // Handlers of string comparisons change RCX.
    follow(op, changed | 2);
    return;
  }
  const clean = load<u16>(op + OP_HANDLER) == HANDLER_INTEGER && !(opPrefixes(op) & (PREFIX_LOCK | PREFIX_F2 | PREFIX_F3));
  if (!clean) {
    forgetAll();
    return;
  }
  const stack = code >= 0x50 && code < 0x60 && opSize(op) == 8;
  if (stack) note(op, 4, code < 0x58 ? -8 : 0, 8, code < 0x58);
  else if ((code == 0xe8 || code == 0xc3) && opSize(op) == 8) note(op, 4, code == 0xe8 ? -8 : 0, 8, code == 0xe8);
  else if (isPlain(code, op)) {
    if (opIsMemory(op)) {
      const base = <u32>load<u8>(op + OP_BASE);
      const alone = base < 128 && load<u8>(op + OP_INDEX) == <u8>ZERO && opSegment(op) < FS && opAddressBits(op) == 64;
      if (alone) note(op, base >> 3, load<i32>(op + OP_DISPLACEMENT), accessBytes(code, op), writes(code, op));
    }
  } else if (!isQuiet(code, op)) {
    forgetAll();
    return;
  }
  follow(op, changed);
}

/** The next micro-op's access stays alone. */
export function ungroup(op: usize): void {
  store<u64>(accessOf(op), 0);
}

/** Ends a node: places within the ranges are known now. Groups of one are none. */
export function endGroups(first: usize, end: usize): void {
  for (let op = first; op < end; op += OP_BYTES) {
    const access = accessOf(op);
    const index = load<u32>(access + ACCESS_GROUP);
    if (index == 0) continue;
    const at = groupAt(index - 1);
    if (load<u32>(at + GROUP_COUNT) < 2) {
      store<u64>(access, 0);
      continue;
    }
    const lowest = load<i32>(at + GROUP_LOWEST);
    const place = load<i32>(access + ACCESS_START) - lowest;
    const bytes = load<i32>(at + GROUP_END) - lowest;
    const first: u32 = load<u32>(at + GROUP_FIRST) == <u32>op ? 16 : 0;
    const writes: u32 = load<u32>(at + GROUP_WRITES) ? 32 : 0;
    store<u32>(access + ACCESS_GROUP, index | first | writes | (<u32>place << 6) | (<u32>bytes << 16));
    store<i32>(access + ACCESS_START, lowest - load<i32>(at + GROUP_DELTA));
  }
}
