/** Loading data and stack segment registers, LDTR and TR, with all checks. Intel SDM volume 3, "Protection". */

import { raiseGP, raiseNP, raiseSS } from '../exception';
import { cpl, updateMode } from '../mode';
import { MODE_PROTECTED, MODE_V86 } from '../mode-bits';
import { LDTR, MODE_WORD, SS, TR } from '../state';
import { readSystem } from './core-access';
import {
  ATTRIBUTE_P,
  attributesOf,
  baseOf,
  dplOf,
  findDescriptor,
  in64BitMode,
  inLongMode,
  isCanonical,
  isCode,
  isConforming,
  isNull,
  isReadable,
  isWritableData,
  limitOf,
  markAccessed,
  markBusy,
  NO_DESCRIPTOR,
  readDescriptor,
  setFromDescriptor,
  setRealSegment,
  setSegment,
  TYPE_LDT,
  TYPE_TSS,
  TYPE_TSS16,
  typeOf,
} from './descriptor';

/** MOV Sreg, POP Sreg, LDS and its kin: loads ES, SS, DS, FS or GS. Nothing has changed when it raises. */
export function loadSegment(vp: usize, segment: u32, selector: u32): void {
  selector &= 0xffff;
  const mode = load<u32>(vp + MODE_WORD);
  if (!(mode & MODE_PROTECTED)) setRealSegment(vp, segment, selector, (mode & MODE_V86) != 0);
  else if (segment == SS) loadStackSegment(vp, selector);
  else loadDataSegment(vp, segment, selector);
  updateMode(vp);
}

function loadStackSegment(vp: usize, selector: u32): void {
  const level = cpl(vp);
  const code = selector & 0xfffc;
  if (isNull(selector)) {
    if (!in64BitMode(vp) || level == 3 || (selector & 3) != level) raiseGP(vp, 0);
    setSegment(vp, SS, selector, 0, 0, level << 5);
    return;
  }
  const at = findDescriptor(vp, selector, 8);
  if (at == NO_DESCRIPTOR) raiseGP(vp, code);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  if ((selector & 3) != level || !isWritableData(attributes) || dplOf(attributes) != level) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseSS(vp, code);
  markAccessed(vp, at, descriptor);
  setFromDescriptor(vp, SS, selector, descriptor);
}

function loadDataSegment(vp: usize, segment: u32, selector: u32): void {
  const code = selector & 0xfffc;
  if (isNull(selector)) {
    setSegment(vp, segment, selector, 0, 0, 0);
    return;
  }
  const at = findDescriptor(vp, selector, 8);
  if (at == NO_DESCRIPTOR) raiseGP(vp, code);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  if (!isReadable(attributes)) raiseGP(vp, code);
  if (!isCode(attributes) || !isConforming(attributes)) {
    const dpl = dplOf(attributes);
    if ((selector & 3) > dpl || cpl(vp) > dpl) raiseGP(vp, code);
  }
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  markAccessed(vp, at, descriptor);
  setFromDescriptor(vp, segment, selector, descriptor);
}

/** A system segment's base: 64 bits wide in IA-32e mode, where the second half of the descriptor is checked. */
function systemBase(vp: usize, at: u64, descriptor: u64, code: u32): u64 {
  if (!inLongMode(vp)) return baseOf(descriptor);
  const high = readSystem(vp, at + 8, 8);
  if (high & 0x1f0000000000) raiseGP(vp, code);
  const base = <u64>baseOf(descriptor) | (high << 32);
  if (!isCanonical(base)) raiseGP(vp, code);
  return base;
}

/** LLDT. */
export function loadLdt(vp: usize, selector: u32): void {
  const code = selector & 0xfffc;
  if (isNull(selector)) {
    setSegment(vp, LDTR, selector, 0, 0, 0);
    return;
  }
  const at = selector & 4 ? NO_DESCRIPTOR : findDescriptor(vp, selector, inLongMode(vp) ? 16 : 8);
  if (at == NO_DESCRIPTOR) raiseGP(vp, code);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  if (typeOf(attributes) != TYPE_LDT) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  setSegment(vp, LDTR, selector, systemBase(vp, at, descriptor, code), limitOf(descriptor), attributes);
}

/** LTR: the TSS becomes busy, in the table too. */
export function loadTask(vp: usize, selector: u32): void {
  const code = selector & 0xfffc;
  if (isNull(selector)) raiseGP(vp, 0);
  const at = selector & 4 ? NO_DESCRIPTOR : findDescriptor(vp, selector, inLongMode(vp) ? 16 : 8);
  if (at == NO_DESCRIPTOR) raiseGP(vp, code);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  const type = typeOf(attributes);
  if (type != TYPE_TSS && (type != TYPE_TSS16 || inLongMode(vp))) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  const base = systemBase(vp, at, descriptor, code);
  markBusy(vp, at, true);
  setSegment(vp, TR, selector, base, limitOf(descriptor), attributes | 2);
}
