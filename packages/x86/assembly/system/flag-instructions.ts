/** CLI, STI, PUSHF, POPF with IOPL. VME and PVI are not offered. Intel SDM volume 2. */

import { raiseGP, raiseUD } from '../exception';
import { changeFlags, getFlags } from '../flags';
import { cpl, updateMode } from '../mode';
import { opPrefixes, PREFIX_66, PREFIX_F2, PREFIX_F3 } from '../micro-op';
import { MODE_PROTECTED, MODE_V86 } from '../mode-bits';
import {
  CR4,
  CR4_SMAP,
  FLAG_AC,
  FLAG_DF,
  FLAG_ID,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VM,
  FLAGS_ARITHMETIC,
  MODE_WORD,
  SHADOW,
  SHADOW_STI,
} from '../state';
import { replaceFlags } from './iret';
import { commitStack, pop, push, useCurrentStack } from './stack';

/** #GP(0) unless IOPL lets this privilege change IF. */
function requireIopl(vp: usize): void {
  const iopl = (getFlags(vp) & FLAG_IOPL) >> 12;
  const mode = load<u32>(vp + MODE_WORD);
  if (mode & MODE_V86) {
    if (iopl != 3) raiseGP(vp, 0);
  } else if (mode & MODE_PROTECTED && cpl(vp) > iopl) raiseGP(vp, 0);
}

export function clearInterruptFlag(vp: usize): void {
  requireIopl(vp);
  changeFlags(vp, FLAG_IF, 0);
}

/** CLAC and STAC: whether the system may reach user pages under SMAP. */
export function setAccessFlag(vp: usize, op: usize, set: bool): void {
  const prefixes = PREFIX_66 | PREFIX_F2 | PREFIX_F3;
  if (!(load<u32>(vp + CR4) & CR4_SMAP) || opPrefixes(op) & prefixes || cpl(vp) != 0) raiseUD(vp);
  changeFlags(vp, FLAG_AC, set ? FLAG_AC : 0);
}

/** STI: interrupts wait for one more instruction when they were off. */
export function setInterruptFlag(vp: usize): void {
  requireIopl(vp);
  if (getFlags(vp) & FLAG_IF) return;
  changeFlags(vp, FLAG_IF, FLAG_IF);
  store<u32>(vp + SHADOW, SHADOW_STI);
}

function requireV86Iopl(vp: usize): void {
  if (load<u32>(vp + MODE_WORD) & MODE_V86 && (getFlags(vp) & FLAG_IOPL) != FLAG_IOPL) raiseGP(vp, 0);
}

export function pushFlags(vp: usize, bytes: u32): void {
  requireV86Iopl(vp);
  useCurrentStack(vp);
  push(vp, bytes, getFlags(vp) & ~(FLAG_VM | FLAG_RF));
  commitStack(vp);
}

export function popFlags(vp: usize, bytes: u32): void {
  requireV86Iopl(vp);
  useCurrentStack(vp);
  const popped = <u32>pop(vp, bytes) & ~FLAG_RF;
  commitStack(vp);
  const mode = load<u32>(vp + MODE_WORD);
  const flags = getFlags(vp);
  let mask = FLAGS_ARITHMETIC | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_RF | FLAG_AC | FLAG_ID;
  const level = mode & MODE_PROTECTED ? cpl(vp) : 0;
  if (mode & MODE_V86) mask |= FLAG_IF;
  else {
    if (level <= (flags & FLAG_IOPL) >> 12) mask |= FLAG_IF;
    if (level == 0) mask |= FLAG_IOPL;
  }
  replaceFlags(vp, popped, mask, bytes);
  if ((flags ^ popped) & (FLAG_AC | FLAG_TF)) updateMode(vp);
}
