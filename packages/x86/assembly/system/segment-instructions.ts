/** Instructions that load segment registers from operands: MOV, POP, LES … LGS; and RDFSBASE and its kin. */

import { raiseGP, raiseUD } from '../exception';
import { opDigit, opIsMemory, opRm, opSize } from '../micro-op';
import { segmentAddress } from '../mode';
import { CR4, CR4_FSGSBASE, CS, FS, GS, SEG_BASE, SHADOW, SHADOW_MOV_SS, SS } from '../state';
import { linearAddress } from '../memory/segment';
import { readMemory } from './core-access';
import { in64BitMode, isCanonical, isUser } from './descriptor';
import { readOperand16, readRegister, writeModrmRegister, writeRegister } from './operand';
import { loadSegment } from './segment-load';
import { commitStack, popSelector, useCurrentStack } from './stack';

/** Loading SS keeps interrupts and debug traps off until the next instruction, which loads the pointer, is done. */
function shadow(vp: usize, segment: u32): void {
  if (segment == SS) store<u32>(vp + SHADOW, SHADOW_MOV_SS);
}

/** 8E: MOV Sreg, r/m16. */
export function moveToSegment(vp: usize, op: usize): void {
  const segment = opDigit(op);
  if (segment == CS || segment > GS) raiseUD(vp);
  loadSegment(vp, segment, readOperand16(vp, op));
  shadow(vp, segment);
}

/** POP Sreg. */
export function popSegment(vp: usize, segment: u32, bytes: u32): void {
  // The pointer is of the old stack: worked out before SS changes, stored after nothing can fault any more.
  useCurrentStack(vp);
  const selector = popSelector(vp, bytes);
  loadSegment(vp, segment, selector);
  commitStack(vp);
  shadow(vp, segment);
}

/** LES, LDS, LSS, LFS, LGS: offset to a register, selector to a segment register. */
export function loadFarPointer(vp: usize, op: usize, segment: u32): void {
  if (!opIsMemory(op)) raiseUD(vp);
  const bytes = opSize(op);
  const from = linearAddress(vp, op, bytes + 2, false);
  const offset = readMemory(vp, from, bytes, isUser(vp));
  const selector = <u32>readMemory(vp, from + bytes, 2, isUser(vp));
  loadSegment(vp, segment, selector);
  writeModrmRegister(vp, op, bytes, offset);
}

/** F3 0F AE /0–/3 with a register: RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE. */
export function executeBaseAccess(vp: usize, op: usize): void {
  if (!in64BitMode(vp) || !(load<u32>(vp + CR4) & CR4_FSGSBASE)) raiseUD(vp);
  const digit = opDigit(op);
  const bytes: u32 = opSize(op) == 8 ? 8 : 4;
  const at = segmentAddress(vp, digit & 1 ? GS : FS) + SEG_BASE;
  if (digit < 2) {
    writeRegister(vp, opRm(op), bytes, load<u64>(at));
    return;
  }
  const value = readRegister(vp, opRm(op)) & (bytes == 8 ? <u64>-1 : 0xffffffff);
  if (!isCanonical(value)) raiseGP(vp, 0);
  store<u64>(at, value);
}
