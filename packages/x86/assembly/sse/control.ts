/** LDMXCSR, STMXCSR, CLFLUSH. */

import { raiseGP } from '../exception';
import { read, write } from '../memory/access';
import { operandAddress } from './address';
import { MXCSR } from '../state';

/** Bits of MXCSR that exist; writing others raises #GP(0). */
const MXCSR_MASK: u32 = 0xffff;

export function loadMxcsr(vp: usize, op: usize): void {
  const value = <u32>read<u32>(vp, operandAddress(vp, op, 4, false));
  if (value & ~MXCSR_MASK) raiseGP(vp, 0);
  store<u32>(vp + MXCSR, value);
}

export function storeMxcsr(vp: usize, op: usize): void {
  write<u32>(vp, operandAddress(vp, op, 4, true), load<u32>(vp + MXCSR));
}

/** CLFLUSH: no caches are modelled, but the address is checked like that of a read. */
export function flushLine(vp: usize, op: usize): void {
  read<u8>(vp, operandAddress(vp, op, 1, false));
}
