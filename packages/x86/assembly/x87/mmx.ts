/** MMX instructions: the 0F map without prefix on mm registers, which are the significands of R0–R7. Intel SDM volume 1, "Programming with Intel MMX Technology". */

import { raiseNM, raiseUD } from '../exception';
import { CR0, CR0_EM, CR0_TS, FSW, FTW } from '../state';
import { requireNoPending } from './registers';

/** Checks that every MMX instruction makes, and SSE ones with an mm operand. */
export function requireMmx(vp: usize): void {
  const cr0 = load<u32>(vp + CR0);
  if (cr0 & CR0_EM) raiseUD(vp);
  if (cr0 & CR0_TS) raiseNM(vp);
  requireNoPending(vp);
}

/** After an MMX instruction but EMMS: top of stack 0, all registers valid. */
export function enterMmx(vp: usize): void {
  store<u16>(vp + FSW, <u16>(<u32>load<u16>(vp + FSW) & ~0x3800));
  store<u8>(vp + FTW, 0xff);
}

/** Executes an MMX instruction; false when `code` is none. */
export function executeMmx(vp: usize, op: usize, code: u32): bool {
  if (code != 0x177) return false;
  requireMmx(vp);
  // EMMS
  store<u16>(vp + FSW, <u16>(<u32>load<u16>(vp + FSW) & ~0x3800));
  store<u8>(vp + FTW, 0);
  return true;
}
