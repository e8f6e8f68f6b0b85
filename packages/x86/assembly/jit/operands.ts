/** Operands in a region: registers in locals, memory through the TLB. Values on the stack are i64, zero-extended. */

import { OP_BASE, OP_BYTES, OP_COUNT, OP_DISPLACEMENT, OP_INDEX, OP_SCALE, opAddressBits, opSegment } from '../micro-op';
import { FS, RIP_BASE, SEG_BASE, SEGMENT_BYTES, SEGMENTS, ZERO } from '../state';
import { TAG_READ, TAG_WRITE, TLB_ADDEND } from '../memory/tlb';
import {
  access, byte, call, const32, const64, EXTEND_U, get, I32_ADD, I32_AND, I32_EQZ, I32_LOAD, I32_STORE, I64_ADD, I64_AND, I64_EQ, I64_LOAD,
  I64_LOAD16_U, I64_LOAD32_U, I64_LOAD8_U, I64_OR, I64_SHL, I64_SHR_U, I64_STORE, I64_STORE16, I64_STORE32, I64_STORE8, set, tee,
  TYPE_I32, WRAP,
} from './emit';
import { bytesOfGroup, groupOf, isFirst, offsetInGroup, startOfGroup, writesGroup } from './groups';
import { IMPORT_FILL, IMPORT_PROBE } from './imports';
import { ADDRESS, BASE, ENTRY, GROUP_HOSTS, HOST, REGISTERS, T2, TLB, VP } from './locals';
import { DECODED } from './memory-map';
import { branchCold, branchIfCold, close, openTyped, otherwise } from './structure';
import { JIT_SITE } from '../state';
import { is64, pageDelta } from './translate';

/** log2 of 1, 2, 4, 8, 16 bytes. */
// @ts-ignore: decorator
@inline
export function log2(bytes: u32): u32 {
  return ctz<u32>(bytes);
}

export function pushSlot(slot: u32, bytes: u32): void {
  get(REGISTERS + (slot >> 3));
  if (bytes == 4) {
    byte(WRAP);
    byte(EXTEND_U);
  } else if (bytes < 4) {
    if (slot & 7) {
      const64(8);
      byte(I64_SHR_U);
    }
    const64(bytes == 1 ? 0xff : 0xffff);
    byte(I64_AND);
  }
}

/** Writes a zero-extended value; 4 bytes clear the upper half. */
export function popSlot(slot: u32, bytes: u32): void {
  const local = REGISTERS + (slot >> 3);
  if (bytes >= 4) {
    set(local);
    return;
  }
  const shift = (slot & 7) << 3;
  set(T2);
  get(local);
  const64(~((bytes == 1 ? <i64>0xff : <i64>0xffff) << shift));
  byte(I64_AND);
  get(T2);
  if (shift) {
    const64(shift);
    byte(I64_SHL);
  }
  byte(I64_OR);
  set(local);
}

/** Cuts a value to its size. */
export function cut(bytes: u32): void {
  if (bytes == 8) return;
  if (bytes == 4) {
    byte(WRAP);
    byte(EXTEND_U);
    return;
  }
  const64(bytes == 1 ? 0xff : 0xffff);
  byte(I64_AND);
}

/** Whether a memory operand can be addressed here: 32 and 64 bits, and outside 64-bit mode only flat segments. */
export function canAddress(op: usize): bool {
  const bits = opAddressBits(op);
  if (is64()) return bits >= 32;
  return bits == 32 && opSegment(op) < FS && opSegment(op) != 1;
}

/** Offset of the memory operand within its segment. */
export function pushOffset(op: usize): void {
  const base = <u32>load<u8>(op + OP_BASE);
  const index = <u32>load<u8>(op + OP_INDEX);
  let displacement = <i64>load<i32>(op + OP_DISPLACEMENT);
  let any = false;
  if (base == <u32>RIP_BASE) {
    get(BASE);
    displacement += pageDelta;
    any = true;
  } else if (base != <u32>ZERO) {
    get(REGISTERS + (base >> 3));
    any = true;
  }
  if (index != <u32>ZERO) {
    get(REGISTERS + (index >> 3));
    if (load<u8>(op + OP_SCALE)) {
      const64(load<u8>(op + OP_SCALE));
      byte(I64_SHL);
    }
    if (any) byte(I64_ADD);
    any = true;
  }
  if (!any) const64(opAddressBits(op) == 32 ? displacement & 0xffffffff : displacement);
  else {
    if (displacement != 0) {
      const64(displacement);
      byte(I64_ADD);
    }
    if (opAddressBits(op) == 32) cut(4);
  }
}

