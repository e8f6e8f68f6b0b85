/**
 * Task switches of legacy protected mode, through TSS descriptors and task gates. Intel SDM volume 3, "Task Management".
 *
 * Everything is checked that belongs to the old task before its state is saved; what goes wrong with the new task's
 * segments is a fault of the new task, as in hardware.
 */

import { raiseGP, raiseNP, raiseSS, raiseTS } from '../exception';
import { getFlags, setFlags } from '../flags';
import { segmentAddress, updateMode } from '../mode';
import {
  CR0,
  CR0_PG,
  CR0_TS,
  CR3,
  CS,
  CURRENT_OP,
  DR7,
  DS,
  ES,
  FLAG_NT,
  FLAG_VM,
  FS,
  GS,
  LDTR,
  PENDING_DEBUG,
  RAX,
  RIP,
  SEG_BASE,
  SS,
  TR,
} from '../state';
import { armBreakpoints } from './breakpoints';
import { flushNonGlobal, readSystem, writeSystem } from './core-access';
import { loadPdptes } from './paging-registers';
import {
  ATTRIBUTE_P,
  attributesIn,
  attributesOf,
  baseOf,
  dplOf,
  findDescriptor,
  isCode,
  isConforming,
  isNull,
  isReadable,
  isWritableData,
  limitIn,
  limitOf,
  markAccessed,
  markBusy,
  NO_DESCRIPTOR,
  readDescriptor,
  selectorOf,
  setFromDescriptor,
  setRealSegment,
  setSegment,
  TYPE_LDT,
  TYPE_TSS,
  TYPE_TSS16,
  TYPE_TSS16_BUSY,
  TYPE_TSS_BUSY,
} from './descriptor';
import { commitStack, push, useCurrentStack } from './stack';

/** DR6.BT. */
const TASK_TRAP: u32 = 0x8000;

export const SWITCH_JUMP: u32 = 0;
export const SWITCH_CALL: u32 = 1;
export const SWITCH_IRET: u32 = 2;
export const SWITCH_INTERRUPT: u32 = 3;

/** A task gate in the IDT. */
export function switchTaskByInterrupt(
  vp: usize,
  selector: u32,
  returnRip: u64,
  ext: u32,
  hasError: bool,
  error: u32,
): void {
  switchTask(vp, selector, SWITCH_INTERRUPT, returnRip, hasError, error, ext);
}

/** IRET with NT set: back to the task that the link names. */
export function returnFromTask(vp: usize): void {
  const link = <u32>readSystem(vp, load<u64>(segmentAddress(vp, TR) + SEG_BASE), 2);
  if (link & 4 || isNull(link)) raiseTS(vp, link & 0xfffc);
  switchTask(vp, link, SWITCH_IRET, load<u64>(vp + RIP), false, 0, 0);
}

