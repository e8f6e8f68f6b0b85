/** MOV to and from control and debug registers, CLTS. Intel SDM volume 2, "MOV—Move to/from Control Registers". */

import { raiseDB, raiseGP, raiseUD } from '../exception';
import { opReg, opRm } from '../micro-op';
import { updateMode } from '../mode';
import {
  CR0,
  CR0_TS,
  CR2,
  CR3,
  CR4,
  CR4_DE,
  CR8,
  DR0,
  DR6,
  DR7,
} from '../state';
import { armBreakpoints } from './breakpoints';
import { requestExit } from './core-access';
import { in64BitMode } from './descriptor';
import { requirePrivilege } from './descriptor-tables';
import { readRegister, writeRegister } from './operand';
import { writeCr0, writeCr3, writeCr4 } from './paging-registers';

const DR6_FIXED: u64 = 0xffff0ff0;
const DR6_KNOWN: u64 = 0xe00f;
const DR6_BD: u64 = 0x2000;
const DR7_FIXED: u64 = 0x400;
const DR7_KNOWN: u64 = 0xffff2bff;
const DR7_GD: u64 = 0x2000;

function controlRegister(vp: usize, index: u32): usize {
  switch (index) {
    case 0:
      return CR0;
    case 2:
      return CR2;
    case 3:
      return CR3;
    case 4:
      return CR4;
    case 8:
      return CR8;
  }
  raiseUD(vp);
  return 0;
}

/** 0F 20. */
export function readControlRegister(vp: usize, op: usize): void {
  const from = controlRegister(vp, opReg(op));
  requirePrivilege(vp);
  writeRegister(vp, opRm(op), in64BitMode(vp) ? 8 : 4, load<u64>(vp + from));
}

/** 0F 22. Whoever runs blocks looks at the mode again: the exit request makes it. */
export function writeControlRegister(vp: usize, op: usize): void {
  const index = opReg(op);
  controlRegister(vp, index);
  requirePrivilege(vp);
  const value = readRegister(vp, opRm(op)) & (in64BitMode(vp) ? <u64>-1 : 0xffffffff);
  if (index == 0) writeCr0(vp, value);
  else if (index == 3) writeCr3(vp, value);
  else if (index == 4) writeCr4(vp, value);
  else if (index == 8) {
    if (value > 15) raiseGP(vp, 0);
    store<u64>(vp + CR8, value);
    // A lower priority may let an interrupt through: the hypervisor has to look.
    requestExit(vp);
  } else store<u64>(vp + CR2, value);
}

export function clearTaskSwitched(vp: usize): void {
  requirePrivilege(vp);
  store<u64>(vp + CR0, load<u64>(vp + CR0) & ~(<u64>CR0_TS));
  updateMode(vp);
}

/** Offset of a debug register; DR4 and DR5 stand for DR6 and DR7 unless CR4.DE is set. */
function debugRegister(vp: usize, index: u32): usize {
  if (index > 7 || (index & 6) == 4 && load<u32>(vp + CR4) & CR4_DE) raiseUD(vp);
  requirePrivilege(vp);
  if (load<u64>(vp + DR7) & DR7_GD) {
    store<u64>(vp + DR6, load<u64>(vp + DR6) | DR6_BD);
    store<u64>(vp + DR7, load<u64>(vp + DR7) & ~DR7_GD);
    raiseDB(vp);
  }
  if (index < 4) return DR0 + (<usize>index << 3);
  return index & 1 ? DR7 : DR6;
}

/** 0F 21. */
export function readDebugRegister(vp: usize, op: usize): void {
  const from = debugRegister(vp, opReg(op));
  writeRegister(vp, opRm(op), in64BitMode(vp) ? 8 : 4, load<u64>(vp + from));
}

/** 0F 23. */
export function writeDebugRegister(vp: usize, op: usize): void {
  const to = debugRegister(vp, opReg(op));
  const wide = in64BitMode(vp);
  const value = readRegister(vp, opRm(op)) & (wide ? <u64>-1 : 0xffffffff);
  if (to == DR6 || to == DR7) {
    if (value >> 32) raiseGP(vp, 0);
    store<u64>(vp + to, to == DR6 ? (value & DR6_KNOWN) | DR6_FIXED : (value & DR7_KNOWN) | DR7_FIXED);
  } else store<u64>(vp + to, value);
  armBreakpoints(vp);
}
