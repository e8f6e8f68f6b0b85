/**
 * Building and taking down stack frames of interrupts and far transfers.
 *
 * A frame is described by the globals below, which live for one instruction only: nothing of the processor's state
 * changes until `commitStack`, so a fault in the middle leaves the instruction restartable.
 */

import { raiseSS } from '../exception';
import { cpl, segmentAddress } from '../mode';
import { MODE_64, MODE_STACK_32 } from '../mode-bits';
import { MODE_WORD, RSP, SEG_ATTRIBUTES, SEG_BASE, SEG_LIMIT, SS } from '../state';
import { readMemory, writeMemory } from './core-access';
import { isCanonical } from './descriptor';

let pointer: u64 = 0;
let pointerMask: u64 = 0;
let base: u64 = 0;
let limit: u32 = 0;
let attributes: u32 = 0;
let user: u32 = 0;
let wide: bool = false;
let errorCode: u32 = 0;

/** Frames on the current stack. */
export function useCurrentStack(vp: usize): void {
  const mode = load<u32>(vp + MODE_WORD);
  const segment = segmentAddress(vp, SS);
  wide = (mode & MODE_64) != 0;
  base = wide ? 0 : load<u64>(segment + SEG_BASE);
  limit = load<u32>(segment + SEG_LIMIT);
  attributes = load<u16>(segment + SEG_ATTRIBUTES);
  pointerMask = wide ? -1 : mode & MODE_STACK_32 ? 0xffffffff : 0xffff;
  pointer = load<u64>(vp + RSP) & pointerMask;
  user = cpl(vp) == 3 ? 1 : 0;
  errorCode = 0;
}

/** Frames on another stack, given by its segment's parts; #SS carries `code`. */
export function useStack(newBase: u64, newLimit: u32, newAttributes: u32, sp: u64, level: u32, code: u32): void {
  wide = false;
  base = newBase;
  limit = newLimit;
  attributes = newAttributes;
  pointerMask = newAttributes & 0x4000 ? 0xffffffff : 0xffff;
  pointer = sp & pointerMask;
  user = level == 3 ? 1 : 0;
  errorCode = code;
}

/** Frames on a 64-bit stack that code of privilege `level` uses. */
export function useStack64(sp: u64, level: u32): void {
  wide = true;
  base = 0;
  pointerMask = -1;
  pointer = sp;
  user = level == 3 ? 1 : 0;
  errorCode = 0;
}

/** Address of `bytes` bytes of the stack at offset `sp`, after the segment's checks. */
function stackAddress(vp: usize, sp: u64, bytes: u32): u64 {
  if (wide) {
    if (!isCanonical(sp) || !isCanonical(sp + bytes - 1)) raiseSS(vp, errorCode);
    return sp;
  }
  const last = sp + bytes - 1;
  const top: u64 = attributes & 0x4000 ? 0xffffffff : 0xffff;
  // Expand-down segments (type bit 2 of data) lie above their limit.
  const outside = (attributes & 0x0c) == 0x04 ? sp <= limit || last > top : last > limit;
  if (outside) raiseSS(vp, errorCode);
  return (base + sp) & 0xffffffff;
}

export function push(vp: usize, bytes: u32, value: u64): void {
  const sp = (pointer - bytes) & pointerMask;
  writeMemory(vp, stackAddress(vp, sp, bytes), bytes, user, value);
  pointer = sp;
}

export function pop(vp: usize, bytes: u32): u64 {
  const value = readMemory(vp, stackAddress(vp, pointer, bytes), bytes, user);
  pointer = (pointer + bytes) & pointerMask;
  return value;
}

/** Pops a selector: the upper bytes of its slot are ignored. */
export function popSelector(vp: usize, bytes: u32): u32 {
  return <u32>pop(vp, bytes) & 0xffff;
}

/** Reads `bytes` bytes `offset` above the stack pointer. */
export function peek(vp: usize, offset: u32, bytes: u32): u64 {
  return readMemory(vp, stackAddress(vp, (pointer + offset) & pointerMask, bytes), bytes, user);
}

export function skip(bytes: u32): void {
  pointer = (pointer + bytes) & pointerMask;
}

export function stackPointer(): u64 {
  return pointer;
}

/** Makes the frame's stack pointer the processor's. A 16-bit stack keeps the upper bits of ESP. */
export function commitStack(vp: usize): void {
  if (pointerMask == 0xffff) store<u16>(vp + RSP, <u16>pointer);
  else store<u64>(vp + RSP, pointer);
}
