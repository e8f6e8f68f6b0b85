/** D9 F0–FF: functions of one or two registers. */

import { raiseUD } from '../exception';
import { squareRoot } from './arithmetic';
import { roundToInteger } from './convert';
import { rotate } from './load-store';
import { INDEFINITE, INDEFINITE_SE, R, setResult } from './number';
import {
  begin, C0, C1, C2, C3, isEmpty, push, setCondition, settle, significandOf, signExponentOf, stackOverflow,
  stackUnderflow, writeSt,
} from './registers';
import { extract, Extracted, NO_QUOTIENT, remainder, scale } from './remainder';

export function executeFunction(vp: usize, modrm: u32): void {
  R.memoryDenormal = false;
  switch (modrm) {
    case 0xf4: executeExtract(vp); break;
    case 0xf5: executeRemainder(vp, true); break;
    case 0xf6: rotate(vp, 7); break;
    case 0xf7: rotate(vp, 1); break;
    case 0xf8: executeRemainder(vp, false); break;
    case 0xfa: case 0xfc: executeUnary(vp, modrm); break;
    case 0xfd: executeScale(vp); break;
    default: raiseUD(vp);
  }
}

function indefinite(): void {
  setResult(INDEFINITE_SE, INDEFINITE);
}

/** FSQRT, FRNDINT. */
function executeUnary(vp: usize, modrm: u32): void {
  begin(vp);
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    indefinite();
  } else if (modrm == 0xfa) squareRoot(signExponentOf(vp, 0), significandOf(vp, 0));
  else roundToInteger(signExponentOf(vp, 0), significandOf(vp, 0));
  if (settle(vp)) writeSt(vp, 0, R.se, R.sig);
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
