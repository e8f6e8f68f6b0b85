/** Executes one integer instruction from its micro-op. Branches find RIP at the next instruction. */

import { raiseUD } from '../exception';
import { carry, changeFlags, condition, getFlags, setArithmeticFlags } from '../flags';
import { readSized, writeSized } from '../memory/access';
import { effectiveAddress, segmentLinear } from '../memory/segment';
import {
  OP_CODE16, OP_REX, opAddressBits, opDigit, opImmediate, opIsMemory, opModrm, opPrefixes, opSegment, opSize, PREFIX_66,
  PREFIX_F2, PREFIX_F3, PREFIX_LOCK,
} from '../micro-op';
import { MODE_64 } from '../mode-bits';
import { segmentAddress } from '../mode';
import { FLAG_CF, FLAG_DF, MODE_WORD, RAX, RBX, RCX, RDX, RSP, SEG_SELECTOR, SEGMENTS } from '../state';
import { alu, decrement, divide, doubleShift, increment, multiply, multiplyWide, shift, signExtend } from './arithmetic';
import { bitScan, bitTest, compareExchange, compareExchangeWide, exchangeAdd, populationCount, randomNumber, swapBytes } from './bits';
import {
  bound, callRelative, enter, indirect, jumpIf, jumpRelative, leave, loopOrJcxz, nearReturn, popAll, pushAll,
} from './control';
import { aaaOrAas, aad, aam, daaOrDas } from './decimal';
import {
  loadSlot, maskOf, pop, push, readForUpdate, readReg, readRm, storeSlot, update, writeReg, writeRm,
} from './operands';
import { executeString } from './strings';
import { wait } from '../x87/control';
import { executeX87 } from '../x87/execute';
import { executeMmx } from '../x87/mmx';

/** LOCK is allowed with a memory destination of ADD…XOR, INC, DEC, NOT, NEG, BTS, BTR, BTC, XCHG, XADD, CMPXCHG*. */
function lockAllowed(op: usize, code: u32): bool {
  if (!opIsMemory(op)) return false;
  const digit = opDigit(op);
  if (code < 0x38) return (code & 7) < 2;
  switch (code) {
    case 0x80: case 0x81: case 0x82: case 0x83: return digit != 7;
    case 0x86: case 0x87: return true;
    case 0xf6: case 0xf7: return digit == 2 || digit == 3;
    case 0xfe: case 0xff: return digit < 2;
    case 0x1ab: case 0x1b3: case 0x1bb: case 0x1b0: case 0x1b1: case 0x1c0: case 0x1c1: return true;
    case 0x1ba: return digit > 4;
    case 0x1c7: return digit == 1;
  }
  return false;
}

export function executeInteger(vp: usize, op: usize): void {
  const code = <u32>load<u16>(op + OP_CODE16);
  if (opPrefixes(op) & PREFIX_LOCK && !lockAllowed(op, code)) raiseUD(vp);
  if (code < 0x40) {
    if ((code & 7) < 6) executeAlu(vp, op, code);
    else executeOld(vp, op, code);
  } else if (code < 0x100) executeOneByte(vp, op, code);
  else if (code < 0x200) executeTwoByte(vp, op, code);
  else executeThreeByte(vp, op, code);
}

/** 00–3D: the eight operations in their six forms. */
function executeAlu(vp: usize, op: usize, code: u32): void {
  const kind = code >> 3;
  const size = opSize(op);
  const form = (code & 7) >> 1;
  if (form == 0) {
    if (kind == 7) alu(vp, 7, readRm(vp, op, size), readReg(vp, op, size), size);
    else {
      const a = readForUpdate(vp, op, size);
      update(vp, op, size, alu(vp, kind, a, readReg(vp, op, size), size));
    }
  } else if (form == 1) {
    const b = readRm(vp, op, size);
    const res = alu(vp, kind, readReg(vp, op, size), b, size);
    if (kind != 7) writeReg(vp, op, size, res);
  } else {
    const res = alu(vp, kind, loadSlot(vp, RAX, size), <u64>opImmediate(op), size);
    if (kind != 7) storeSlot(vp, RAX, size, res);
  }
}

