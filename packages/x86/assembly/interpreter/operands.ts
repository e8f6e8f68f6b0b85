/** Operands of integer instructions, by size at run time; and the stack. */

import { probeWrite, readSized, writeSized } from '../memory/access';
import { linearAddress, segmentLinear } from '../memory/segment';
import { OP_DST, OP_IS_MEMORY, OP_SRC } from '../micro-op';
import { MODE_64, MODE_STACK_32 } from '../mode-bits';
import { MODE_WORD, RSP, SS } from '../state';

/** All ones in the low `bytes` bytes. */
// @ts-ignore: decorator
@inline
export function maskOf(bytes: u32): u64 {
  return <u64>-1 >> (64 - bytes * 8);
}

export function loadSlot(vp: usize, slot: usize, bytes: u32): u64 {
  switch (bytes) {
    case 1: return load<u8>(vp + slot);
    case 2: return load<u16>(vp + slot);
    case 4: return load<u32>(vp + slot);
    default: return load<u64>(vp + slot);
  }
}

export function storeSlot(vp: usize, slot: usize, bytes: u32, value: u64): void {
  switch (bytes) {
    case 1: store<u8>(vp + slot, <u8>value); break;
    case 2: store<u16>(vp + slot, <u16>value); break;
    case 4: store<u64>(vp + slot, value & 0xffffffff); break;
    default: store<u64>(vp + slot, value); break;
  }
}

/** The register of ModRM.reg. */
// @ts-ignore: decorator
@inline
export function readReg(vp: usize, op: usize, bytes: u32): u64 {
  return loadSlot(vp, load<u8>(op + OP_DST), bytes);
}

// @ts-ignore: decorator
@inline
export function writeReg(vp: usize, op: usize, bytes: u32, value: u64): void {
  storeSlot(vp, load<u8>(op + OP_DST), bytes, value);
}

/** The operand of ModRM.rm. */
export function readRm(vp: usize, op: usize, bytes: u32): u64 {
  return load<u8>(op + OP_IS_MEMORY)
    ? readSized(vp, linearAddress(vp, op, bytes, false), bytes)
    : loadSlot(vp, load<u8>(op + OP_SRC), bytes);
}

export function writeRm(vp: usize, op: usize, bytes: u32, value: u64): void {
  if (load<u8>(op + OP_IS_MEMORY)) writeSized(vp, linearAddress(vp, op, bytes, true), bytes, value);
  else storeSlot(vp, load<u8>(op + OP_SRC), bytes, value);
}

/** Where {@link readForUpdate} read: the linear address, for {@link update}. */
let updated: u64 = 0;

/** Reads the operand of ModRM.rm that is written next; raises what the write would. */
export function readForUpdate(vp: usize, op: usize, bytes: u32): u64 {
  if (!load<u8>(op + OP_IS_MEMORY)) return loadSlot(vp, load<u8>(op + OP_SRC), bytes);
  updated = linearAddress(vp, op, bytes, true);
  return readUpdate(vp, updated, bytes);
}

/** Reads at an address that is written next. */
export function readUpdate(vp: usize, linear: u64, bytes: u32): u64 {
  updated = linear;
  probeWrite(vp, linear, bytes);
  return readSized(vp, linear, bytes);
}

export function update(vp: usize, op: usize, bytes: u32, value: u64): void {
  if (load<u8>(op + OP_IS_MEMORY)) writeSized(vp, updated, bytes, value);
  else storeSlot(vp, load<u8>(op + OP_SRC), bytes, value);
}

/** Mask of the stack pointer. */
export function stackMask(vp: usize): u64 {
  const mode = load<u32>(vp + MODE_WORD);
  return mode & MODE_64 ? <u64>-1 : mode & MODE_STACK_32 ? 0xffffffff : 0xffff;
}

export function setStackPointer(vp: usize, value: u64): void {
  const mask = stackMask(vp);
  if (mask == 0xffff) store<u16>(vp + RSP, <u16>value);
  else store<u64>(vp + RSP, value & mask);
}

export function push(vp: usize, bytes: u32, value: u64): void {
  const pointer = (load<u64>(vp + RSP) - bytes) & stackMask(vp);
  writeSized(vp, segmentLinear(vp, SS, pointer, bytes, true), bytes, value);
  setStackPointer(vp, pointer);
}

/** Reads the top of the stack plus `offset`; moves nothing. */
export function peek(vp: usize, bytes: u32, offset: u64): u64 {
  const pointer = (load<u64>(vp + RSP) + offset) & stackMask(vp);
  return readSized(vp, segmentLinear(vp, SS, pointer, bytes, false), bytes);
}

export function pop(vp: usize, bytes: u32): u64 {
  const value = peek(vp, bytes, 0);
  setStackPointer(vp, load<u64>(vp + RSP) + bytes);
  return value;
}
