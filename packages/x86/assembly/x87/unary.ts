/** D9 F0–FF: functions of one or two registers. */

import { arctangent } from './arctangent';
import { squareRoot } from './arithmetic';
import { roundToInteger } from './convert';
import { rotate } from './load-store';
import { exponentialMinusOne } from './exponential';
import { yLog2x, yLog2xPlus1 } from './logarithm';
import {
  INDEFINITE, INDEFINITE_SE, invalid, isInfinite, isZero, noteDenormals, R, setResult, special1,
} from './number';
import {
  begin, C0, C1, C2, C3, isEmpty, pop, push, setCondition, settle, significandOf, signExponentOf, stackOverflow,
  stackUnderflow, writeSt,
} from './registers';
import { extract, Extracted, NO_QUOTIENT, remainder, scale } from './remainder';
import { cosine, isTooLarge, reduce, sine, tangent } from './trigonometric';

export function executeFunction(vp: usize, modrm: u32): void {
  R.memoryDenormal = false;
  switch (modrm) {
    case 0xf0: case 0xfa: case 0xfc: executeUnary(vp, modrm); break;
    case 0xf1: case 0xf3: case 0xf9: executeBinary(vp, modrm); break;
    case 0xf2: case 0xfb: executePushing(vp, modrm == 0xf2); break;
    case 0xf4: executeExtract(vp); break;
    case 0xf5: executeRemainder(vp, true); break;
    case 0xf6: rotate(vp, 7); break;
    case 0xf7: rotate(vp, 1); break;
    case 0xf8: executeRemainder(vp, false); break;
    case 0xfd: executeScale(vp); break;
    default: executeSine(vp, modrm == 0xff);
  }
}

function indefinite(): void {
  setResult(INDEFINITE_SE, INDEFINITE);
}

/** F2XM1, FSQRT, FRNDINT. */
function executeUnary(vp: usize, modrm: u32): void {
  begin(vp);
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    indefinite();
  } else if (modrm == 0xfa) squareRoot(signExponentOf(vp, 0), significandOf(vp, 0));
  else if (modrm == 0xfc) roundToInteger(signExponentOf(vp, 0), significandOf(vp, 0));
  else exponentialMinusOne(signExponentOf(vp, 0), significandOf(vp, 0));
  if (settle(vp)) writeSt(vp, 0, R.se, R.sig);
}

/** FYL2X, FPATAN, FYL2XP1: ST(1) becomes the result and the stack is popped. */
function executeBinary(vp: usize, modrm: u32): void {
  begin(vp);
  if (isEmpty(vp, 0) || isEmpty(vp, 1)) {
    stackUnderflow();
    indefinite();
  } else {
    const xSe = signExponentOf(vp, 0);
    const xSig = significandOf(vp, 0);
    const ySe = signExponentOf(vp, 1);
    const ySig = significandOf(vp, 1);
    if (modrm == 0xf1) yLog2x(xSe, xSig, ySe, ySig);
    else if (modrm == 0xf3) arctangent(xSe, xSig, ySe, ySig);
    else yLog2xPlus1(xSe, xSig, ySe, ySig);
  }
  if (!settle(vp)) return;
  writeSt(vp, 1, R.se, R.sig);
  pop(vp);
}

/** What the trigonometric instructions make of an argument that has no ordinary result. */
const ARGUMENT_ORDINARY: u32 = 0;
/** The result is there: a NaN, or an invalid operation. */
const ARGUMENT_SPECIAL: u32 = 1;
const ARGUMENT_ZERO: u32 = 2;
/** 2^63 and more: C2 is set and nothing changes. */
const ARGUMENT_LARGE: u32 = 3;

/** Looks at ST(0), raises what is due before the computation, and reduces ordinary arguments. */
function prepareArgument(se: u32, sig: u64): u32 {
  if (special1(se, sig)) return ARGUMENT_SPECIAL;
  if (isInfinite(se, sig)) {
    invalid();
    return ARGUMENT_SPECIAL;
  }
  if (isZero(se, sig)) return ARGUMENT_ZERO;
  noteDenormals(se, sig, 0, 0);
  if (isTooLarge(se)) return ARGUMENT_LARGE;
  reduce(se, sig);
  return ARGUMENT_ORDINARY;
}