/** 06…3F: segment pushes and decimal adjustments of old modes. */
function executeOld(vp: usize, op: usize, code: u32): void {
  if (load<u32>(vp + MODE_WORD) & MODE_64) raiseUD(vp);
  switch (code) {
    case 0x06: case 0x0e: case 0x16: case 0x1e:
      push(vp, opSize(op), load<u16>(segmentAddress(vp, code >> 3) + SEG_SELECTOR));
      break;
    case 0x27: daaOrDas(vp, false); break;
    case 0x2f: daaOrDas(vp, true); break;
    case 0x37: aaaOrAas(vp, false); break;
    case 0x3f: aaaOrAas(vp, true); break;
    default: raiseUD(vp);
  }
}

/** The register that the opcode's low bits name. */
function opcodeSlot(op: usize, code: u32, size: u32): usize {
  const rex = <u32>load<u8>(op + OP_REX);
  const register = (code & 7) | ((rex & 1) << 3);
  return size == 1 && !rex && register >= 4 ? ((register - 4) << 3) + 1 : register << 3;
}

function executeOneByte(vp: usize, op: usize, code: u32): void {
  const size = opSize(op);
  if (code >= 0x70 && code < 0x80) {
    jumpIf(vp, op, code & 15);
    return;
  }
  switch (code & 0xf8) {
    case 0x40: storeSlot(vp, opcodeSlot(op, code, size), size, increment(vp, loadSlot(vp, opcodeSlot(op, code, size), size), size)); return;
    case 0x48: storeSlot(vp, opcodeSlot(op, code, size), size, decrement(vp, loadSlot(vp, opcodeSlot(op, code, size), size), size)); return;
    case 0x50: push(vp, size, loadSlot(vp, opcodeSlot(op, code, size), size)); return;
    case 0x58: storeSlot(vp, opcodeSlot(op, code, size), size, pop(vp, size)); return;
    case 0xb0: case 0xb8: storeSlot(vp, opcodeSlot(op, code, size), size, <u64>opImmediate(op)); return;
    case 0x90: {
      const slot = opcodeSlot(op, code, size);
      if (slot == RAX) return; // NOP
      const value = loadSlot(vp, slot, size);
      storeSlot(vp, slot, size, loadSlot(vp, RAX, size));
      storeSlot(vp, RAX, size, value);
      return;
    }
  }
  if ((code & 0xf8) == 0xd8) executeX87(vp, op);
  else if (code < 0xa0 || code >= 0xf0) executeMoves(vp, op, code, size);
  else executeUpper(vp, op, code, size);
}