/** Switches to the task of TSS `selector`. The old task resumes at `returnRip`. */
export function switchTask(
  vp: usize,
  selector: u32,
  kind: u32,
  returnRip: u64,
  hasError: bool,
  error: u32,
  ext: u32,
): void {
  const code = (selector & 0xfffc) | ext;
  const at = selector & 4 || isNull(selector) ? NO_DESCRIPTOR : findDescriptor(vp, selector, 8);
  if (at == NO_DESCRIPTOR) refuse(vp, kind, code);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  const type = attributes & 0x1f;
  const wanted16 = kind == SWITCH_IRET ? TYPE_TSS16_BUSY : TYPE_TSS16;
  const wanted32 = kind == SWITCH_IRET ? TYPE_TSS_BUSY : TYPE_TSS;
  if (type != wanted16 && type != wanted32) refuse(vp, kind, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  const wide = (type & 8) != 0;
  const to = <u64>baseOf(descriptor);
  if (limitOf(descriptor) < (wide ? <u32>0x67 : <u32>0x2b)) raiseTS(vp, code);
  probeNew(vp, to, wide);
  saveTask(vp, kind, returnRip);
  const oldSelector = selectorOf(vp, TR);
  if (kind == SWITCH_CALL || kind == SWITCH_INTERRUPT) writeSystem(vp, to, 2, oldSelector);
  if (kind != SWITCH_IRET) markBusy(vp, at, true);
  setSegment(vp, TR, selector, to, limitOf(descriptor), attributes | 2);
  const traps = wide && (readSystem(vp, to + 0x64, 2) & 1) != 0;
  loadTaskState(vp, to, wide, kind);
  if (traps) store<u32>(vp + PENDING_DEBUG, load<u32>(vp + PENDING_DEBUG) | TASK_TRAP);
  if (hasError) {
    useCurrentStack(vp);
    push(vp, wide ? 4 : 2, error);
    commitStack(vp);
  }
}

/** A bad TSS: #TS on the way back, else #GP. */
function refuse(vp: usize, kind: u32, code: u32): void {
  if (kind == SWITCH_IRET) raiseTS(vp, code);
  raiseGP(vp, code);
}

/** Touches the new TSS so that page faults come before the switch. */
function probeNew(vp: usize, to: u64, wide: bool): void {
  readSystem(vp, to, 2);
  readSystem(vp, to + (wide ? 0x66 : 0x2a), 2);
}

/** Writes the old task's state into its TSS and makes it available again unless it is nested under. */
function saveTask(vp: usize, kind: u32, returnRip: u64): void {
  const from = load<u64>(segmentAddress(vp, TR) + SEG_BASE);
  const wide = (attributesIn(vp, TR) & 8) != 0;
  let flags = getFlags(vp);
  if (kind == SWITCH_IRET) flags &= ~FLAG_NT;
  const bytes: u32 = wide ? 4 : 2;
  const at: u32 = wide ? 0x20 : 0x0e;
  // Once before anything is changed, so that a page that cannot be written faults here.
  writeSystem(vp, from + (wide ? 0x5c : 0x28), 2, selectorOf(vp, wide ? GS : DS));
  writeSystem(vp, from + at, bytes, returnRip);
  writeSystem(vp, from + at + bytes, bytes, flags);
  for (let i: u32 = 0; i < 8; i++) {
    writeSystem(vp, from + at + (2 + i) * bytes, bytes, load<u64>(vp + RAX + (<usize>i << 3)));
  }
  const segments = at + 10 * bytes;
  const count: u32 = wide ? 6 : 4;
  for (let i: u32 = 0; i < count; i++) writeSystem(vp, from + segments + i * bytes, 2, selectorOf(vp, i));
  if (kind == SWITCH_JUMP || kind == SWITCH_IRET) {
    const old = findDescriptor(vp, selectorOf(vp, TR), 8);
    if (old != NO_DESCRIPTOR) markBusy(vp, old, false);
  }
}

/** Takes the new task's registers out of its TSS, then checks its segments: faults are its own from here. */
function loadTaskState(vp: usize, to: u64, wide: bool, kind: u32): void {
  const bytes: u32 = wide ? 4 : 2;
  const at: u32 = wide ? 0x20 : 0x0e;
  const rip = readSystem(vp, to + at, bytes);
  let flags = <u32>readSystem(vp, to + at + bytes, bytes);
  for (let i: u32 = 0; i < 8; i++) {
    store<u64>(vp + RAX + (<usize>i << 3), readSystem(vp, to + at + (2 + i) * bytes, bytes));
  }
  const segments = to + at + 10 * bytes;
  const es = <u32>readSystem(vp, segments, 2);
  const cs = <u32>readSystem(vp, segments + bytes, 2);
  const ss = <u32>readSystem(vp, segments + 2 * bytes, 2);
  const ds = <u32>readSystem(vp, segments + 3 * bytes, 2);
  const fs = wide ? <u32>readSystem(vp, segments + 16, 2) : 0;
  const gs = wide ? <u32>readSystem(vp, segments + 20, 2) : 0;
  const ldt = <u32>readSystem(vp, segments + (wide ? 24 : 8), 2);
  if (wide && load<u32>(vp + CR0) & CR0_PG) {
    const cr3 = readSystem(vp, to + 0x1c, 4);
    loadPdptes(vp, cr3);
    store<u64>(vp + CR3, cr3);
    flushNonGlobal(vp);
  }
  if (kind == SWITCH_CALL || kind == SWITCH_INTERRUPT) flags |= FLAG_NT;
  store<u64>(vp + CR0, load<u64>(vp + CR0) | CR0_TS);
  store<u64>(vp + DR7, load<u64>(vp + DR7) & ~(<u64>0x55));
  armBreakpoints(vp);
  setFlags(vp, flags);
  store<u64>(vp + RIP, rip);
  // The instruction that switched is over: faults below belong to the new task's first instruction.
  store<u32>(vp + CURRENT_OP, 0);
  loadTaskSegments(vp, flags, ldt, cs, ss, ds, es, fs, gs);
  updateMode(vp);
}

function loadTaskSegments(
  vp: usize,
  flags: u32,
  ldt: u32,
  cs: u32,
  ss: u32,
  ds: u32,
  es: u32,
  fs: u32,
  gs: u32,
): void {
  setSegment(vp, LDTR, ldt, 0, 0, 0);
  const v86 = (flags & FLAG_VM) != 0;
  const level: u32 = v86 ? 3 : cs & 3;
  setSegment(vp, CS, cs, 0, 0, 0);
  setSegment(vp, SS, ss, 0, 0, level << 5);
  setSegment(vp, DS, ds, 0, 0, 0);
  setSegment(vp, ES, es, 0, 0, 0);
  setSegment(vp, FS, fs, 0, 0, 0);
  setSegment(vp, GS, gs, 0, 0, 0);
  updateMode(vp);
  loadTaskLdt(vp, ldt);
  if (v86) {
    setRealSegment(vp, CS, cs, true);
    setRealSegment(vp, SS, ss, true);
    setRealSegment(vp, DS, ds, true);
    setRealSegment(vp, ES, es, true);
    setRealSegment(vp, FS, fs, true);
    setRealSegment(vp, GS, gs, true);
    return;
  }
  loadTaskCode(vp, cs, level);
  loadTaskStack(vp, ss, level);
  loadTaskData(vp, DS, ds, level);
  loadTaskData(vp, ES, es, level);
  loadTaskData(vp, FS, fs, level);
  loadTaskData(vp, GS, gs, level);
}

function loadTaskLdt(vp: usize, selector: u32): void {
  if (isNull(selector)) return;
  const at = selector & 4 ? NO_DESCRIPTOR : findDescriptor(vp, selector, 8);
  if (at == NO_DESCRIPTOR) raiseTS(vp, selector & 0xfffc);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  if ((attributes & 0x1f) != TYPE_LDT || !(attributes & ATTRIBUTE_P)) raiseTS(vp, selector & 0xfffc);
  setSegment(vp, LDTR, selector, baseOf(descriptor), limitOf(descriptor), attributes);
}

/** Descriptor address of a selector in a TSS; #TS when it is null or outside of its table. */
function requireTaskDescriptor(vp: usize, selector: u32): u64 {
  const at = isNull(selector) ? NO_DESCRIPTOR : findDescriptor(vp, selector, 8);
  if (at == NO_DESCRIPTOR) raiseTS(vp, selector & 0xfffc);
  return at;
}

function loadTaskCode(vp: usize, selector: u32, level: u32): void {
  const code = selector & 0xfffc;
  const at = requireTaskDescriptor(vp, selector);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  const dpl = dplOf(attributes);
  if (!isCode(attributes) || (isConforming(attributes) ? dpl > level : dpl != level)) raiseTS(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  markAccessed(vp, at, descriptor);
  setFromDescriptor(vp, CS, selector, descriptor);
  if (load<u64>(vp + RIP) > <u64>limitIn(vp, CS)) raiseGP(vp, 0);
}

function loadTaskStack(vp: usize, selector: u32, level: u32): void {
  const code = selector & 0xfffc;
  const at = requireTaskDescriptor(vp, selector);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  if (!isWritableData(attributes) || dplOf(attributes) != level || (selector & 3) != level) raiseTS(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseSS(vp, code);
  markAccessed(vp, at, descriptor);
  setFromDescriptor(vp, SS, selector, descriptor);
}

function loadTaskData(vp: usize, segment: u32, selector: u32, level: u32): void {
  if (isNull(selector)) return;
  const code = selector & 0xfffc;
  const at = requireTaskDescriptor(vp, selector);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  if (!isReadable(attributes)) raiseTS(vp, code);
  if (!(isCode(attributes) && isConforming(attributes))) {
    if (dplOf(attributes) < level || dplOf(attributes) < (selector & 3)) raiseTS(vp, code);
  }
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  markAccessed(vp, at, descriptor);
  setFromDescriptor(vp, segment, selector, descriptor);
}
