/** F2XM1. Intel SDM volume 2, "F2XM1—Compute 2^x−1". */

import { divideSmall, F, multiplyF, multiplyFixed, roundF, setF } from './extended';
import {
  BIAS, EXPONENT, exponentOf, INTEGER_BIT, isZero, normalized, noteDenormals, setResult, special1,
} from './number';
import { Fpu, PE } from './registers';
import { shiftRightJam, Wide } from './wide';

/** ln 2 = hi:lo / 2^128. */
const LN2_HI: u64 = 0xb17217f7d1cf79ab;
const LN2_LO: u64 = 0xc9e3b39803f2f6af;
/** Terms of the series for 80 bits at |x| = 1. */
const MOST_TERMS: u32 = 24;

/** The result is 2^x − 1 for |x| up to one; other numbers come back as they are. */
export function exponentialMinusOne(se: u32, sig: u64): void {
  if (special1(se, sig)) return;
  const negative = (se & 0x8000) != 0;
  const biased = <i32>(se & EXPONENT);
  if (biased == 0x7fff) {
    // Infinities have a limit.
    if (negative) setResult(0x8000 | <u32>BIAS, INTEGER_BIT);
    else setResult(se, sig);
    return;
  }
  if (isZero(se, sig)) {
    setResult(se, sig);
    return;
  }
  if (biased >= BIAS) {
    if (negative && biased == BIAS && sig == INTEGER_BIT) setResult(0x8000 | <u32>(BIAS - 1), INTEGER_BIT);
    else setResult(se, sig);
    Fpu.raised |= PE;
    return;
  }
  noteDenormals(se, sig, 0, 0);
  setF(negative, exponentOf(se, sig) - BIAS, normalized(sig), 0);
  multiplyF(-1, LN2_HI, LN2_LO);
  scaleBySeries();
  roundF();
}

/** F = e^F − 1 for |F| below 0.7: F × (1 + F/2 × (1 + F/3 × …)). */
function scaleBySeries(): void {
  const negative = F.negative;
  // F as a fraction of 2^128.
  shiftRightJam(F.hi, F.lo, <u32>min<i32>(-1 - F.exponent, 200));
  const hi = Wide.hi;
  const lo = Wide.lo;
  let accHi = INTEGER_BIT;
  let accLo: u64 = 0;
  const terms = F.exponent >= -4 ? MOST_TERMS : 90 / <u32>(-F.exponent - 1) + 2;
  for (let k: u64 = terms; k >= 2; k--) {
    multiplyFixed(hi, lo, accHi, accLo);
    divideSmall(Wide.hi, Wide.lo, k);
    if (negative) {
      accHi = INTEGER_BIT - Wide.hi - (Wide.lo != 0 ? 1 : 0);
      accLo = <u64>0 - Wide.lo;
    } else {
      accHi = INTEGER_BIT + Wide.hi;
      accLo = Wide.lo;
    }
  }
  const shift: i32 = <i64>accHi < 0 ? 0 : 1;
  multiplyF(-shift, shift ? (accHi << 1) | (accLo >> 63) : accHi, shift ? accLo << 1 : accLo);
}
