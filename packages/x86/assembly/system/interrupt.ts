/** Delivery of interrupts and exceptions through the IVT or IDT. Intel SDM volume 3, "Interrupt and Exception Handling". */

import { raiseGP, raiseNP } from '../exception';
import { getFlags } from '../flags';
import { cpl, updateMode } from '../mode';
import { MODE_LONG, MODE_PROTECTED, MODE_V86 } from '../mode-bits';
import {
  CC_OP,
  CS,
  DS,
  ES,
  FLAG_AC,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VM,
  FS,
  GS,
  IDTR,
  MODE_WORD,
  RFLAGS,
  RIP,
  RSP,
  SEG_LIMIT,
  SS,
} from '../state';
import {
  checkTarget,
  findInnerStack,
  innerDescriptor,
  innerPointer,
  innerSelector,
  isLongCode,
  loadCode,
  loadRealCode,
  requireDescriptor,
  setNullStack,
  taskStack64,
} from './code-segment';
import { readSystem } from './core-access';
import {
  ATTRIBUTE_D,
  ATTRIBUTE_P,
  attributesOf,
  baseOf,
  dplOf,
  isCode,
  isConforming,
  limitOf,
  selectorOf,
  setFromDescriptor,
  setSegment,
  TYPE_INTERRUPT_GATE,
  TYPE_INTERRUPT_GATE16,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE,
  TYPE_TRAP_GATE16,
} from './descriptor';
import { commitStack, push, useCurrentStack, useStack, useStack64 } from './stack';
import { switchTaskByInterrupt } from './task-switch';

/** What raises the interrupt: decides on the gate's DPL check and the EXT bit of error codes. */
export const SOURCE_EXTERNAL: u32 = 0;
/** INT n, INT3, INTO: the gate's DPL counts. */
export const SOURCE_SOFTWARE: u32 = 1;

/**
 * Delivers a vector. RIP is the address to return to; for software interrupts it is `returnRip`. Faults in delivery
 * raise with nothing changed.
 */
export function deliver(vp: usize, vector: u32, source: u32, returnRip: u64, hasError: bool, error: u32): void {
  const mode = load<u32>(vp + MODE_WORD);
  const flags = getFlags(vp);
  if (mode & MODE_LONG) deliverLong(vp, vector, source, returnRip, flags, hasError, error);
  else if (mode & (MODE_PROTECTED | MODE_V86)) deliverProtected(vp, vector, source, returnRip, flags, hasError, error);
  else deliverReal(vp, vector, returnRip, flags);
}

function clearFlags(vp: usize, mask: u32): void {
  store<u32>(vp + CC_OP, 0);
  store<u64>(vp + RFLAGS, load<u64>(vp + RFLAGS) & ~(<u64>mask));
}

function deliverReal(vp: usize, vector: u32, returnRip: u64, flags: u32): void {
  if (vector * 4 + 3 > load<u32>(vp + IDTR + SEG_LIMIT)) raiseGP(vp, 0);
  const target = <u32>readSystem(vp, load<u64>(vp + IDTR) + vector * 4, 4);
  useCurrentStack(vp);
  push(vp, 2, flags);
  push(vp, 2, selectorOf(vp, CS));
  push(vp, 2, returnRip);
  commitStack(vp);
  clearFlags(vp, FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF);
  loadRealCode(vp, target >> 16, target & 0xffff);
}

/** Checks a gate's DPL (software) and presence. */
function checkGate(vp: usize, attributes: u32, source: u32, code: u32): void {
  if (source == SOURCE_SOFTWARE && dplOf(attributes) < cpl(vp)) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code | (source == SOURCE_SOFTWARE ? 0 : 1));
}

/** Checks the handler's code segment; gives the privilege that the handler runs with. */
function handlerLevel(vp: usize, selector: u32, attributes: u32, ext: u32): u32 {
  const code = (selector & 0xfffc) | ext;
  const level = cpl(vp);
  const dpl = dplOf(attributes);
  if (!isCode(attributes) || dpl > level) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  return isConforming(attributes) ? level : dpl;
}