/** FSIN, FCOS. */
function executeSine(vp: usize, isCosine: bool): void {
  begin(vp);
  const se = signExponentOf(vp, 0);
  let kind = ARGUMENT_SPECIAL;
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    indefinite();
  } else kind = prepareArgument(se, significandOf(vp, 0));
  if (kind == ARGUMENT_ZERO) {
    if (isCosine) one();
    else setResult(se, 0);
  } else if (kind == ARGUMENT_ORDINARY) {
    if (isCosine) cosine();
    else sine((se & 0x8000) != 0);
  }
  const done = settle(vp);
  setCondition(vp, C2, kind == ARGUMENT_LARGE ? C2 : 0);
  if (done && kind != ARGUMENT_LARGE) writeSt(vp, 0, R.se, R.sig);
}

function one(): void {
  setResult(0x3fff, 0x8000000000000000);
}

/** FPTAN and FSINCOS: ST(0) becomes the tangent or the sine; one or the cosine is pushed. */
function executePushing(vp: usize, isTangent: bool): void {
  begin(vp);
  const se = signExponentOf(vp, 0);
  const negative = (se & 0x8000) != 0;
  let kind = ARGUMENT_SPECIAL;
  const underflow = isEmpty(vp, 0);
  if (underflow || !isEmpty(vp, 7)) {
    if (underflow) stackUnderflow();
    else stackOverflow();
    indefinite();
  } else kind = prepareArgument(se, significandOf(vp, 0));
  let firstSe = R.se;
  let firstSig = R.sig;
  if (kind == ARGUMENT_ZERO) {
    firstSe = se;
    firstSig = 0;
    one();
  } else if (kind == ARGUMENT_ORDINARY) {
    if (isTangent) tangent(negative);
    else sine(negative);
    firstSe = R.se;
    firstSig = R.sig;
    if (isTangent) one();
    else cosine();
  }
  const done = settle(vp);
  setCondition(vp, C2, kind == ARGUMENT_LARGE ? C2 : 0);
  if (!done || kind == ARGUMENT_LARGE) return;
  writeSt(vp, 0, firstSe, firstSig);
  push(vp, R.se, R.sig);
}

/** FPREM, FPREM1. */
function executeRemainder(vp: usize, nearest: bool): void {
  begin(vp);
  let bits: u32 = NO_QUOTIENT;
  if (isEmpty(vp, 0) || isEmpty(vp, 1)) {
    stackUnderflow();
    indefinite();
  } else {
    bits = remainder(signExponentOf(vp, 0), significandOf(vp, 0), signExponentOf(vp, 1), significandOf(vp, 1), nearest);
  }
  const done = settle(vp);
  // C0 and C3 stay as they are without a quotient.
  if (bits == NO_QUOTIENT || !done) setCondition(vp, C1 | C2, 0);
  else setCondition(vp, C0 | C1 | C2 | C3, bits);
  if (done) writeSt(vp, 0, R.se, R.sig);
}

function executeScale(vp: usize): void {
  begin(vp);
  if (isEmpty(vp, 0) || isEmpty(vp, 1)) {
    stackUnderflow();
    indefinite();
  } else scale(signExponentOf(vp, 0), significandOf(vp, 0), signExponentOf(vp, 1), significandOf(vp, 1));
  if (settle(vp)) writeSt(vp, 0, R.se, R.sig);
}

/** FXTRACT: ST(0) becomes the exponent, and the significand is pushed. */
function executeExtract(vp: usize): void {
  begin(vp);
  const underflow = isEmpty(vp, 0);
  if (underflow || !isEmpty(vp, 7)) {
    if (underflow) stackUnderflow();
    else stackOverflow();
    indefinite();
    Extracted.se = INDEFINITE_SE;
    Extracted.sig = INDEFINITE;
  } else extract(signExponentOf(vp, 0), significandOf(vp, 0));
  if (!settle(vp)) return;
  writeSt(vp, 0, R.se, R.sig);
  push(vp, Extracted.se, Extracted.sig);
}
