/** Executes D8–DF from a generic micro-op. Intel SDM volume 2, "Escape Opcode Instructions". */

import { raiseUD } from '../exception';
import { OP_CODE16, opDigit, opIsMemory, opModrm } from '../micro-op';
import { clearExceptions, initialize, loadControl, storeControl, storeStatus, storeStatusInAx } from './control';
import { loadEnvironmentAt, restoreAll, saveAll, storeEnvironmentAt } from './environment';
import {
  changeSign, exchange, freeRegister, loadConstant, loadDecimal, loadExtended, loadInteger, loadReal, loadRegister,
  moveIf, storeDecimal, storeExtended, storeInteger, storePopQuiet, storeReal, storeRegister,
  storeTruncated,
} from './load-store';
import { compareFlags, compareRegisters, compareZero, examine, operateMemory, operateRegisters } from './operate';
import { notePointers, requireAvailable, requireNoPending } from './registers';
import { executeFunction } from './unary';

export function executeX87(vp: usize, op: usize): void {
  requireAvailable(vp);
  const escape = <u32>load<u16>(op + OP_CODE16) & 7;
  if (opIsMemory(op)) {
    const digit = opDigit(op);
    if (executeControl(vp, op, (escape << 3) | digit)) return;
    if (escape & 1) executeTransfer(vp, op, (escape << 3) | digit);
    else operateMemory(vp, op, escape, digit);
  } else {
    const modrm = opModrm(op);
    if (executeControlRegister(vp, (escape << 8) | modrm)) return;
    requireNoPending(vp);
    executeRegister(vp, escape, modrm);
  }
  notePointers(vp, op);
}

/** Control instructions with a memory operand, by escape << 3 | digit; those that do not wait come first. */
function executeControl(vp: usize, op: usize, form: u32): bool {
  switch (form) {
    case 0o16: storeEnvironmentAt(vp, op); return true;
    case 0o17: storeControl(vp, op); return true;
    case 0o56: saveAll(vp, op); return true;
    case 0o57: storeStatus(vp, op); return true;
  }
  requireNoPending(vp);
  switch (form) {
    case 0o14: loadEnvironmentAt(vp, op); return true;
    case 0o15: loadControl(vp, op); return true;
    case 0o54: restoreAll(vp, op); return true;
  }
  return false;
}

/** Control instructions without a memory operand that do not wait, by escape << 8 | ModRM. */
function executeControlRegister(vp: usize, form: u32): bool {
  switch (form) {
    // FNENI, FNDISI, FNSETPM of the first coprocessors do nothing.
    case 0x3e0: case 0x3e1: case 0x3e4: return true;
    case 0x3e2: clearExceptions(vp); return true;
    case 0x3e3: initialize(vp); return true;
    case 0x7e0: storeStatusInAx(vp); return true;
  }
  return false;
}

/** Loads and stores, by escape << 3 | digit. */
function executeTransfer(vp: usize, op: usize, form: u32): void {
  switch (form) {
    case 0o10: loadReal(vp, op, 4); break;
    case 0o12: storeReal(vp, op, 4, false); break;
    case 0o13: storeReal(vp, op, 4, true); break;
    case 0o30: loadInteger(vp, op, 4); break;
    case 0o31: storeTruncated(vp, op, 4); break;
    case 0o32: storeInteger(vp, op, 4, false); break;
    case 0o33: storeInteger(vp, op, 4, true); break;
    case 0o35: loadExtended(vp, op); break;
    case 0o37: storeExtended(vp, op); break;
    case 0o50: loadReal(vp, op, 8); break;
    case 0o51: storeTruncated(vp, op, 8); break;
    case 0o52: storeReal(vp, op, 8, false); break;
    case 0o53: storeReal(vp, op, 8, true); break;
    case 0o70: loadInteger(vp, op, 2); break;
    case 0o71: storeTruncated(vp, op, 2); break;
    case 0o72: storeInteger(vp, op, 2, false); break;
    case 0o73: storeInteger(vp, op, 2, true); break;
    case 0o74: loadDecimal(vp, op); break;
    case 0o75: loadInteger(vp, op, 8); break;
    case 0o76: storeDecimal(vp, op); break;
    case 0o77: storeInteger(vp, op, 8, true); break;
    default: raiseUD(vp);
  }
}

/** Register forms by escape, then by digit and register. Some encodings are undocumented twins of others. */
function executeRegister(vp: usize, escape: u32, modrm: u32): void {
  const digit = (modrm >> 3) & 7;
  const i = modrm & 7;
  switch (escape) {
    case 0:
      if (digit == 2 || digit == 3) compareRegisters(vp, i, false, digit - 2);
      else operateRegisters(vp, digit, i, 0, false);
      break;
    case 1: executeD9(vp, digit, i, modrm); break;
    case 2:
      if (digit < 4) moveIf(vp, digit, i);
      else if (modrm == 0xe9) compareRegisters(vp, 1, true, 2);
      else raiseUD(vp);
      break;
    case 3:
      if (digit < 4) moveIf(vp, digit | 4, i);
      else if (digit == 5 || digit == 6) compareFlags(vp, i, digit == 5, false);
      else raiseUD(vp);
      break;
    case 4:
      if (digit == 2 || digit == 3) compareRegisters(vp, i, false, digit - 2);
      else operateRegisters(vp, digit, i, i, false);
      break;
    case 5: executeDD(vp, digit, i); break;
    case 6:
      if (digit == 2) compareRegisters(vp, i, false, 1);
      else if (modrm == 0xd9) compareRegisters(vp, 1, false, 2);
      else if (digit == 3) raiseUD(vp);
      else operateRegisters(vp, digit, i, i, true);
      break;
    default: executeDF(vp, digit, i);
  }
}

function executeD9(vp: usize, digit: u32, i: u32, modrm: u32): void {
  if (digit == 0) loadRegister(vp, i);
  else if (digit == 1) exchange(vp, i);
  else if (digit == 3) storePopQuiet(vp, i);
  else if (digit >= 6) executeFunction(vp, modrm);
  else {
    switch (modrm) {
      case 0xd0: break; // FNOP
      case 0xe0: changeSign(vp, false); break;
      case 0xe1: changeSign(vp, true); break;
      case 0xe4: compareZero(vp); break;
      case 0xe5: examine(vp); break;
      case 0xe8: case 0xe9: case 0xea: case 0xeb: case 0xec: case 0xed: case 0xee:
        loadConstant(vp, modrm & 7);
        break;
      default: raiseUD(vp);
    }
  }
}

function executeDD(vp: usize, digit: u32, i: u32): void {
  switch (digit) {
    case 0: freeRegister(vp, i, false); break;
    case 1: exchange(vp, i); break;
    case 2: case 3: storeRegister(vp, i, digit == 3); break;
    case 4: case 5: compareRegisters(vp, i, true, digit - 4); break;
    default: raiseUD(vp);
  }
}

function executeDF(vp: usize, digit: u32, i: u32): void {
  switch (digit) {
    case 0: freeRegister(vp, i, true); break;
    case 1: exchange(vp, i); break;
    case 2: case 3: storeRegister(vp, i, true); break;
    case 5: case 6: compareFlags(vp, i, digit == 5, true); break;
    default: raiseUD(vp);
  }
}