function deliverProtected(
  vp: usize,
  vector: u32,
  source: u32,
  returnRip: u64,
  flags: u32,
  hasError: bool,
  error: u32,
): void {
  const ext: u32 = source == SOURCE_SOFTWARE ? 0 : 1;
  const idtCode = (vector << 3) | 2;
  if (vector * 8 + 7 > load<u32>(vp + IDTR + SEG_LIMIT)) raiseGP(vp, idtCode | ext);
  const gate = readSystem(vp, load<u64>(vp + IDTR) + vector * 8, 8);
  const gateAttributes = attributesOf(gate);
  const type = gateAttributes & 0x1f;
  const known =
    type == TYPE_INTERRUPT_GATE ||
    type == TYPE_TRAP_GATE ||
    type == TYPE_INTERRUPT_GATE16 ||
    type == TYPE_TRAP_GATE16 ||
    type == TYPE_TASK_GATE;
  if (!known) raiseGP(vp, idtCode | ext);
  checkGate(vp, gateAttributes, source, idtCode);
  const selector = <u32>(gate >> 16) & 0xffff;
  if (type == TYPE_TASK_GATE) {
    switchTaskByInterrupt(vp, selector, returnRip, ext, hasError, error);
    return;
  }
  const is32 = (type & 8) != 0;
  const offset: u64 = (gate & 0xffff) | (is32 ? (gate >> 32) & 0xffff0000 : 0);
  const descriptor = requireDescriptor(vp, selector, ext);
  const attributes = attributesOf(descriptor);
  const level = handlerLevel(vp, selector, attributes, ext);
  const v86 = (flags & FLAG_VM) != 0;
  if (v86 && level != 0) raiseGP(vp, (selector & 0xfffc) | ext);
  checkTarget(vp, descriptor, offset, ext);
  const inner = level < cpl(vp);
  const bytes: u32 = is32 ? 4 : 2;
  if (inner) {
    findInnerStack(vp, level, ext);
    const stack = attributesOf(innerDescriptor);
    useStack(baseOf(innerDescriptor), limitOf(innerDescriptor), stack, innerPointer, level, innerSelector & 0xfffc | ext);
    if (v86) pushSegments(vp, bytes);
    push(vp, bytes, selectorOf(vp, SS));
    push(vp, bytes, load<u64>(vp + RSP));
  } else useCurrentStack(vp);
  push(vp, bytes, flags);
  push(vp, bytes, selectorOf(vp, CS));
  push(vp, bytes, returnRip);
  if (hasError) push(vp, bytes, error);
  if (inner) {
    setFromDescriptor(vp, SS, innerSelector, innerDescriptor);
    if (v86) clearSegments(vp);
    // A 16-bit stack keeps ESP's upper half only of its own pointer.
    store<u64>(vp + RSP, innerPointer);
  }
  commitStack(vp);
  clearFlags(vp, FLAG_TF | FLAG_VM | FLAG_RF | FLAG_NT | (type & 1 ? 0 : FLAG_IF));
  loadCode(vp, selector, descriptor, level, offset);
  updateMode(vp);
}

function pushSegments(vp: usize, bytes: u32): void {
  push(vp, bytes, selectorOf(vp, GS));
  push(vp, bytes, selectorOf(vp, FS));
  push(vp, bytes, selectorOf(vp, DS));
  push(vp, bytes, selectorOf(vp, ES));
}

function clearSegments(vp: usize): void {
  setSegment(vp, GS, 0, 0, 0, 0);
  setSegment(vp, FS, 0, 0, 0, 0);
  setSegment(vp, DS, 0, 0, 0, 0);
  setSegment(vp, ES, 0, 0, 0, 0);
}

function deliverLong(
  vp: usize,
  vector: u32,
  source: u32,
  returnRip: u64,
  flags: u32,
  hasError: bool,
  error: u32,
): void {
  const ext: u32 = source == SOURCE_SOFTWARE ? 0 : 1;
  const idtCode = (vector << 3) | 2;
  if (vector * 16 + 15 > load<u32>(vp + IDTR + SEG_LIMIT)) raiseGP(vp, idtCode | ext);
  const at = load<u64>(vp + IDTR) + vector * 16;
  const gate = readSystem(vp, at, 8);
  const gateAttributes = attributesOf(gate);
  const type = gateAttributes & 0x1f;
  if (type != TYPE_INTERRUPT_GATE && type != TYPE_TRAP_GATE) raiseGP(vp, idtCode | ext);
  checkGate(vp, gateAttributes, source, idtCode);
  const offset = (gate & 0xffff) | ((gate >> 32) & 0xffff0000) | (readSystem(vp, at + 8, 4) << 32);
  const selector = <u32>(gate >> 16) & 0xffff;
  const descriptor = requireDescriptor(vp, selector, ext);
  const attributes = attributesOf(descriptor);
  const level = handlerLevel(vp, selector, attributes, ext);
  if (!isLongCode(vp, attributes) || (attributes & ATTRIBUTE_D) != 0) raiseGP(vp, (selector & 0xfffc) | ext);
  checkTarget(vp, descriptor, offset, ext);
  const ist = <u32>(gate >> 32) & 7;
  const inner = level < cpl(vp);
  let sp = load<u64>(vp + RSP);
  if (ist != 0) sp = taskStack64(vp, ist + 3, ext);
  else if (inner) sp = taskStack64(vp, level, ext);
  useStack64(sp & ~(<u64>15), level);
  push(vp, 8, selectorOf(vp, SS));
  push(vp, 8, load<u64>(vp + RSP));
  push(vp, 8, flags);
  push(vp, 8, selectorOf(vp, CS));
  push(vp, 8, returnRip);
  if (hasError) push(vp, 8, error);
  commitStack(vp);
  if (inner) setNullStack(vp, level);
  clearFlags(vp, FLAG_TF | FLAG_VM | FLAG_RF | FLAG_NT | (type & 1 ? 0 : FLAG_IF));
  loadCode(vp, selector, descriptor, level, offset);
  updateMode(vp);
}

/** INT n: virtual-8086 mode allows it at IOPL 3 only (VME is not offered). */
export function softwareInterrupt(vp: usize, vector: u32): void {
  const mode = load<u32>(vp + MODE_WORD);
  if (mode & MODE_V86 && (load<u32>(vp + RFLAGS) & FLAG_IOPL) != FLAG_IOPL) raiseGP(vp, 0);
  store<u32>(vp + RFLAGS, load<u32>(vp + RFLAGS) & ~FLAG_RF);
  deliver(vp, vector, SOURCE_SOFTWARE, load<u64>(vp + RIP), false, 0);
}
