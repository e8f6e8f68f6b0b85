/** Far JMP, CALL and RET, with call gates. Intel SDM volume 2, "JMP", "CALL", "RET"; volume 3, "Call Gates". */

import { raiseGP, raiseNP, raiseSS } from '../exception';
import { cpl, updateMode } from '../mode';
import { MODE_PROTECTED } from '../mode-bits';
import { CS, MODE_WORD, RIP, RSP, SS } from '../state';
import {
  checkCodeSize,
  checkDirectCode,
  checkTarget,
  dropPrivilegedSegments,
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
  findDescriptor,
  inLongMode,
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
  setFromDescriptor,
  TYPE_CALL_GATE,
  TYPE_CALL_GATE16,
  TYPE_TASK_GATE,
  TYPE_TSS,
  TYPE_TSS16,
} from './descriptor';
import { commitStack, peek, pop, popSelector, push, skip, useCurrentStack, useStack, useStack64 } from './stack';
import { switchTask, SWITCH_CALL, SWITCH_JUMP } from './task-switch';

function isProtected(vp: usize): bool {
  return (load<u32>(vp + MODE_WORD) & MODE_PROTECTED) != 0;
}

/** JMP ptr16:16/32, JMP m16:16/32/64. */
export function farJump(vp: usize, selector: u32, offset: u64): void {
  if (!isProtected(vp)) {
    if (offset > <u64>limitIn(vp, CS)) raiseGP(vp, 0);
    loadRealCode(vp, selector, offset);
    return;
  }
  const descriptor = requireDescriptor(vp, selector, 0);
  const attributes = attributesOf(descriptor);
  if (attributes & 0x10) {
    checkDirectCode(vp, selector, attributes);
    checkTarget(vp, descriptor, offset, 0);
    loadCode(vp, selector, descriptor, cpl(vp), offset);
    updateMode(vp);
  } else farThroughSystem(vp, selector, descriptor, false);
}

/** CALL ptr16:16/32, CALL m16:16/32/64; `bytes` is the operand size. */
export function farCall(vp: usize, selector: u32, offset: u64, bytes: u32): void {
  const returnRip = load<u64>(vp + RIP);
  if (!isProtected(vp)) {
    useCurrentStack(vp);
    push(vp, bytes, selectorOf(vp, CS));
    push(vp, bytes, returnRip);
    if (offset > <u64>limitIn(vp, CS)) raiseGP(vp, 0);
    commitStack(vp);
    loadRealCode(vp, selector, offset);
    return;
  }
  const descriptor = requireDescriptor(vp, selector, 0);
  const attributes = attributesOf(descriptor);
  if (!(attributes & 0x10)) {
    farThroughSystem(vp, selector, descriptor, true);
    return;
  }
  checkDirectCode(vp, selector, attributes);
  useCurrentStack(vp);
  push(vp, bytes, selectorOf(vp, CS));
  push(vp, bytes, returnRip);
  checkTarget(vp, descriptor, offset, 0);
  commitStack(vp);
  loadCode(vp, selector, descriptor, cpl(vp), offset);
  updateMode(vp);
}

/** Transfers through call gates, task gates and TSS descriptors. */
function farThroughSystem(vp: usize, selector: u32, descriptor: u64, isCall: bool): void {
  const code = selector & 0xfffc;
  const attributes = attributesOf(descriptor);
  const type = attributes & 0x1f;
  const long = inLongMode(vp);
  const gate = type == TYPE_CALL_GATE || (type == TYPE_CALL_GATE16 && !long);
  const task = !long && (type == TYPE_TASK_GATE || type == TYPE_TSS || type == TYPE_TSS16);
  const dpl = dplOf(attributes);
  if ((!gate && !task) || dpl < cpl(vp) || dpl < (selector & 3)) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  if (task) {
    const target = type == TYPE_TASK_GATE ? <u32>(descriptor >> 16) & 0xffff : selector;
    switchTask(vp, target, isCall ? SWITCH_CALL : SWITCH_JUMP, load<u64>(vp + RIP), false, 0, 0);
  } else throughCallGate(vp, selector, descriptor, isCall);
}

function throughCallGate(vp: usize, gateSelector: u32, gate: u64, isCall: bool): void {
  const long = inLongMode(vp);
  const is32 = (attributesOf(gate) & 8) != 0;
  let offset: u64 = (gate & 0xffff) | (is32 ? (gate >> 32) & 0xffff0000 : 0);
  if (long) {
    const at = findDescriptor(vp, gateSelector, 16);
    if (at == NO_DESCRIPTOR) raiseGP(vp, gateSelector & 0xfffc);
    const high = readSystem(vp, at + 8, 8);
    if (high & 0x1f0000000000) raiseGP(vp, gateSelector & 0xfffc);
    offset |= high << 32;
  }
  const selector = <u32>(gate >> 16) & 0xffff;
  const code = selector & 0xfffc;
  const descriptor = requireDescriptor(vp, selector, 0);
  const attributes = attributesOf(descriptor);
  const dpl = dplOf(attributes);
  const level = cpl(vp);
  if (!isCode(attributes) || dpl > level) raiseGP(vp, code);
  if (!isCall && !isConforming(attributes) && dpl != level) raiseGP(vp, code);
  if (long && (!isLongCode(vp, attributes) || (attributes & ATTRIBUTE_D) != 0)) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  checkTarget(vp, descriptor, offset, 0);
  if (isCall) {
    const bytes: u32 = long ? 8 : is32 ? 4 : 2;
    if (!isConforming(attributes) && dpl < level) {
      callInner(vp, selector, descriptor, dpl, offset, bytes, <u32>(gate >> 32) & 31);
      return;
    }
    useCurrentStack(vp);
    push(vp, bytes, selectorOf(vp, CS));
    push(vp, bytes, load<u64>(vp + RIP));
    commitStack(vp);
  }
  loadCode(vp, selector, descriptor, level, offset);
  updateMode(vp);
}

