/** Loading CS and RIP: what far transfers, interrupts and IRET have in common. */

import { raiseGP, raiseNP, raiseSS, raiseTS } from '../exception';
import { cpl, updateMode } from '../mode';
import { CS, DS, ES, FS, GS, RIP, SEG_ATTRIBUTES, SEG_BASE, SEG_LIMIT, SEG_SELECTOR, SS, TR } from '../state';
import { segmentAddress } from '../mode';
import { readSystem } from './core-access';
import {
  ATTRIBUTE_D,
  ATTRIBUTE_L,
  ATTRIBUTE_P,
  attributesIn,
  attributesOf,
  baseOf,
  dplOf,
  findDescriptor,
  inLongMode,
  isCanonical,
  isCode,
  isConforming,
  isNull,
  isWritableData,
  limitIn,
  limitOf,
  markAccessed,
  NO_DESCRIPTOR,
  readDescriptor,
  selectorOf,
  setSegment,
  TYPE_TSS16_BUSY,
} from './descriptor';

/** Reads a descriptor that must exist; `code` is the error code's selector part with EXT. */
export function requireDescriptor(vp: usize, selector: u32, ext: u32): u64 {
  if (isNull(selector)) raiseGP(vp, ext);
  const at = findDescriptor(vp, selector, 8);
  if (at == NO_DESCRIPTOR) raiseGP(vp, (selector & 0xfffc) | ext);
  return readDescriptor(vp, at);
}

/** True for a descriptor of 64-bit code. */
export function isLongCode(vp: usize, attributes: u32): bool {
  return inLongMode(vp) && (attributes & ATTRIBUTE_L) != 0;
}

/** #GP(selector) for code with both L and D set in IA-32e mode. */
export function checkCodeSize(vp: usize, attributes: u32, code: u32): void {
  const both = ATTRIBUTE_L | ATTRIBUTE_D;
  if (inLongMode(vp) && (attributes & both) == both) raiseGP(vp, code);
}

/** The target of a far transfer must lie in its segment, or be canonical in 64-bit mode. */
export function checkTarget(vp: usize, descriptor: u64, offset: u64, code: u32): void {
  if (isLongCode(vp, attributesOf(descriptor))) {
    if (!isCanonical(offset)) raiseGP(vp, code);
  } else if (offset > <u64>limitOf(descriptor)) raiseGP(vp, code);
}

/** Checks for a direct transfer at the same privilege: JMP and CALL to a code segment. */
export function checkDirectCode(vp: usize, selector: u32, attributes: u32): void {
  const code = selector & 0xfffc;
  const level = cpl(vp);
  const dpl = dplOf(attributes);
  if (!isCode(attributes)) raiseGP(vp, code);
  if (isConforming(attributes)) {
    if (dpl > level) raiseGP(vp, code);
  } else if ((selector & 3) > level || dpl != level) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  checkCodeSize(vp, attributes, code);
}

/** Loads CS from a checked descriptor, with `level` as its RPL, sets RIP, marks the descriptor. The mode is not updated. */
export function loadCode(vp: usize, selector: u32, descriptor: u64, level: u32, rip: u64): void {
  const at = findDescriptor(vp, selector, 8);
  if (at != NO_DESCRIPTOR) markAccessed(vp, at, descriptor);
  const attributes = attributesOf(descriptor) | 1;
  setSegment(vp, CS, (selector & 0xfffc) | level, baseOf(descriptor), limitOf(descriptor), attributes);
  store<u64>(vp + RIP, rip);
}

/** Far transfer in real and virtual-8086 mode: limit and attributes of CS stay. */
export function loadRealCode(vp: usize, selector: u32, rip: u64): void {
  const to = segmentAddress(vp, CS);
  store<u16>(to + SEG_SELECTOR, <u16>selector);
  store<u64>(to + SEG_BASE, <u64>(selector & 0xffff) << 4);
  store<u64>(vp + RIP, rip);
  updateMode(vp);
}

/** SS with CPL `level`: the processor's privilege. Null in 64-bit mode. */
export function setNullStack(vp: usize, level: u32): void {
  setSegment(vp, SS, level, 0, 0, level << 5);
}

/** After a return to less privilege: data segments that the new level may not use become null. */
export function dropPrivilegedSegments(vp: usize, level: u32): void {
  dropSegment(vp, ES, level);
  dropSegment(vp, DS, level);
  dropSegment(vp, FS, level);
  dropSegment(vp, GS, level);
}

function dropSegment(vp: usize, segment: u32, level: u32): void {
  const attributes = attributesIn(vp, segment);
  if (isNull(selectorOf(vp, segment)) && !(attributes & ATTRIBUTE_P)) return;
  if (isCode(attributes) && isConforming(attributes)) return;
  if (dplOf(attributes) >= level) return;
  const at = segmentAddress(vp, segment);
  store<u16>(at + SEG_SELECTOR, 0);
  store<u16>(at + SEG_ATTRIBUTES, 0);
  store<u32>(at + SEG_LIMIT, 0);
  store<u64>(at + SEG_BASE, 0);
}

/** Stack of a more privileged level, as the current 16- or 32-bit TSS names it: results of `findInnerStack`. */
export let innerSelector: u32 = 0;
export let innerPointer: u64 = 0;
export let innerDescriptor: u64 = 0;

/** Reads and checks SS:SP of `level`; #TS with the TSS's or the stack's selector. */
export function findInnerStack(vp: usize, level: u32, ext: u32): void {
  const tss = segmentAddress(vp, TR);
  const base = load<u64>(tss + SEG_BASE);
  const taskCode = (<u32>load<u16>(tss + SEG_SELECTOR) & 0xfffc) | ext;
  if ((attributesIn(vp, TR) & 0xf) == TYPE_TSS16_BUSY) {
    const at: u32 = 2 + 4 * level;
    if (at + 3 > limitIn(vp, TR)) raiseTS(vp, taskCode);
    innerPointer = readSystem(vp, base + at, 2);
    innerSelector = <u32>readSystem(vp, base + at + 2, 2);
  } else {
    const at: u32 = 4 + 8 * level;
    if (at + 5 > limitIn(vp, TR)) raiseTS(vp, taskCode);
    innerPointer = readSystem(vp, base + at, 4);
    innerSelector = <u32>readSystem(vp, base + at + 4, 2);
  }
  const code = (innerSelector & 0xfffc) | ext;
  if (isNull(innerSelector)) raiseTS(vp, ext);
  const at = findDescriptor(vp, innerSelector, 8);
  if (at == NO_DESCRIPTOR) raiseTS(vp, code);
  innerDescriptor = readDescriptor(vp, at);
  const attributes = attributesOf(innerDescriptor);
  if ((innerSelector & 3) != level || dplOf(attributes) != level || !isWritableData(attributes)) raiseTS(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseSS(vp, code);
  markAccessed(vp, at, innerDescriptor);
}

/** A stack pointer out of the 64-bit TSS: RSP0–RSP2 at index 0–2, IST1–IST7 at index 4–10. */
export function taskStack64(vp: usize, index: u32, ext: u32): u64 {
  const at: u32 = 4 + 8 * index;
  if (at + 7 > limitIn(vp, TR)) raiseTS(vp, (selectorOf(vp, TR) & 0xfffc) | ext);
  const sp = readSystem(vp, load<u64>(segmentAddress(vp, TR) + SEG_BASE) + at, 8);
  if (!isCanonical(sp)) raiseSS(vp, ext);
  return sp;
}