/** 60–9F and F0–FF. */
function executeMoves(vp: usize, op: usize, code: u32, size: u32): void {
  const is64 = (load<u32>(vp + MODE_WORD) & MODE_64) != 0;
  switch (code) {
    case 0x60: if (is64) raiseUD(vp); pushAll(vp, size); break;
    case 0x61: if (is64) raiseUD(vp); popAll(vp, size); break;
    case 0x62: if (is64 || !opIsMemory(op)) raiseUD(vp); bound(vp, op); break;
    case 0x63: if (!is64) raiseUD(vp); writeReg(vp, op, size, <u64>signExtend(readRm(vp, op, 4), 4)); break;
    case 0x68: case 0x6a: push(vp, size, <u64>opImmediate(op)); break;
    case 0x69: case 0x6b: writeReg(vp, op, size, multiply(vp, readRm(vp, op, size), <u64>opImmediate(op), size)); break;
    case 0x80: case 0x81: case 0x83: aluImmediate(vp, op, size); break;
    case 0x82: if (is64) raiseUD(vp); aluImmediate(vp, op, size); break;
    case 0x84: case 0x85: alu(vp, 4, readRm(vp, op, size), readReg(vp, op, size), size); break;
    case 0x86: case 0x87: {
      const value = readForUpdate(vp, op, size);
      update(vp, op, size, readReg(vp, op, size));
      writeReg(vp, op, size, value);
      break;
    }
    case 0x88: case 0x89: writeRm(vp, op, size, readReg(vp, op, size)); break;
    case 0x8a: case 0x8b: writeReg(vp, op, size, readRm(vp, op, size)); break;
    case 0x8c: {
      if (((opModrm(op) >> 3) & 7) > 5) raiseUD(vp);
      const selector = load<u16>(vp + SEGMENTS + (<usize>opDigit(op) << 4) + SEG_SELECTOR);
      writeRm(vp, op, opIsMemory(op) ? 2 : size, selector);
      break;
    }
    case 0x8d:
      if (!opIsMemory(op)) raiseUD(vp);
      writeReg(vp, op, size, effectiveAddress(vp, op));
      break;
    case 0x8f: popOperand(vp, op, size); break;
    case 0x98: storeSlot(vp, RAX, size, <u64>signExtend(load<u64>(vp + RAX), size >> 1)); break;
    case 0x99: storeSlot(vp, RDX, size, <u64>(signExtend(load<u64>(vp + RAX), size) >> 63)); break;
    case 0x9b: wait(vp); break;
    case 0x9e: setArithmeticFlags(vp, (load<u8>(vp + RAX + 1) & 0xd5) | (getFlags(vp) & 0x800)); break;
    case 0x9f: store<u8>(vp + RAX + 1, <u8>((getFlags(vp) & 0xd5) | 2)); break;
    case 0xf5: changeFlags(vp, FLAG_CF, carry(vp) ^ 1); break;
    case 0xf6: case 0xf7: executeGroup3(vp, op, size); break;
    case 0xf8: changeFlags(vp, FLAG_CF, 0); break;
    case 0xf9: changeFlags(vp, FLAG_CF, FLAG_CF); break;
    case 0xfc: changeFlags(vp, FLAG_DF, 0); break;
    case 0xfd: changeFlags(vp, FLAG_DF, FLAG_DF); break;
    case 0xfe: case 0xff: {
      const digit = opDigit(op);
      if (digit < 2) {
        const value = readForUpdate(vp, op, size);
        update(vp, op, size, digit ? decrement(vp, value, size) : increment(vp, value, size));
      } else if (code == 0xfe) raiseUD(vp);
      else indirect(vp, op, digit);
      break;
    }
    default: raiseUD(vp);
  }
}

function aluImmediate(vp: usize, op: usize, size: u32): void {
  const kind = opDigit(op);
  if (kind == 7) alu(vp, 7, readRm(vp, op, size), <u64>opImmediate(op), size);
  else {
    const value = readForUpdate(vp, op, size);
    update(vp, op, size, alu(vp, kind, value, <u64>opImmediate(op), size));
  }
}

/** 8F /0. The address is computed with the stack pointer already moved. */
function popOperand(vp: usize, op: usize, size: u32): void {
  if (opDigit(op) != 0) raiseUD(vp);
  const before = load<u64>(vp + RSP);
  const value = pop(vp, size);
  if (!opIsMemory(op)) {
    writeRm(vp, op, size, value);
    return;
  }
  const offset = effectiveAddress(vp, op);
  const after = load<u64>(vp + RSP);
  store<u64>(vp + RSP, before);
  writeSized(vp, segmentLinear(vp, opSegment(op), offset, size, true), size, value);
  store<u64>(vp + RSP, after);
}