/** A call to more privilege: switches stacks and copies `count` parameters. */
function callInner(vp: usize, selector: u32, descriptor: u64, level: u32, offset: u64, bytes: u32, count: u32): void {
  const oldSs = selectorOf(vp, SS);
  const oldSp = load<u64>(vp + RSP);
  if (bytes == 8) {
    useStack64(taskStack64(vp, level, 0), level);
  } else {
    findInnerStack(vp, level, 0);
    useCurrentStack(vp);
    for (let i: u32 = 0; i < count; i++) {
      // The parameters wait in the scratch area: the old stack's frame is given up for the new one's.
      store<u64>(vp + 2048 + (<usize>i << 3), peek(vp, i * bytes, bytes));
    }
    const stack = attributesOf(innerDescriptor);
    useStack(baseOf(innerDescriptor), limitOf(innerDescriptor), stack, innerPointer, level, innerSelector & 0xfffc);
  }
  push(vp, bytes, oldSs);
  push(vp, bytes, oldSp);
  if (bytes != 8) for (let i = count; i > 0; i--) push(vp, bytes, load<u64>(vp + 2048 + (<usize>(i - 1) << 3)));
  push(vp, bytes, selectorOf(vp, CS));
  push(vp, bytes, load<u64>(vp + RIP));
  if (bytes == 8) setNullStack(vp, level);
  else {
    setFromDescriptor(vp, SS, innerSelector, innerDescriptor);
    store<u64>(vp + RSP, innerPointer);
  }
  commitStack(vp);
  loadCode(vp, selector, descriptor, level, offset);
  updateMode(vp);
}

/** RETF and RETF imm16. */
export function farReturn(vp: usize, bytes: u32, release: u32): void {
  useCurrentStack(vp);
  const rip = pop(vp, bytes);
  const selector = popSelector(vp, bytes);
  if (!isProtected(vp)) {
    if (rip > <u64>limitIn(vp, CS)) raiseGP(vp, 0);
    skip(release);
    commitStack(vp);
    loadRealCode(vp, selector, rip);
    return;
  }
  const descriptor = requireDescriptor(vp, selector, 0);
  checkReturnCode(vp, selector, attributesOf(descriptor));
  checkTarget(vp, descriptor, rip, 0);
  const level = selector & 3;
  skip(release);
  if (level > cpl(vp)) {
    const sp = pop(vp, bytes);
    const ss = popSelector(vp, bytes);
    returnToOuter(vp, selector, descriptor, rip, ss, sp, release);
    return;
  }
  commitStack(vp);
  loadCode(vp, selector, descriptor, level, rip);
  updateMode(vp);
}

/** Checks the code segment that RETF or IRET returns to. */
export function checkReturnCode(vp: usize, selector: u32, attributes: u32): void {
  const code = selector & 0xfffc;
  const level = selector & 3;
  const dpl = dplOf(attributes);
  if (!isCode(attributes) || level < cpl(vp)) raiseGP(vp, code);
  if (isConforming(attributes) ? dpl > level : dpl != level) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseNP(vp, code);
  checkCodeSize(vp, attributes, code);
}

/** Descriptor of a stack segment that was returned to; 0 for a null one that is allowed. Raises otherwise. */
export function outerStackDescriptor(vp: usize, ss: u32, level: u32, toLongCode: bool): u64 {
  const code = ss & 0xfffc;
  if (isNull(ss)) {
    if (!toLongCode || level == 3 || (ss & 3) != level) raiseGP(vp, 0);
    return 0;
  }
  const at = findDescriptor(vp, ss, 8);
  if (at == NO_DESCRIPTOR) raiseGP(vp, code);
  const descriptor = readDescriptor(vp, at);
  const attributes = attributesOf(descriptor);
  if ((ss & 3) != level || !isWritableData(attributes) || dplOf(attributes) != level) raiseGP(vp, code);
  if (!(attributes & ATTRIBUTE_P)) raiseSS(vp, code);
  markAccessed(vp, at, descriptor);
  return descriptor;
}

/** Puts SS:SP in place; a 16-bit stack segment takes 16 bits of the pointer. */
export function loadOuterStack(vp: usize, ss: u32, descriptor: u64, level: u32, sp: u64): void {
  if (descriptor == 0) setNullStack(vp, level);
  else setFromDescriptor(vp, SS, ss, descriptor);
  const wideStack = descriptor == 0 || (attributesOf(descriptor) & ATTRIBUTE_D) != 0;
  if (wideStack) store<u64>(vp + RSP, sp);
  else store<u16>(vp + RSP, <u16>sp);
}

function returnToOuter(vp: usize, selector: u32, descriptor: u64, rip: u64, ss: u32, sp: u64, release: u32): void {
  const level = selector & 3;
  const toLong = isLongCode(vp, attributesOf(descriptor));
  const stack = outerStackDescriptor(vp, ss, level, toLong);
  if (toLong && stack != 0) {
    setFromDescriptor(vp, SS, ss, stack);
    store<u64>(vp + RSP, sp + release);
  } else loadOuterStack(vp, ss, stack, level, sp + release);
  loadCode(vp, selector, descriptor, level, rip);
  dropPrivilegedSegments(vp, level);
  updateMode(vp);
}
