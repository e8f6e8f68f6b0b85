/** FADD to FDIVR and FCOM in all their forms; compares into the status word and into EFLAGS. */

import { setArithmeticFlags } from '../flags';
import { readSized } from '../memory/access';
import { linearAddress } from '../memory/segment';
import { FLAG_CF, FLAG_PF, FLAG_ZF } from '../state';
import { add, compare, divide, multiply } from './arithmetic';
import { widen, widenInteger } from './convert';
import { INDEFINITE, INDEFINITE_SE, R } from './number';
import {
  begin, C0, C1, C2, C3, isEmpty, pop, setCondition, settle, settleKeeping, significandOf, signExponentOf,
  stackUnderflow, writeSt,
} from './registers';

const CONDITIONS: u32 = C0 | C2 | C3;

/** One of the six operations by ModRM digit, with a = ST(0). */
function compute(digit: u32, aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  switch (digit) {
    case 0: add(aSe, aSig, bSe, bSig, false); break;
    case 1: multiply(aSe, aSig, bSe, bSig); break;
    case 4: add(aSe, aSig, bSe, bSig, true); break;
    case 5: add(bSe, bSig, aSe, aSig, true); break;
    case 6: divide(aSe, aSig, bSe, bSig); break;
    default: divide(bSe, bSig, aSe, aSig);
  }
}

/** D8, DC, DE with registers: ST(0) and ST(i) into ST(`destination`). */
export function operateRegisters(vp: usize, digit: u32, i: u32, destination: u32, popping: bool): void {
  begin(vp);
  R.memoryDenormal = false;
  if (isEmpty(vp, 0) || isEmpty(vp, i)) {
    stackUnderflow();
    R.se = INDEFINITE_SE;
    R.sig = INDEFINITE;
  } else compute(digit, signExponentOf(vp, 0), significandOf(vp, 0), signExponentOf(vp, i), significandOf(vp, i));
  if (!settle(vp)) return;
  writeSt(vp, destination, R.se, R.sig);
  if (popping) pop(vp);
}

/** Reads the memory operand of D8, DA, DC, DE into the result. */
function readOperand(vp: usize, op: usize, escape: u32): void {
  const bytes: u32 = escape == 4 ? 8 : escape == 6 ? 2 : 4;
  const value = readSized(vp, linearAddress(vp, op, bytes, false), bytes);
  if (escape == 2) widenInteger(<i32>value);
  else if (escape == 6) widenInteger(<i16>value);
  else widen(value, bytes * 8);
}

/** D8, DA, DC, DE with memory. */
export function operateMemory(vp: usize, op: usize, escape: u32, digit: u32): void {
  readOperand(vp, op, escape);
  const se = R.se;
  const sig = R.sig;
  if (digit == 2 || digit == 3) {
    compareWith(vp, se, sig, isEmpty(vp, 0), false, digit - 2);
    return;
  }
  begin(vp);
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    R.se = INDEFINITE_SE;
    R.sig = INDEFINITE;
  } else compute(digit, signExponentOf(vp, 0), significandOf(vp, 0), se, sig);
  if (settle(vp)) writeSt(vp, 0, R.se, R.sig);
}

/** Compares ST(0) with a value, then pops `pops` times. */
function compareWith(vp: usize, se: u32, sig: u64, empty: bool, quietly: bool, pops: u32): void {
  begin(vp);
  let bits = CONDITIONS;
  if (empty) stackUnderflow();
  else bits = compare(signExponentOf(vp, 0), significandOf(vp, 0), se, sig, quietly);
  const done = settle(vp);
  // Even an unmasked exception leaves the outcome in the condition codes.
  setCondition(vp, CONDITIONS, bits);
  if (!done) return;
  for (; pops > 0; pops--) pop(vp);
}

/** FCOM, FUCOM and their popping forms. */
export function compareRegisters(vp: usize, i: u32, quietly: bool, pops: u32): void {
  R.memoryDenormal = false;
  compareWith(vp, signExponentOf(vp, i), significandOf(vp, i), isEmpty(vp, 0) || isEmpty(vp, i), quietly, pops);
}

/** FTST. */
export function compareZero(vp: usize): void {
  R.memoryDenormal = false;
  compareWith(vp, 0, 0, isEmpty(vp, 0), false, 0);
}

/** FCOMI, FUCOMI and their popping forms: the result goes to ZF, PF, CF. */
export function compareFlags(vp: usize, i: u32, quietly: bool, popping: bool): void {
  begin(vp);
  R.memoryDenormal = false;
  let bits = CONDITIONS;
  if (isEmpty(vp, 0) || isEmpty(vp, i)) stackUnderflow();
  else bits = compare(signExponentOf(vp, 0), significandOf(vp, 0), signExponentOf(vp, i), significandOf(vp, i), quietly);
  const done = settleKeeping(vp, 0);
  setArithmeticFlags(vp, (bits & C3 ? FLAG_ZF : 0) | (bits & C2 ? FLAG_PF : 0) | (bits & C0 ? FLAG_CF : 0));
  if (done && popping) pop(vp);
}

/** FXAM: the class of ST(0), its sign in C1. */
export function examine(vp: usize): void {
  const se = signExponentOf(vp, 0);
  const sig = significandOf(vp, 0);
  const exponent = se & 0x7fff;
  let bits: u32;
  if (isEmpty(vp, 0)) bits = C3 | C0;
  else if (exponent == 0) bits = sig == 0 ? C3 : C3 | C2;
  else if (<i64>sig >= 0) bits = 0;
  else if (exponent != 0x7fff) bits = C2;
  else bits = sig << 1 ? C0 : C2 | C0;
  setCondition(vp, CONDITIONS | C1, bits | (se & 0x8000 ? C1 : 0));
}
