/** What the architecture leaves undefined: flags and results, by instruction. Intel SDM volume 2, "Flags Affected". */

import { ARITHMETIC_FLAGS, Flag } from './case.ts';

const { CF, PF, AF, ZF, SF, OF } = Flag;

/** Flags that are undefined whatever the operands. */
const ALWAYS: Readonly<Record<string, number>> = {
  and: AF,
  or: AF,
  xor: AF,
  test: AF,
  mul: SF | ZF | AF | PF,
  imul: SF | ZF | AF | PF,
  div: ARITHMETIC_FLAGS,
  idiv: ARITHMETIC_FLAGS,
  bt: OF | SF | AF | PF,
  bts: OF | SF | AF | PF,
  btr: OF | SF | AF | PF,
  btc: OF | SF | AF | PF,
  bsf: CF | OF | SF | AF | PF,
  bsr: CF | OF | SF | AF | PF,
  aaa: OF | SF | ZF | PF,
  aas: OF | SF | ZF | PF,
  aam: OF | AF | CF,
  aad: OF | AF | CF,
  daa: OF,
  das: OF,
};

/** Flags that a shift or rotation by `count` (not yet masked) leaves undefined. */
function shiftFlags(name: string, count: number, bits: number): number {
  const masked = count & (bits === 64 ? 63 : 31);
  if (masked === 0) return 0;
  let flags = masked === 1 ? 0 : OF;
  if (name === 'shl' || name === 'shr' || name === 'sar') flags |= AF;
  if ((name === 'shl' || name === 'shr') && masked >= bits) flags |= CF;
  if (name === 'shld' || name === 'shrd') flags |= masked > bits ? ARITHMETIC_FLAGS : AF;
  return flags;
}

const SHIFTS = new Set(['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sar', 'shld', 'shrd']);

/** Flags that are undefined after an instruction on operands of `bits` bits; `count` is a shift's. */
export function undefinedFlags(name: string, bits: number, count: number): number {
  if (SHIFTS.has(name)) return shiftFlags(name, count, bits);
  return ALWAYS[name] ?? 0;
}

/** Whether the result itself is undefined. */
export function undefinedResult(name: string, bits: number, count: number): boolean {
  if (name === 'bswap') return bits === 16;
  return (name === 'shld' || name === 'shrd') && bits === 16 && (count & 31) > 16;
}