/** A0–EF. */
function executeUpper(vp: usize, op: usize, code: u32, size: u32): void {
  const is64 = (load<u32>(vp + MODE_WORD) & MODE_64) != 0;
  switch (code) {
    case 0xa0: case 0xa1:
      storeSlot(vp, RAX, size, readSized(vp, segmentLinear(vp, opSegment(op), <u64>opImmediate(op), size, false), size));
      break;
    case 0xa2: case 0xa3:
      writeSized(vp, segmentLinear(vp, opSegment(op), <u64>opImmediate(op), size, true), size, loadSlot(vp, RAX, size));
      break;
    case 0xa4: case 0xa5: case 0xa6: case 0xa7: case 0xaa: case 0xab: case 0xac: case 0xad: case 0xae: case 0xaf:
      executeString(vp, op, code);
      break;
    case 0xa8: case 0xa9: alu(vp, 4, loadSlot(vp, RAX, size), <u64>opImmediate(op), size); break;
    case 0xc0: case 0xc1: executeShift(vp, op, size, <u32>opImmediate(op) & 0xff); break;
    case 0xd0: case 0xd1: executeShift(vp, op, size, 1); break;
    case 0xd2: case 0xd3: executeShift(vp, op, size, load<u8>(vp + RCX)); break;
    case 0xc2: nearReturn(vp, op, <u64>opImmediate(op)); break;
    case 0xc3: nearReturn(vp, op, 0); break;
    case 0xc6: case 0xc7:
      if (opDigit(op) != 0) raiseUD(vp);
      writeRm(vp, op, size, <u64>opImmediate(op));
      break;
    case 0xc8: enter(vp, op); break;
    case 0xc9: leave(vp, op); break;
    case 0xd4: if (is64) raiseUD(vp); aam(vp, <u32>opImmediate(op) & 0xff); break;
    case 0xd5: if (is64) raiseUD(vp); aad(vp, <u32>opImmediate(op) & 0xff); break;
    case 0xd6: if (is64) raiseUD(vp); store<u8>(vp + RAX, carry(vp) ? 0xff : 0); break;
    case 0xd7: {
      const offset = (load<u64>(vp + RBX) + load<u8>(vp + RAX)) & (<u64>-1 >> (64 - opAddressBits(op)));
      store<u8>(vp + RAX, <u8>readSized(vp, segmentLinear(vp, opSegment(op), offset, 1, false), 1));
      break;
    }
    case 0xe0: case 0xe1: case 0xe2: case 0xe3: loopOrJcxz(vp, op, code); break;
    case 0xe8: callRelative(vp, op); break;
    case 0xe9: case 0xeb: jumpRelative(vp, op); break;
    default: raiseUD(vp);
  }
}

function executeShift(vp: usize, op: usize, size: u32, count: u32): void {
  const value = readForUpdate(vp, op, size);
  update(vp, op, size, shift(vp, opDigit(op), value, count, size));
}

/** F6 and F7: TEST, NOT, NEG, MUL, IMUL, DIV, IDIV. */
function executeGroup3(vp: usize, op: usize, size: u32): void {
  const digit = opDigit(op);
  if (digit < 2) alu(vp, 4, readRm(vp, op, size), <u64>opImmediate(op), size);
  else if (digit == 2) update(vp, op, size, ~readForUpdate(vp, op, size) & maskOf(size));
  else if (digit == 3) {
    const value = readForUpdate(vp, op, size);
    update(vp, op, size, alu(vp, 5, 0, value, size));
  } else if (digit < 6) multiplyWide(vp, readRm(vp, op, size), size, digit == 5);
  else divide(vp, readRm(vp, op, size), size, digit == 7);
}

