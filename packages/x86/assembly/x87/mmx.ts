/** MMX instructions: the 0F maps without prefix on mm registers, which are the significands of R0–R7. Intel SDM volume 1, "Programming with Intel MMX Technology". */

import { raiseNM, raiseUD } from '../exception';
import { readRm, writeRm } from '../interpreter/operands';
import { probeWrite, readSized, writeSized } from '../memory/access';
import { linearAddress, segmentLinear } from '../memory/segment';
import {
  OP_REX, opAddressBits, opDigit, opImmediate, opIsMemory, opPrefixes, opReg, opRm, opSegment, PREFIX_66, PREFIX_F2,
  PREFIX_F3,
} from '../micro-op';
import { ADDRESS_MASK, CR0, CR0_EM, CR0_TS, FSW, FTW, RDI, X87 } from '../state';
import { alignRight, insertWord, operate, operationOf, shiftImmediate, shuffleWords, signs, word } from './packed';
import { requireNoPending } from './registers';

/** Checks that every instruction with an mm operand makes before it touches anything. */
export function requireMmx(vp: usize): void {
  const cr0 = load<u32>(vp + CR0);
  if (cr0 & CR0_EM) raiseUD(vp);
  if (cr0 & CR0_TS) raiseNM(vp);
  requireNoPending(vp);
}

/** What every MMX instruction but EMMS leaves: top of stack 0, all registers valid. */
export function enterMmx(vp: usize): void {
  store<u16>(vp + FSW, <u16>(<u32>load<u16>(vp + FSW) & ~0x3800));
  store<u8>(vp + FTW, 0xff);
}

// @ts-ignore: decorator
@inline
function readMm(vp: usize, register: u32): u64 {
  return load<u64>(vp + X87 + <usize>((register & 7) << 4));
}

/** Writes a register; as an x87 number it becomes a NaN. */
function writeMm(vp: usize, register: u32, value: u64): void {
  const at = vp + X87 + <usize>((register & 7) << 4);
  store<u64>(at, value);
  store<u16>(at + 8, 0xffff);
}

/** The operand of ModRM.rm: an mm register or `bytes` of memory. */
function source(vp: usize, op: usize, bytes: u32): u64 {
  return opIsMemory(op) ? readSized(vp, linearAddress(vp, op, bytes, false), bytes) : readMm(vp, opRm(op));
}

function finish(vp: usize, register: u32, value: u64): void {
  enterMmx(vp);
  writeMm(vp, register, value);
}

/** Executes an instruction of the two- or three-byte maps; false when it is no MMX instruction. */
export function executeMmx(vp: usize, op: usize, code: u32): bool {
  if (opPrefixes(op) & (PREFIX_66 | PREFIX_F2 | PREFIX_F3)) return false;
  const operation = operationOf(code);
  if (operation != 0) {
    requireMmx(vp);
    // The low unpacks read half a register.
    const b = source(vp, op, code >= 0x160 && code < 0x163 ? 4 : 8);
    finish(vp, opReg(op), operate(operation, readMm(vp, opReg(op)), b));
    return true;
  }
  if (code < 0x180) return executeLow(vp, op, code);
  return executeHigh(vp, op, code);
}

// @ts-ignore: decorator
@inline
function wide(op: usize): u32 {
  return load<u8>(op + OP_REX) & 8 ? 8 : 4;
}

/** 0F 6E–7F. */
function executeLow(vp: usize, op: usize, code: u32): bool {
  switch (code) {
    case 0x16e: // MOVD, MOVQ
      requireMmx(vp);
      finish(vp, opReg(op), readRm(vp, op, wide(op)));
      return true;
    case 0x16f: // MOVQ
      requireMmx(vp);
      finish(vp, opReg(op), source(vp, op, 8));
      return true;
    case 0x170: // PSHUFW
      requireMmx(vp);
      finish(vp, opReg(op), shuffleWords(source(vp, op, 8), <u32>opImmediate(op)));
      return true;
    case 0x171: case 0x172: case 0x173: {
      const digit = opDigit(op);
      if (opIsMemory(op) || (digit != 2 && digit != 6 && (digit != 4 || code == 0x173))) return false;
      requireMmx(vp);
      finish(vp, opRm(op), shiftImmediate(code, digit, readMm(vp, opRm(op)), <u32>opImmediate(op) & 0xff));
      return true;
    }
    case 0x177: // EMMS
      requireMmx(vp);
      enterMmx(vp);
      store<u8>(vp + FTW, 0);
      return true;
    case 0x17e: // MOVD, MOVQ
      requireMmx(vp);
      writeRm(vp, op, wide(op), readMm(vp, opReg(op)));
      enterMmx(vp);
      return true;
    case 0x17f: // MOVQ
      requireMmx(vp);
      if (opIsMemory(op)) {
        writeSized(vp, linearAddress(vp, op, 8, true), 8, readMm(vp, opReg(op)));
        enterMmx(vp);
      } else finish(vp, opRm(op), readMm(vp, opReg(op)));
      return true;
  }
  return false;
}

/** 0F C4–F7 and 0F 3A 0F. */
function executeHigh(vp: usize, op: usize, code: u32): bool {
  const imm = <u32>opImmediate(op) & 0xff;
  switch (code) {
    case 0x1c4: { // PINSRW
      requireMmx(vp);
      const value = readRm(vp, op, 2);
      finish(vp, opReg(op), insertWord(readMm(vp, opReg(op)), <u32>value, imm));
      return true;
    }
    case 0x1c5: // PEXTRW
      if (opIsMemory(op)) return false;
      requireMmx(vp);
      enterMmx(vp);
      store<u64>(vp + <usize>(opReg(op) << 3), word(readMm(vp, opRm(op)), imm));
      return true;
    case 0x1d7: // PMOVMSKB
      if (opIsMemory(op)) return false;
      requireMmx(vp);
      enterMmx(vp);
      store<u64>(vp + <usize>(opReg(op) << 3), signs(readMm(vp, opRm(op))));
      return true;
    case 0x1e7: // MOVNTQ
      if (!opIsMemory(op)) return false;
      requireMmx(vp);
      writeSized(vp, linearAddress(vp, op, 8, true), 8, readMm(vp, opReg(op)));
      enterMmx(vp);
      return true;
    case 0x1f7:
      if (opIsMemory(op)) return false;
      requireMmx(vp);
      storeMasked(vp, op);
      enterMmx(vp);
      return true;
    case 0x30f: // PALIGNR
      requireMmx(vp);
      finish(vp, opReg(op), alignRight(readMm(vp, opReg(op)), source(vp, op, 8), imm));
      return true;
  }
  return false;
}

/** MASKMOVQ: the bytes whose mask has its top bit set go to DS:RDI. */
function storeMasked(vp: usize, op: usize): void {
  const offset = load<u64>(vp + RDI) & (<u64>-1 >> (64 - opAddressBits(op)));
  const linear = segmentLinear(vp, opSegment(op), offset, 8, true);
  const limit = load<u64>(vp + ADDRESS_MASK);
  const value = readMm(vp, opReg(op));
  const chosen = signs(readMm(vp, opRm(op)));
  // All or nothing.
  for (let i: u32 = 0; i < 8; i++) if ((chosen >> i) & 1) probeWrite(vp, (linear + i) & limit, 1);
  for (let i: u32 = 0; i < 8; i++) {
    if ((chosen >> i) & 1) writeSized(vp, (linear + i) & limit, 1, (value >> (i * 8)) & 0xff);
  }
}
