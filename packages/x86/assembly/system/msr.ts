/** RDMSR and WRMSR of the registers that the core owns; all others exit. Intel SDM volume 4. */

import { raiseGP } from '../exception';
import { segmentAddress } from '../mode';
import {
  EFER,
  FS,
  GS,
  KERNEL_GS_BASE,
  LSTAR,
  CSTAR,
  MICROCODE_REVISION,
  MISC_ENABLE,
  PAT,
  RAX,
  RCX,
  RDX,
  SEG_BASE,
  SFMASK,
  STAR,
  SYSENTER_CS,
  SYSENTER_EIP,
  SYSENTER_ESP,
  TSC_AUX,
} from '../state';
import { EXIT_RDMSR, EXIT_WRMSR, exitInstruction, requestExit } from './core-access';
import { isCanonical } from './descriptor';
import { requirePrivilege } from './descriptor-tables';
import { writeEfer } from './paging-registers';

const IA32_BIOS_SIGN_ID: u32 = 0x8b;
const IA32_SYSENTER_CS: u32 = 0x174;
const IA32_SYSENTER_ESP: u32 = 0x175;
const IA32_SYSENTER_EIP: u32 = 0x176;
const IA32_MISC_ENABLE: u32 = 0x1a0;
const IA32_PAT: u32 = 0x277;
const IA32_EFER: u32 = 0xc0000080;
const IA32_STAR: u32 = 0xc0000081;
const IA32_LSTAR: u32 = 0xc0000082;
const IA32_CSTAR: u32 = 0xc0000083;
const IA32_FMASK: u32 = 0xc0000084;
const IA32_FS_BASE: u32 = 0xc0000100;
const IA32_GS_BASE: u32 = 0xc0000101;
const IA32_KERNEL_GS_BASE: u32 = 0xc0000102;
const IA32_TSC_AUX: u32 = 0xc0000103;

/** Fast strings on: without this bit Linux takes REP MOVS for slow. */
const MISC_ENABLE_FAST_STRINGS: u64 = 1;

/** Address of an MSR's 64 bits, or 0 for one that is not the core's. */
function placeOf(vp: usize, index: u32): usize {
  switch (index) {
    case IA32_BIOS_SIGN_ID:
      return vp + MICROCODE_REVISION;
    case IA32_SYSENTER_CS:
      return vp + SYSENTER_CS;
    case IA32_SYSENTER_ESP:
      return vp + SYSENTER_ESP;
    case IA32_SYSENTER_EIP:
      return vp + SYSENTER_EIP;
    case IA32_MISC_ENABLE:
      return vp + MISC_ENABLE;
    case IA32_PAT:
      return vp + PAT;
    case IA32_EFER:
      return vp + EFER;
    case IA32_STAR:
      return vp + STAR;
    case IA32_LSTAR:
      return vp + LSTAR;
    case IA32_CSTAR:
      return vp + CSTAR;
    case IA32_FMASK:
      return vp + SFMASK;
    case IA32_FS_BASE:
      return segmentAddress(vp, FS) + SEG_BASE;
    case IA32_GS_BASE:
      return segmentAddress(vp, GS) + SEG_BASE;
    case IA32_KERNEL_GS_BASE:
      return vp + KERNEL_GS_BASE;
    case IA32_TSC_AUX:
      return vp + TSC_AUX;
  }
  return 0;
}

/** RDMSR. */
export function readMsr(vp: usize, op: usize): void {
  requirePrivilege(vp);
  const index = load<u32>(vp + RCX);
  const from = placeOf(vp, index);
  if (from == 0) {
    exitInstruction(vp, op, EXIT_RDMSR);
    return;
  }
  let value = load<u64>(from);
  if (index == IA32_MISC_ENABLE) value |= MISC_ENABLE_FAST_STRINGS;
  store<u64>(vp + RAX, value & 0xffffffff);
  store<u64>(vp + RDX, value >> 32);
}

/** Memory types of PAT entries: 0, 1, 4, 5, 6, 7. */
function isPat(value: u64): bool {
  for (let i: u64 = 0; i < 64; i += 8) {
    const type = <u32>(value >> i) & 0xff;
    if (type > 7 || type == 2 || type == 3) return false;
  }
  return true;
}

/** Whether a core-owned MSR takes this value. */
function accepts(index: u32, value: u64): bool {
  switch (index) {
    case IA32_PAT:
      return isPat(value);
    case IA32_LSTAR:
    case IA32_CSTAR:
    case IA32_FS_BASE:
    case IA32_GS_BASE:
    case IA32_KERNEL_GS_BASE:
    case IA32_SYSENTER_ESP:
    case IA32_SYSENTER_EIP:
      return isCanonical(value);
    case IA32_TSC_AUX:
    case IA32_FMASK:
      return value >> 32 == 0;
  }
  return true;
}

/** WRMSR. */
export function writeMsr(vp: usize, op: usize): void {
  requirePrivilege(vp);
  const index = load<u32>(vp + RCX);
  const to = placeOf(vp, index);
  if (to == 0) {
    exitInstruction(vp, op, EXIT_WRMSR);
    return;
  }
  const value = <u64>load<u32>(vp + RAX) | (<u64>load<u32>(vp + RDX) << 32);
  if (!accepts(index, value)) raiseGP(vp, 0);
  if (index == IA32_EFER) {
    writeEfer(vp, value);
    requestExit(vp);
  } else if (index == IA32_BIOS_SIGN_ID) {
    // Software writes 0 and runs CPUID 1 to have the revision put here: it stays as it is.
  } else store<u64>(to, value);
}
