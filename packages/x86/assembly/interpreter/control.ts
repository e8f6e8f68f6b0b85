/** Near branches, ENTER, LEAVE, PUSHA, POPA, BOUND. RIP holds the next instruction's address on entry. */

import { raiseBR, raiseGP, raiseUD } from '../exception';
import { condition } from '../flags';
import { probeWrite, readSized, writeSized } from '../memory/access';
import { linearAddress, segmentLinear } from '../memory/segment';
import { opAddressBits, opImmediate, opSize } from '../micro-op';
import { MODE_64 } from '../mode-bits';
import { segmentAddress } from '../mode';
import { CS, MODE_WORD, RBP, RCX, RIP, RSP, SCRATCH, SEG_LIMIT, SS } from '../state';
import { zero } from '../flags';
import { signExtend } from './arithmetic';
import { loadSlot, maskOf, peek, push, readReg, readRm, setStackPointer, stackMask, storeSlot } from './operands';

/** Checks a near branch's target, before anything changes. */
export function checkTarget(vp: usize, target: u64): void {
  if (load<u32>(vp + MODE_WORD) & MODE_64) {
    if (<u64>((<i64>target << 16) >> 16) != target) raiseGP(vp, 0);
  } else if (target > load<u32>(segmentAddress(vp, CS) + SEG_LIMIT)) raiseGP(vp, 0);
}

export function jumpTo(vp: usize, target: u64): void {
  checkTarget(vp, target);
  store<u64>(vp + RIP, target);
}

export function jumpRelative(vp: usize, op: usize): void {
  jumpTo(vp, (load<u64>(vp + RIP) + <u64>opImmediate(op)) & branchMask(vp, opSize(op)));
}

function branchMask(vp: usize, size: u32): u64 {
  return load<u32>(vp + MODE_WORD) & MODE_64 ? <u64>-1 : size == 2 ? 0xffff : 0xffffffff;
}

export function jumpIf(vp: usize, op: usize, code: u32): void {
  if (condition(vp, code)) jumpRelative(vp, op);
}

/** E0–E3: LOOPNE, LOOPE, LOOP, JCXZ. */
export function loopOrJcxz(vp: usize, op: usize, opcode: u32): void {
  const bytes = opAddressBits(op) >> 3;
  const count = loadSlot(vp, RCX, bytes);
  if (opcode == 0xe3) {
    if (count == 0) jumpRelative(vp, op);
    return;
  }
  const left = (count - 1) & maskOf(bytes);
  if (left != 0 && (opcode == 0xe2 || (zero(vp) != 0) == (opcode == 0xe1))) jumpRelative(vp, op);
  storeSlot(vp, RCX, bytes, left);
}

export function callTo(vp: usize, op: usize, target: u64): void {
  checkTarget(vp, target);
  push(vp, opSize(op), load<u64>(vp + RIP));
  store<u64>(vp + RIP, target);
}

export function callRelative(vp: usize, op: usize): void {
  callTo(vp, op, (load<u64>(vp + RIP) + <u64>opImmediate(op)) & branchMask(vp, opSize(op)));
}

export function nearReturn(vp: usize, op: usize, release: u64): void {
  const target = peek(vp, opSize(op), 0);
  checkTarget(vp, target);
  setStackPointer(vp, load<u64>(vp + RSP) + opSize(op) + release);
  store<u64>(vp + RIP, target);
}

/** ENTER: the registers change when nothing can fail any more. The end of the new room is checked as if it were written. */
export function enter(vp: usize, op: usize): void {
  const size = opSize(op);
  const room = <u64>opImmediate(op) & 0xffff;
  const level = <u64>(opImmediate(op) >> 16) & 31;
  const mask = stackMask(vp);
  const frame = (load<u64>(vp + RSP) - size) & mask;
  // A 16-bit stack pointer is the lower half of what becomes EBP.
  const pointer = (load<u64>(vp + RSP) & ~mask & 0xffffffff) | frame;
  const final = (frame - level * size - room) & mask;
  writeSized(vp, segmentLinear(vp, SS, frame, size, true), size, loadSlot(vp, RBP, size));
  const base = load<u64>(vp + RBP);
  for (let i: u64 = 1; i < level; i++) {
    const value = readSized(vp, segmentLinear(vp, SS, (base - i * size) & mask, size, false), size);
    writeSized(vp, segmentLinear(vp, SS, (frame - i * size) & mask, size, true), size, value);
  }
  if (level) writeSized(vp, segmentLinear(vp, SS, (frame - level * size) & mask, size, true), size, pointer);
  probeWrite(vp, segmentLinear(vp, SS, final, size, true), size);
  storeSlot(vp, RBP, size, pointer);
  setStackPointer(vp, final);
}

export function leave(vp: usize, op: usize): void {
  const size = opSize(op);
  const base = load<u64>(vp + RBP) & stackMask(vp);
  const value = readSized(vp, segmentLinear(vp, SS, base, size, false), size);
  setStackPointer(vp, base + size);
  storeSlot(vp, RBP, size, value);
}

/** PUSHA: a fault leaves the stack pointer as it was. */
export function pushAll(vp: usize, size: u32): void {
  const before = load<u64>(vp + RSP);
  const mask = stackMask(vp);
  for (let i: u32 = 0; i < 8; i++) {
    const pointer = (before - (i + 1) * size) & mask;
    writeSized(vp, segmentLinear(vp, SS, pointer, size, true), size, i == 4 ? before : load<u64>(vp + (<usize>i << 3)));
  }
  setStackPointer(vp, before - 8 * size);
}

/** POPA: all is read before a register changes. */
export function popAll(vp: usize, size: u32): void {
  for (let i: u32 = 0; i < 8; i++) store<u64>(vp + SCRATCH + ((7 - <usize>i) << 3), peek(vp, size, i * size));
  for (let i: usize = 0; i < 8; i++) {
    if (i != 4) storeSlot(vp, i << 3, size, load<u64>(vp + SCRATCH + (i << 3)));
  }
  setStackPointer(vp, load<u64>(vp + RSP) + 8 * size);
}

export function bound(vp: usize, op: usize): void {
  const size = opSize(op);
  const at = linearAddress(vp, op, size * 2, false);
  const index = signExtend(readReg(vp, op, size), size);
  const low = signExtend(readSized(vp, at, size), size);
  const high = signExtend(readSized(vp, at + size, size), size);
  if (index < low || index > high) raiseBR(vp);
}

/** FF: INC, DEC are elsewhere; CALL, JMP, PUSH of an operand. */
export function indirect(vp: usize, op: usize, digit: u32): void {
  const value = readRm(vp, op, opSize(op));
  if (digit == 2) callTo(vp, op, value);
  else if (digit == 4) jumpTo(vp, value);
  else if (digit == 6) push(vp, opSize(op), value);
  else raiseUD(vp);
}