function executeTwoByte(vp: usize, op: usize, code: u32): void {
  const size = opSize(op);
  const low = code & 15;
  switch (code & 0xfff0) {
    case 0x140: {
      const value = readRm(vp, op, size);
      if (condition(vp, low)) writeReg(vp, op, size, value);
      else if (size == 4) writeReg(vp, op, 4, readReg(vp, op, 4));
      return;
    }
    case 0x180: jumpIf(vp, op, low); return;
    case 0x190: writeRm(vp, op, 1, condition(vp, low)); return;
  }
  switch (code) {
    case 0x10d: case 0x118: case 0x119: case 0x11a: case 0x11b: case 0x11c: case 0x11d: case 0x11e: case 0x11f:
      break; // prefetches and the multi-byte NOP
    case 0x1a0: push(vp, size, load<u16>(segmentAddress(vp, 4) + SEG_SELECTOR)); break;
    case 0x1a8: push(vp, size, load<u16>(segmentAddress(vp, 5) + SEG_SELECTOR)); break;
    case 0x1a3: bitTest(vp, op, 0, readReg(vp, op, size), true); break;
    case 0x1ab: bitTest(vp, op, 1, readReg(vp, op, size), true); break;
    case 0x1b3: bitTest(vp, op, 2, readReg(vp, op, size), true); break;
    case 0x1bb: bitTest(vp, op, 3, readReg(vp, op, size), true); break;
    case 0x1ba:
      if (opDigit(op) < 4) raiseUD(vp);
      bitTest(vp, op, opDigit(op) - 4, <u64>opImmediate(op), false);
      break;
    case 0x1a4: case 0x1a5: case 0x1ac: case 0x1ad: {
      const count = code & 1 ? <u32>load<u8>(vp + RCX) : <u32>opImmediate(op) & 0xff;
      const value = readForUpdate(vp, op, size);
      update(vp, op, size, doubleShift(vp, code < 0x1a8, value, readReg(vp, op, size), count, size));
      break;
    }
    case 0x1ae: // LFENCE, MFENCE, SFENCE, CLFLUSH; the memory order is the strongest anyway
      if (opDigit(op) < 5 || opPrefixes(op) & (PREFIX_F2 | PREFIX_F3)) raiseUD(vp);
      break;
    case 0x1af: writeReg(vp, op, size, multiply(vp, readReg(vp, op, size), readRm(vp, op, size), size)); break;
    case 0x1b0: case 0x1b1: compareExchange(vp, op); break;
    case 0x1b6: writeReg(vp, op, size, readRm8(vp, op)); break;
    case 0x1b7: writeReg(vp, op, size, readRm(vp, op, 2)); break;
    case 0x1be: writeReg(vp, op, size, <u64>signExtend(readRm8(vp, op), 1)); break;
    case 0x1bf: writeReg(vp, op, size, <u64>signExtend(readRm(vp, op, 2), 2)); break;
    case 0x1b8: populationCount(vp, op); break;
    case 0x1bc: bitScan(vp, op, false, false); break;
    case 0x1bd: bitScan(vp, op, true, false); break;
    case 0x1c0: case 0x1c1: exchangeAdd(vp, op); break;
    case 0x1c3:
      if (!opIsMemory(op) || opPrefixes(op) & (PREFIX_66 | PREFIX_F2 | PREFIX_F3)) raiseUD(vp);
      // Never 16 bits, whatever the code segment says.
      writeRm(vp, op, max<u32>(size, 4), readReg(vp, op, max<u32>(size, 4)));
      break;
    case 0x1c7:
      if (!opIsMemory(op)) {
        if (opDigit(op) != 6 || opPrefixes(op) & (PREFIX_F2 | PREFIX_F3)) raiseUD(vp);
        randomNumber(vp, op);
        break;
      }
      if (opDigit(op) != 1) raiseUD(vp);
      compareExchangeWide(vp, op);
      break;
    default:
      if (code >= 0x1c8 && code < 0x1d0) {
        const slot = opcodeSlot(op, code, size);
        storeSlot(vp, slot, size, swapBytes(loadSlot(vp, slot, size), size));
      } else if (!executeMmx(vp, op, code)) raiseUD(vp);
  }
}

/** The byte operand of MOVZX and MOVSX, whose register forms name SPL…DIL only with REX. */
function readRm8(vp: usize, op: usize): u64 {
  if (opIsMemory(op)) return readRm(vp, op, 1);
  const rm = opModrm(op) & 7;
  const rex = <u32>load<u8>(op + OP_REX);
  if (!rex && rm >= 4) return load<u8>(vp + ((<usize>rm - 4) << 3) + 1);
  return load<u8>(vp + (<usize>(rm | ((rex & 1) << 3)) << 3));
}

/** 0F 38 and 0F 3A: MOVBE. */
function executeThreeByte(vp: usize, op: usize, code: u32): void {
  if (executeMmx(vp, op, code)) return;
  const size = opSize(op);
  if ((code & ~1) != 0x2f0 || !opIsMemory(op) || opPrefixes(op) & (PREFIX_F2 | PREFIX_F3)) raiseUD(vp);
  if (code & 1) writeRm(vp, op, size, swapBytes(readReg(vp, op, size), size));
  else writeReg(vp, op, size, swapBytes(readRm(vp, op, size), size));
}

