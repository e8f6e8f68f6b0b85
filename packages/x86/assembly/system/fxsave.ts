/** FXSAVE and FXRSTOR. Intel SDM volume 1, "FXSAVE Area". */

import { raiseGP, raiseNM } from '../exception';
import { opSize } from '../micro-op';
import {
  CR0,
  CR0_EM,
  CR0_TS,
  CR4,
  CR4_OSFXSR,
  FCS,
  FCW,
  FDP,
  FDS,
  FIP,
  FOP,
  FSW,
  FTW,
  MXCSR,
  SCRATCH,
  X87,
  XMM,
} from '../state';
import { linearAddress } from '../memory/segment';
import { probeWrite, readMemory, writeMemory } from './core-access';
import { in64BitMode, isUser } from './descriptor';
import { controlWord, updateSummary } from '../x87/registers';

const AREA_BYTES: usize = 512;
/** Bits 16 and up are reserved; DAZ is offered. */
const MXCSR_MASK: u32 = 0xffff;

function prepare(vp: usize, op: usize, write: bool): u64 {
  if (load<u32>(vp + CR0) & (CR0_EM | CR0_TS)) raiseNM(vp);
  const linear = linearAddress(vp, op, 512, write);
  if (linear & 15) raiseGP(vp, 0);
  return linear;
}

/** XMM registers that the image holds: none unless the system says that it saves them. */
function xmmCount(vp: usize): usize {
  if (!(load<u32>(vp + CR4) & CR4_OSFXSR)) return 0;
  return in64BitMode(vp) ? 16 : 8;
}

export function fxsave(vp: usize, op: usize): void {
  const linear = prepare(vp, op, true);
  const wide = opSize(op) == 8;
  const area = vp + SCRATCH;
  memory.fill(area, 0, AREA_BYTES);
  const status = load<u16>(vp + FSW);
  store<u16>(area, load<u16>(vp + FCW));
  store<u16>(area + 2, status);
  store<u8>(area + 4, load<u8>(vp + FTW));
  store<u16>(area + 6, load<u16>(vp + FOP));
  if (wide) {
    store<u64>(area + 8, load<u64>(vp + FIP));
    store<u64>(area + 16, load<u64>(vp + FDP));
  } else {
    store<u32>(area + 8, load<u32>(vp + FIP));
    store<u16>(area + 12, load<u16>(vp + FCS));
    store<u32>(area + 16, load<u32>(vp + FDP));
    store<u16>(area + 20, load<u16>(vp + FDS));
  }
  store<u32>(area + 24, load<u32>(vp + MXCSR));
  store<u32>(area + 28, MXCSR_MASK);
  const top = (status >> 11) & 7;
  for (let i: usize = 0; i < 8; i++) {
    memory.copy(area + 32 + (i << 4), vp + X87 + (((i + top) & 7) << 4), 10);
  }
  const xmm = xmmCount(vp) << 4;
  memory.copy(area + 160, vp + XMM, xmm);
  const user = isUser(vp);
  const bytes: u32 = 160 + <u32>xmm;
  // Both ends first: the area may reach over a page end, and nothing is stored before a fault.
  probeWrite(vp, linear, 8, user);
  probeWrite(vp, linear + bytes - 8, 8, user);
  for (let i: u32 = 0; i < bytes; i += 8) writeMemory(vp, linear + i, 8, user, load<u64>(area + i));
}

export function fxrstor(vp: usize, op: usize): void {
  const linear = prepare(vp, op, false);
  const wide = opSize(op) == 8;
  const area = vp + SCRATCH;
  const user = isUser(vp);
  const xmm = xmmCount(vp) << 4;
  const bytes: u32 = 160 + <u32>xmm;
  for (let i: u32 = 0; i < bytes; i += 8) store<u64>(area + i, readMemory(vp, linear + i, 8, user));
  const mxcsr = load<u32>(area + 24);
  if (load<u32>(vp + CR4) & CR4_OSFXSR) {
    if (mxcsr & ~MXCSR_MASK) raiseGP(vp, 0);
    store<u32>(vp + MXCSR, mxcsr);
  }
  const status = load<u16>(area + 2);
  store<u16>(vp + FCW, <u16>controlWord(load<u16>(area)));
  store<u16>(vp + FSW, status);
  store<u16>(vp + FTW, load<u8>(area + 4));
  store<u16>(vp + FOP, load<u16>(area + 6) & 0x7ff);
  if (wide) {
    store<u64>(vp + FIP, load<u64>(area + 8));
    store<u64>(vp + FDP, load<u64>(area + 16));
  } else {
    store<u64>(vp + FIP, load<u32>(area + 8));
    store<u16>(vp + FCS, load<u16>(area + 12));
    store<u64>(vp + FDP, load<u32>(area + 16));
    store<u16>(vp + FDS, load<u16>(area + 20));
  }
  updateSummary(vp);
  const top = (status >> 11) & 7;
  for (let i: usize = 0; i < 8; i++) {
    memory.copy(vp + X87 + (((i + top) & 7) << 4), area + 32 + (i << 4), 10);
  }
  memory.copy(vp + XMM, area + 160, xmm);
}
