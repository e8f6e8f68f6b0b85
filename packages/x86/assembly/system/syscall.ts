/** SYSCALL, SYSRET, SYSENTER, SYSEXIT and SWAPGS. Intel SDM volume 2. */

import { raiseGP, raiseUD } from '../exception';
import { getFlags, setFlags } from '../flags';
import { cpl, segmentAddress, updateMode } from '../mode';
import {
  CR0,
  CR0_PE,
  CS,
  EFER,
  EFER_SCE,
  FLAG_IF,
  FLAG_RF,
  FLAG_TF,
  FLAG_VM,
  GS,
  KERNEL_GS_BASE,
  LSTAR,
  PENDING_DEBUG,
  R11,
  RCX,
  RDX,
  RFLAGS,
  RIP,
  RSP,
  SEG_BASE,
  SFMASK,
  SS,
  STAR,
  SYSENTER_CS,
  SYSENTER_EIP,
  SYSENTER_ESP,
} from '../state';
import { in64BitMode, inLongMode, isCanonical, setSegment } from './descriptor';

/** Flat present read/write data, G and B, accessed. */
const FLAT_DATA: u32 = 0xc093;
/** Flat present readable code, G, accessed; L or D is added. */
const FLAT_CODE: u32 = 0x809b;
/** DR6.BS. */
const SINGLE_STEP: u32 = 0x4000;
const LONG: u32 = 0x2000;
const WIDE: u32 = 0x4000;

/** CS and SS as these instructions set them: fixed, never read from a table. */
function setFlat(vp: usize, cs: u32, ss: u32, level: u32, long: bool): void {
  setSegment(vp, CS, cs, 0, 0xffffffff, FLAT_CODE | (level << 5) | (long ? LONG : WIDE));
  setSegment(vp, SS, ss, 0, 0xffffffff, FLAT_DATA | (level << 5));
  updateMode(vp);
}

function checkEnabled(vp: usize): void {
  if (!(load<u32>(vp + EFER) & EFER_SCE)) raiseUD(vp);
}

/** SYSCALL and SYSRET trap behind themselves by the TF that they have put in place. */
function trapIfStepping(vp: usize): void {
  if (load<u32>(vp + RFLAGS) & FLAG_TF) store<u32>(vp + PENDING_DEBUG, load<u32>(vp + PENDING_DEBUG) | SINGLE_STEP);
}

/** SYSCALL in 64-bit mode; as on Intel processors it is undefined elsewhere. */
export function systemCall(vp: usize): void {
  checkEnabled(vp);
  if (!in64BitMode(vp)) raiseUD(vp);
  const flags = getFlags(vp);
  store<u64>(vp + RCX, load<u64>(vp + RIP));
  store<u64>(vp + R11, flags & ~FLAG_RF);
  store<u64>(vp + RIP, load<u64>(vp + LSTAR));
  setFlags(vp, flags & ~(load<u32>(vp + SFMASK) | FLAG_RF));
  trapIfStepping(vp);
  const selector = <u32>(load<u64>(vp + STAR) >> 32) & 0xfffc;
  setFlat(vp, selector, selector + 8, 0, true);
}

/** SYSRET: to 64-bit mode with REX.W, else to compatibility mode. A non-canonical RCX raises at privilege 0. */
export function systemReturn(vp: usize, bytes: u32): void {
  checkEnabled(vp);
  if (!in64BitMode(vp)) raiseUD(vp);
  if (cpl(vp) != 0) raiseGP(vp, 0);
  const to = load<u64>(vp + RCX);
  if (bytes == 8 && !isCanonical(to)) raiseGP(vp, 0);
  const selector = <u32>(load<u64>(vp + STAR) >> 48);
  setFlags(vp, load<u32>(vp + R11) & ~(FLAG_RF | FLAG_VM));
  trapIfStepping(vp);
  store<u64>(vp + RIP, bytes == 8 ? to : to & 0xffffffff);
  setFlat(vp, (bytes == 8 ? selector + 16 : selector) | 3, (selector + 8) | 3, 3, bytes == 8);
}

export function systemEnter(vp: usize): void {
  const selector = load<u32>(vp + SYSENTER_CS) & 0xfffc;
  if (!(load<u32>(vp + CR0) & CR0_PE) || selector == 0) raiseGP(vp, 0);
  const long = inLongMode(vp);
  setFlags(vp, getFlags(vp) & ~(FLAG_VM | FLAG_IF | FLAG_RF));
  store<u64>(vp + RSP, load<u64>(vp + SYSENTER_ESP) & (long ? <u64>-1 : 0xffffffff));
  store<u64>(vp + RIP, load<u64>(vp + SYSENTER_EIP) & (long ? <u64>-1 : 0xffffffff));
  setFlat(vp, selector, selector + 8, 0, long);
}

export function systemExit(vp: usize, bytes: u32): void {
  const selector = load<u32>(vp + SYSENTER_CS) & 0xfffc;
  if (!(load<u32>(vp + CR0) & CR0_PE) || selector == 0 || cpl(vp) != 0) raiseGP(vp, 0);
  const rip = load<u64>(vp + RDX);
  const rsp = load<u64>(vp + RCX);
  if (bytes == 8 && (!isCanonical(rip) || !isCanonical(rsp))) raiseGP(vp, 0);
  const mask: u64 = bytes == 8 ? -1 : 0xffffffff;
  store<u64>(vp + RIP, rip & mask);
  store<u64>(vp + RSP, rsp & mask);
  if (bytes == 8) setFlat(vp, (selector + 32) | 3, (selector + 40) | 3, 3, true);
  else setFlat(vp, (selector + 16) | 3, (selector + 24) | 3, 3, false);
}

export function swapGs(vp: usize): void {
  if (!in64BitMode(vp)) raiseUD(vp);
  if (cpl(vp) != 0) raiseGP(vp, 0);
  const gs = segmentAddress(vp, GS) + SEG_BASE;
  const base = load<u64>(gs);
  store<u64>(gs, load<u64>(vp + KERNEL_GS_BASE));
  store<u64>(vp + KERNEL_GS_BASE, base);
}
