/** What regions call: memory that the TLB does not have, instructions left to the interpreter's handlers, flags. */

import { invalidatePage, isForgotten } from '../blocks/invalidate';
import { HANDLER_INTEGER } from '../decoder/handlers';
import { condition, getFlags } from '../flags';
import { executeInteger } from '../interpreter/integer';
import { highSigned, highUnsigned } from '../interpreter/arithmetic';
import { isHurried } from '../interpreter/progress';
import { GPA_READ, GPA_WRITE, GRANULES } from '../layout';
import { noteWrite } from '../memory/journal';
import { gpaEntry } from '../memory/physical';
import { fillTlb } from '../memory/tlb';
import { walk, walkGpa, walkUser, walkWritable } from '../memory/walk';
import { OP_CODE16, OP_HANDLER, OP_LENGTH, OP_OFFSET } from '../micro-op';
import { MODE_64, MODE_CPL } from '../mode-bits';
import { executeSse } from '../sse/execute';
import { compareImplicit } from '../sse/string-compare';
import {
  CC_OP, CC_RES, CC_SRC, CR4, CR4_SMAP, CURRENT_OP, FLAG_CF, FLAG_OF, INSTRUCTION_RIP, JIT_SITE, MODE_WORD, RFLAGS, RIP, RIP_BASE, SCRATCH, TLB_CURRENT,
  TLB_EMPTY, TLB_SUPERVISOR, TLB_USER,
} from '../state';
import { add, COUNT_FILLS } from './counters';
import { HANDLER_CALL_KINDS, HANDLER_CALLS } from './memory-map';
import { PENDING_CARRY, PENDING_ROL_32, PENDING_ROL_64, PENDING_ROR_32 } from './pending';
import { noteMiss } from './misses';
import { isOutdated } from './regions';

/** Within the scratch area: a value that crosses pages, put together. */
const CROSSING: usize = SCRATCH + 1984;

/**
 * Host address of an access that missed the TLB. `site` says where and what (see `site` of operands.ts). 0 when the
 * interpreter has to do it: a fault, a device, code that would be overwritten, a write across pages.
 */
export function regionFill(vp: usize, linear: u64, site: i32): usize {
  const bytes = <u32>1 << (<u32>(site >> 1) & 7);
  const write = (site & 1) != 0;
  const room: u32 = 4096 - (<u32>linear & 0xfff);
  add(COUNT_FILLS, 1);
  let host: usize = 0;
  if (bytes <= room) host = find(vp, linear, bytes, write);
  else if (!write) host = crossing(vp, linear, bytes, room);
  if (host == 0) store<i32>(vp + JIT_SITE, site);
  return host;
}

/**
 * Host address of a range that accesses use one after the other, or 0. `range`: bytes × 2 + 1 when one of them writes. Marks
 * nothing that the accesses would not: a page that was not written yet is left to the interpreter.
 */
export function regionProbe(vp: usize, linear: u64, site: i32, range: u32): usize {
  const bytes = range >> 1;
  const write = (range & 1) != 0;
  let host: usize = 0;
  if (bytes <= 4096 - (<u32>linear & 0xfff) && (!write || isWritten(vp, linear))) host = find(vp, linear, bytes, write);
  if (host == 0) {
    store<i32>(vp + JIT_SITE, site);
    noteMiss(vp, site);
  }
  return host;
}

/** Whether a page is writable and dirty, and has no code. */
function isWritten(vp: usize, linear: u64): bool {
  if (<u64>((<i64>linear << 16) >> 16) != linear) return false;
  const user = (load<u32>(vp + MODE_WORD) & MODE_CPL) == 3;
  if (walk(vp, linear, 1, user, false) || !walkWritable) return false;
  const entry = gpaEntry(walkGpa);
  return (entry & GPA_WRITE) != 0 && load<u64>(GRANULES + (<usize>(entry >> 12) << 3)) == 0;
}

/** A value across pages that can be read without further ado: its bytes side by side. */
function crossing(vp: usize, linear: u64, bytes: u32, room: u32): usize {
  const is64 = (load<u32>(vp + MODE_WORD) & MODE_64) != 0;
  const low = find(vp, linear, room, false);
  if (low == 0) return 0;
  const next = linear + room;
  const high = find(vp, is64 ? next : next & 0xffffffff, bytes - room, false);
  if (high == 0) return 0;
  memory.copy(vp + CROSSING, low, room);
  memory.copy(vp + CROSSING + room, high, bytes - room);
  return vp + CROSSING;
}

