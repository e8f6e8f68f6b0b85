/** The MMX registers as conversions see them: the significands of the x87 registers. Intel SDM volume 1, "MMX Registers". */

import { raiseMF, raiseNM, raiseUD } from '../exception';
import { opReg, opRm } from '../micro-op';
import { CR0, CR0_EM, CR0_TS, FSW, FTW, X87 } from '../state';

/** FSW: error summary and the stack's top. */
const FSW_ES: u32 = 0x80;
const FSW_TOP: u32 = 0x3800;

/** Switches the x87 registers to MMX use: a pending x87 exception is raised, the stack is reset, all tags are valid. */
export function enterMmx(vp: usize): void {
  const cr0 = load<u32>(vp + CR0);
  if (cr0 & CR0_EM) raiseUD(vp);
  if (cr0 & CR0_TS) raiseNM(vp);
  const status = <u32>load<u16>(vp + FSW);
  if (status & FSW_ES) raiseMF(vp);
  store<u16>(vp + FSW, <u16>(status & ~FSW_TOP));
  store<u16>(vp + FTW, 0xff);
}

/** Address of the MMX register of ModRM.reg (`reg`) or ModRM.rm. */
// @ts-ignore: decorator
@inline
export function mmx(vp: usize, op: usize, reg: bool): usize {
  return vp + X87 + (<usize>((reg ? opReg(op) : opRm(op)) & 7) << 4);
}
