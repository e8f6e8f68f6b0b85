/** The MMX registers as SSE's conversions and moves see them: the significands of the x87 registers. */

import { opReg, opRm } from '../micro-op';
import { X87 } from '../state';
import { enterMmx } from '../x87/mmx';

/** Address of the MMX register of ModRM.rm. */
// @ts-ignore: decorator
@inline
export function mmxSource(vp: usize, op: usize): usize {
  return vp + X87 + (<usize>(opRm(op) & 7) << 4);
}

/** Writes the MMX register of ModRM.reg and switches the x87 unit to MMX use. Check with `requireMmx` before. */
export function storeMmx(vp: usize, op: usize, value: u64): void {
  const register = vp + X87 + (<usize>(opReg(op) & 7) << 4);
  enterMmx(vp);
  store<u64>(register, value);
  // As an x87 number: negative, with the exponent of infinities and NaNs.
  store<u16>(register + 8, 0xffff);
}
