/** IRET in all modes. Intel SDM volume 2, "IRET/IRETD/IRETQ". */

import { raiseGP } from '../exception';
import { getFlags, setFlags } from '../flags';
import { cpl, updateMode } from '../mode';
import { MODE_64, MODE_LONG, MODE_PROTECTED, MODE_V86 } from '../mode-bits';
import {
  CS,
  DS,
  ES,
  FLAG_AC,
  FLAG_ID,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VIF,
  FLAG_VIP,
  FLAG_VM,
  FLAGS_ARITHMETIC,
  FLAG_DF,
  FS,
  GS,
  MODE_WORD,
  NMI_BLOCKED,
  RIP,
  RSP,
  SS,
} from '../state';
import { checkTarget, dropPrivilegedSegments, isLongCode, loadCode, loadRealCode, requireDescriptor } from './code-segment';
import { attributesOf, limitIn, setFromDescriptor, setRealSegment } from './descriptor';
import { checkReturnCode, loadOuterStack, outerStackDescriptor } from './far-transfer';
import { commitStack, pop, popSelector, useCurrentStack } from './stack';
import { returnFromTask } from './task-switch';

const ALWAYS: u32 = FLAGS_ARITHMETIC | FLAG_TF | FLAG_DF | FLAG_NT;
const WIDE: u32 = FLAG_RF | FLAG_AC | FLAG_ID;

export function interruptReturn(vp: usize, bytes: u32): void {
  const mode = load<u32>(vp + MODE_WORD);
  store<u32>(vp + NMI_BLOCKED, 0);
  if (mode & MODE_V86) returnVirtual8086(vp, bytes);
  else if (!(mode & MODE_PROTECTED)) returnReal(vp, bytes);
  else if (getFlags(vp) & FLAG_NT) {
    if (mode & MODE_LONG) raiseGP(vp, 0);
    returnFromTask(vp);
  } else returnProtected(vp, bytes);
}

/** Takes from `popped` the flags in `mask`, keeps the others; a 16-bit image has no upper half. */
export function replaceFlags(vp: usize, popped: u32, mask: u32, bytes: u32): void {
  if (bytes == 2) mask &= 0xffff;
  setFlags(vp, (getFlags(vp) & ~mask) | (popped & mask));
}

function returnReal(vp: usize, bytes: u32): void {
  useCurrentStack(vp);
  const rip = pop(vp, bytes);
  const selector = popSelector(vp, bytes);
  const flags = <u32>pop(vp, bytes);
  if (rip > <u64>limitIn(vp, CS)) raiseGP(vp, 0);
  commitStack(vp);
  replaceFlags(vp, flags, ALWAYS | WIDE | FLAG_IF | FLAG_IOPL, bytes);
  loadRealCode(vp, selector, rip);
}

function returnVirtual8086(vp: usize, bytes: u32): void {
  if ((getFlags(vp) & FLAG_IOPL) != FLAG_IOPL) raiseGP(vp, 0);
  useCurrentStack(vp);
  const rip = pop(vp, bytes);
  const selector = popSelector(vp, bytes);
  const flags = <u32>pop(vp, bytes);
  if (rip > 0xffff) raiseGP(vp, 0);
  commitStack(vp);
  replaceFlags(vp, flags, ALWAYS | WIDE | FLAG_IF, bytes);
  loadRealCode(vp, selector, rip);
}

/** Flags that IRET may change at privilege `level`. */
function changeable(vp: usize, level: u32): u32 {
  let mask = ALWAYS | WIDE;
  if (level <= (getFlags(vp) & FLAG_IOPL) >> 12) mask |= FLAG_IF;
  if (level == 0) mask |= FLAG_IOPL | FLAG_VIF | FLAG_VIP;
  return mask;
}

function returnProtected(vp: usize, bytes: u32): void {
  const mode = load<u32>(vp + MODE_WORD);
  const oldLevel = cpl(vp);
  useCurrentStack(vp);
  const rip = pop(vp, bytes);
  const selector = popSelector(vp, bytes);
  const flags = <u32>pop(vp, bytes);
  if (flags & FLAG_VM && bytes == 4 && oldLevel == 0 && !(mode & MODE_LONG)) {
    enterVirtual8086(vp, selector, rip, flags);
    return;
  }
  const descriptor = requireDescriptor(vp, selector, 0);
  const level = selector & 3;
  checkReturnCode(vp, selector, attributesOf(descriptor));
  checkTarget(vp, descriptor, rip, 0);
  const withStack = (mode & MODE_64) != 0 || level > oldLevel;
  if (withStack) {
    const sp = pop(vp, bytes);
    const ss = popSelector(vp, bytes);
    const toLong = isLongCode(vp, attributesOf(descriptor));
    const stack = outerStackDescriptor(vp, ss, level, toLong);
    if (toLong && stack != 0) {
      setFromDescriptor(vp, SS, ss, stack);
      store<u64>(vp + RSP, sp);
    } else loadOuterStack(vp, ss, stack, level, sp);
  } else commitStack(vp);
  replaceFlags(vp, flags, changeable(vp, oldLevel), bytes);
  loadCode(vp, selector, descriptor, level, rip);
  if (level > oldLevel) dropPrivilegedSegments(vp, level);
  updateMode(vp);
}

/** The popped image has VM set: on to virtual-8086 mode with all segments from the stack. */
function enterVirtual8086(vp: usize, cs: u32, rip: u64, flags: u32): void {
  const sp = pop(vp, 4);
  const ss = popSelector(vp, 4);
  const es = popSelector(vp, 4);
  const ds = popSelector(vp, 4);
  const fs = popSelector(vp, 4);
  const gs = popSelector(vp, 4);
  setFlags(vp, flags);
  setRealSegment(vp, CS, cs, true);
  setRealSegment(vp, SS, ss, true);
  setRealSegment(vp, ES, es, true);
  setRealSegment(vp, DS, ds, true);
  setRealSegment(vp, FS, fs, true);
  setRealSegment(vp, GS, gs, true);
  store<u64>(vp + RSP, sp);
  store<u64>(vp + RIP, rip & 0xffff);
  updateMode(vp);
}