function find(vp: usize, linear: u64, bytes: u32, write: bool): usize {
  if (load<u32>(vp + TLB_CURRENT) == <u32>(vp + TLB_EMPTY)) return 0;
  const mode = load<u32>(vp + MODE_WORD);
  if (mode & MODE_64 && <u64>((<i64>linear << 16) >> 16) != linear) return 0;
  const user = (mode & MODE_CPL) == 3;
  if (walk(vp, linear, write ? 1 : 0, user, true)) return 0;
  const entry = gpaEntry(walkGpa);
  if (!(entry & (write ? GPA_WRITE : GPA_READ))) return 0;
  const host = <usize>(entry & 0xfffff000) + (<usize>walkGpa & 0xfff);
  if (write) noteWrite(host);
  if (!user && walkUser && load<u32>(vp + CR4) & CR4_SMAP) return host;
  let covered = load<u64>(GRANULES + ((host >> 12) << 3));
  if (write && covered != 0 && isForgotten(host)) {
    invalidatePage(host);
    covered = 0;
  }
  const plain = (entry & GPA_WRITE) != 0 && walkWritable && covered == 0;
  fillTlb(vp, vp + (user ? TLB_USER : TLB_SUPERVISOR), linear, host, (entry & GPA_READ) != 0, plain);
  if (!write || covered == 0) return host;
  const first = <u32>(host >> 6) & 63;
  const last = <u32>((host & 0xfff) + bytes - 1) >> 6;
  return covered & (<u64>-1 << first) & (<u64>-1 >> (63 - last)) ? 0 : host;
}

/** Executes one micro-op by its handler; not 0 when the region must be left behind it. */
export function regionFallback(vp: usize, op: usize): u32 {
  const mode = load<u32>(vp + MODE_WORD);
  let rip = load<u64>(vp + RIP_BASE) + load<u16>(op + OP_OFFSET);
  let next = rip + load<u8>(op + OP_LENGTH);
  if (!(mode & MODE_64)) {
    rip &= 0xffffffff;
    next &= 0xffffffff;
  }
  store<u32>(vp + CURRENT_OP, <u32>op);
  store<u64>(vp + INSTRUCTION_RIP, rip);
  store<u64>(vp + RIP, next);
  const handler = <u32>load<u16>(op + OP_HANDLER);
  const calls = HANDLER_CALLS + ((<usize>load<u16>(op + OP_CODE16) & (HANDLER_CALL_KINDS - 1)) << 2);
  store<u32>(calls, load<u32>(calls) + 1);
  if (handler == HANDLER_INTEGER) executeInteger(vp, op);
  else executeSse(vp, op, handler);
  store<u32>(vp + CURRENT_OP, 0);
  return load<u64>(vp + RIP) != next || isOutdated() || isHurried() ? 1 : 0;
}

function setLazy(vp: usize, kind: u32, result: u64, source: u64): void {
  store<u32>(vp + CC_OP, kind);
  store<u64>(vp + CC_RES, result);
  store<u64>(vp + CC_SRC, source);
}

/** A condition of lazy flags that are in locals. */
export function regionCondition(vp: usize, kind: u32, result: u64, source: u64, code: u32): u32 {
  setLazy(vp, kind, result, source);
  return condition(vp, code);
}

/** Puts lazy flags into RFLAGS, those of `mask` replaced by `bits`. */
export function regionFlags(vp: usize, kind: u32, result: u64, source: u64, mask: u32, bits: u32): void {
  setLazy(vp, kind, result, source);
  store<u32>(vp + RFLAGS, (getFlags(vp) & ~mask) | bits);
}

/** Puts lazy flags into RFLAGS, and those that a rotate or BT changed after them. */
export function regionSettle(vp: usize, kind: u32, result: u64, source: u64, pending: i32, value: u64): void {
  if (pending == PENDING_CARRY) {
    regionFlags(vp, kind, result, source, FLAG_CF, <u32>value & 1);
    return;
  }
  const top: u64 = pending == PENDING_ROL_32 || pending == PENDING_ROR_32 ? 31 : 63;
  const high = <u32>(value >> top) & 1;
  const left = pending <= PENDING_ROL_64;
  const carry = left ? <u32>value & 1 : high;
  const overflow = high ^ (left ? carry : <u32>(value >> (top - 1)) & 1);
  regionFlags(vp, kind, result, source, FLAG_CF | FLAG_OF, carry | (overflow << 11));
}

/** PCMPISTRI of an XMM register, by its address, and 16 bytes in memory: the value of RCX. Its flags are in RFLAGS. */
export function regionCompareStrings(vp: usize, a: usize, b: usize, imm: u32): u32 {
  return compareImplicit(vp, a, b, imm);
}

export function regionHighUnsigned(a: u64, b: u64): u64 {
  return highUnsigned(a, b);
}

export function regionHighSigned(a: u64, b: u64): u64 {
  return highSigned(a, b);
}