/** Linear address of the memory operand. */
export function pushAddress(op: usize): void {
  pushOffset(op);
  const segment = opSegment(op);
  if (segment >= FS) {
    get(VP);
    access(I64_LOAD, SEGMENTS + <usize>segment * SEGMENT_BYTES + SEG_BASE);
    byte(I64_ADD);
  }
}

/**
 * Place of an instruction for the cold path: 31:11 its number in the region, 10:4 instructions before it in its node, 3:1
 * log2 of the access's bytes, 0 whether it writes.
 */
export function site(op: usize, size: u32, write: bool): i32 {
  return (<i32>((op - DECODED) / OP_BYTES) << 11) | ((<i32>load<u8>(op + OP_COUNT) - 1) << 4) | (size << 1) | (write ? 1 : 0);
}

/** The TLB's part of a look-up, up to the parameters of the call where it has nothing. */
function lookUp(bytes: u32, write: bool): void {
  tee(ADDRESS);
  const64(7);
  byte(I64_SHR_U);
  byte(WRAP);
  const32(1023 << 5);
  byte(I32_AND);
  get(TLB);
  byte(I32_ADD);
  tee(ENTRY);
  access(I64_LOAD, write ? TAG_WRITE : TAG_READ);
  get(ADDRESS);
  if (bytes > 1) {
    const64(bytes - 1);
    byte(I64_ADD);
  }
  const64(-4096);
  byte(I64_AND);
  byte(I64_EQ);
  openTyped(TYPE_I32);
  get(ADDRESS);
  byte(WRAP);
  get(ENTRY);
  access(I32_LOAD, TLB_ADDEND);
  byte(I32_ADD);
  otherwise();
  get(VP);
  get(ADDRESS);
}

/** Behind the call: leaves the region when it gave nothing. */
function endLookUp(): void {
  tee(HOST);
  byte(I32_EQZ);
  branchIfCold();
  get(HOST);
  close();
}

/** From the linear address on the stack to a host address on the stack; leaves the region where that needs more care. */
export function translateAddress(op: usize, bytes: u32, write: bool): void {
  lookUp(bytes, write);
  const32(site(op, log2(bytes), write));
  call(IMPORT_FILL);
  endLookUp();
}

/** Host address of an access that belongs to a group: its first one looks the whole range up. */
export function pushGrouped(op: usize, register: u32): void {
  const group = groupOf(op);
  const local = GROUP_HOSTS + group - 1;
  if (isFirst(op)) {
    get(REGISTERS + register);
    const start = startOfGroup(op);
    if (start != 0) {
      const64(start);
      byte(I64_ADD);
    }
    const bytes = bytesOfGroup(op);
    const write = writesGroup(op);
    lookUp(bytes, write);
    const32(site(op, 0, write));
    const32((bytes << 1) | (write ? 1 : 0));
    call(IMPORT_PROBE);
    endLookUp();
    tee(local);
  } else get(local);
  const offset = offsetInGroup(op);
  if (offset != 0) {
    const32(offset);
    byte(I32_ADD);
  }
}

/** Host address of the memory operand. */
export function pushHost(op: usize, bytes: u32, write: bool): void {
  if (groupOf(op) != 0) {
    pushGrouped(op, load<u8>(op + OP_BASE) >> 3);
    return;
  }
  pushAddress(op);
  translateAddress(op, bytes, write);
}

export function loadBytes(bytes: u32): void {
  access(bytes == 8 ? I64_LOAD : bytes == 4 ? I64_LOAD32_U : bytes == 2 ? I64_LOAD16_U : I64_LOAD8_U, 0);
}

export function storeBytes(bytes: u32): void {
  access(bytes == 8 ? I64_STORE : bytes == 4 ? I64_STORE32 : bytes == 2 ? I64_STORE16 : I64_STORE8, 0);
}

/** Leaves the region in front of the instruction. */
export function giveUp(op: usize): void {
  get(VP);
  const32(site(op, 0, false));
  access(I32_STORE, JIT_SITE);
  branchCold();
}
