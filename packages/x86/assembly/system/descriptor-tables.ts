/** Instructions on descriptor tables and selectors: LGDT … STR, LAR, LSL, VERR, VERW, ARPL. Intel SDM volume 2. */

import { raiseGP, raiseUD } from '../exception';
import { changeFlags } from '../flags';
import { cpl } from '../mode';
import { MODE_PROTECTED } from '../mode-bits';
import { opDigit, opIsMemory, opReg, opSize } from '../micro-op';
import { CR0, FLAG_ZF, LDTR, MODE_WORD, SEG_LIMIT, TR } from '../state';
import { linearAddress } from '../memory/segment';
import { readMemory, requestExit, writeMemory } from './core-access';
import {
  attributesOf,
  dplOf,
  findDescriptor,
  in64BitMode,
  inLongMode,
  isCanonical,
  isCode,
  isConforming,
  isNull,
  isReadable,
  isUser,
  isWritableData,
  limitOf,
  NO_DESCRIPTOR,
  readDescriptor,
  selectorOf,
} from './descriptor';
import { readOperand16, readRegister, writeModrmRegister, writeOperand16 } from './operand';
import { loadMachineStatus } from './paging-registers';
import { loadLdt, loadTask } from './segment-load';

export function requirePrivilege(vp: usize): void {
  if (cpl(vp) != 0) raiseGP(vp, 0);
}

/** #UD outside of protected mode: real and virtual-8086 mode know no selectors. */
function requireProtected(vp: usize): void {
  if (!(load<u32>(vp + MODE_WORD) & MODE_PROTECTED)) raiseUD(vp);
}

/** SGDT, SIDT: limit, then base of 4 or 8 bytes. */
export function storeTable(vp: usize, op: usize, table: usize): void {
  const to = linearAddress(vp, op, in64BitMode(vp) ? 10 : 6, true);
  const user = isUser(vp);
  const base = load<u64>(vp + table);
  const wide = in64BitMode(vp);
  writeMemory(vp, to + 2, wide ? 8 : 4, user, wide ? base : base & 0xffffffff);
  writeMemory(vp, to, 2, user, load<u32>(vp + table + SEG_LIMIT));
}

/** LGDT, LIDT: a 16-bit operand takes 24 bits of the base. */
export function loadTable(vp: usize, op: usize, table: usize): void {
  requirePrivilege(vp);
  const from = linearAddress(vp, op, in64BitMode(vp) ? 10 : 6, false);
  const wide = in64BitMode(vp);
  const limit = <u32>readMemory(vp, from, 2, 0);
  let base = readMemory(vp, from + 2, wide ? 8 : 4, 0);
  if (wide && !isCanonical(base)) raiseGP(vp, 0);
  if (!wide && opSize(op) == 2) base &= 0xffffff;
  store<u64>(vp + table, base);
  store<u32>(vp + table + SEG_LIMIT, limit);
}

/** 0F 00: SLDT, STR, LLDT, LTR, VERR, VERW. */
export function executeGroup6(vp: usize, op: usize): void {
  requireProtected(vp);
  const digit = opDigit(op);
  if (digit == 0) writeOperand16(vp, op, opSize(op), selectorOf(vp, LDTR));
  else if (digit == 1) writeOperand16(vp, op, opSize(op), selectorOf(vp, TR));
  else if (digit == 2) {
    requirePrivilege(vp);
    loadLdt(vp, readOperand16(vp, op));
  } else if (digit == 3) {
    requirePrivilege(vp);
    loadTask(vp, readOperand16(vp, op));
  } else if (digit == 4 || digit == 5) {
    const ok = verify(vp, readOperand16(vp, op), digit == 5);
    changeFlags(vp, FLAG_ZF, ok ? FLAG_ZF : 0);
  } else raiseUD(vp);
}

/** SMSW and LMSW. */
export function storeMachineStatus(vp: usize, op: usize): void {
  writeOperand16(vp, op, opSize(op), load<u64>(vp + CR0));
}

export function executeLmsw(vp: usize, op: usize): void {
  requirePrivilege(vp);
  loadMachineStatus(vp, readOperand16(vp, op));
  requestExit(vp);
}

/** True when the current privilege and the selector's RPL reach the segment. */
function isVisible(vp: usize, selector: u32, attributes: u32): bool {
  if (isCode(attributes) && isConforming(attributes)) return true;
  const dpl = dplOf(attributes);
  return dpl >= cpl(vp) && dpl >= (selector & 3);
}

function verify(vp: usize, selector: u32, write: bool): bool {
  const at = isNull(selector) ? NO_DESCRIPTOR : findDescriptor(vp, selector, 8);
  if (at == NO_DESCRIPTOR) return false;
  const attributes = attributesOf(readDescriptor(vp, at));
  return (write ? isWritableData(attributes) : isReadable(attributes)) && isVisible(vp, selector, attributes);
}

/** Bit per system type that LAR or LSL accepts, in legacy and IA-32e mode. */
const LAR_LEGACY: u32 = 0x1a3e;
const LAR_LONG: u32 = 0x1a04;
const LSL_LEGACY: u32 = 0x0a0e;
const LSL_LONG: u32 = 0x0a04;

/** 0F 02 LAR, 0F 03 LSL: ZF says whether the selector could be looked at. */
export function executeLookup(vp: usize, op: usize, limit: bool): void {
  requireProtected(vp);
  const selector = readOperand16(vp, op);
  const at = isNull(selector) ? NO_DESCRIPTOR : findDescriptor(vp, selector, 8);
  let ok = at != NO_DESCRIPTOR;
  let descriptor: u64 = 0;
  if (ok) {
    descriptor = readDescriptor(vp, at);
    const attributes = attributesOf(descriptor);
    const long = inLongMode(vp);
    const types = limit ? (long ? LSL_LONG : LSL_LEGACY) : long ? LAR_LONG : LAR_LEGACY;
    ok = isVisible(vp, selector, attributes) && ((attributes & 0x10) != 0 || ((types >> (attributes & 15)) & 1) != 0);
  }
  changeFlags(vp, FLAG_ZF, ok ? FLAG_ZF : 0);
  if (!ok) return;
  const value = limit ? limitOf(descriptor) : <u32>(descriptor >> 32) & 0xf0ff00;
  writeModrmRegister(vp, op, opSize(op), value);
}

/** ARPL: raises the RPL of the ModRM operand to that of the register. */
export function executeArpl(vp: usize, op: usize): void {
  requireProtected(vp);
  const selector = readOperand16(vp, op);
  const wanted = <u32>readRegister(vp, opReg(op)) & 3;
  const adjust = (selector & 3) < wanted;
  if (adjust) {
    if (opIsMemory(op)) writeMemory(vp, linearAddress(vp, op, 2, true), 2, isUser(vp), (selector & 0xfffc) | wanted);
    else writeOperand16(vp, op, 2, (selector & 0xfffc) | wanted);
  }
  changeFlags(vp, FLAG_ZF, adjust ? FLAG_ZF : 0);
}

