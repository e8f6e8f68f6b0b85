/** FSIN, FCOS, FSINCOS, FPTAN. Intel SDM volume 1, "Transcendental Instruction Accuracy"; "Approximation of Pi". */

import { divideF, divideSmall, F, multiplyF, multiplyFixed, roundF, setF, squareFraction, termsOf } from './extended';
import { BIAS, exponentOf, INTEGER_BIT, normalized } from './number';
import { Wide } from './wide';

/** The processor's pi has 66 bits; pi / 2 = hi:lo / 2^125. */
const HALF_PI_HI: u64 = 0x3243f6a8885a308d;
const HALF_PI_LO: u64 = 0x3000000000000000;

/** Below 2^TINY the tangent differs from its argument by less than F can hold. */
const TINY: i32 = -60;

/** What {@link reduce} found: the argument is quadrant × pi/2 + F, F within pi/4 of zero. */
class Reduced {
  static quadrant: u32 = 0;
  static negative: bool = false;
  static exponent: i32 = 0;
  static hi: u64 = 0;
  static lo: u64 = 0;
}

/** Arguments from 2^63 on are left to software. */
export function isTooLarge(se: u32): bool {
  return <i32>(se & 0x7fff) >= BIAS + 63;
}

/** Splits |x| for a finite x below 2^63, other than zero. */
export function reduce(se: u32, sig: u64): void {
  const exponent = exponentOf(se, sig) - BIAS;
  const value = normalized(sig);
  let quadrant: u32 = 0;
  let negative = false;
  if (exponent < -1) setF(false, exponent, value, 0);
  else {
    // In units of 2^-125, with room for one more bit.
    let hi = exponent < 0 ? value >> 3 : value >> 2;
    let lo = exponent < 0 ? value << 61 : value << 62;
    for (let left = exponent < 0 ? 0 : exponent; ; left--) {
      quadrant <<= 1;
      if (hi > HALF_PI_HI || (hi == HALF_PI_HI && lo >= HALF_PI_LO)) {
        hi -= HALF_PI_HI + (lo < HALF_PI_LO ? 1 : 0);
        lo -= HALF_PI_LO;
        quadrant |= 1;
      }
      if (left == 0) break;
      hi = (hi << 1) | (lo >> 63);
      lo <<= 1;
    }
    // To the nearest multiple.
    const halfHi = HALF_PI_HI >> 1;
    const halfLo = (HALF_PI_LO >> 1) | (HALF_PI_HI << 63);
    if (hi > halfHi || (hi == halfHi && lo > halfLo)) {
      hi = HALF_PI_HI - hi - (HALF_PI_LO < lo ? 1 : 0);
      lo = HALF_PI_LO - lo;
      negative = true;
      quadrant++;
    }
    setF(negative, 2, hi, lo);
  }
  Reduced.quadrant = quadrant & 3;
  Reduced.negative = negative;
  Reduced.exponent = F.exponent;
  Reduced.hi = F.hi;
  Reduced.lo = F.lo;
}

/** F = F × (1 − z/6 × (1 − z/20 × …)), or without the factor F and with z/2, z/12 …: sine or cosine of the reduced argument. */
function series(cosine: bool): void {
  setF(Reduced.negative, Reduced.exponent, Reduced.hi, Reduced.lo);
  squareFraction();
  const zHi = Wide.hi;
  const zLo = Wide.lo;
  let accHi = INTEGER_BIT;
  let accLo: u64 = 0;
  // The factorials make the terms fall faster than the powers.
  for (let k: u64 = min<u32>(termsOf(F.exponent), 14); k > 0; k--) {
    multiplyFixed(zHi, zLo, accHi, accLo);
    divideSmall(Wide.hi, Wide.lo, cosine ? (2 * k - 1) * 2 * k : 2 * k * (2 * k + 1));
    accHi = INTEGER_BIT - Wide.hi - (Wide.lo != 0 ? 1 : 0);
    accLo = <u64>0 - Wide.lo;
  }
  // However small the argument, the series is below one.
  if (accHi == INTEGER_BIT && accLo == 0) {
    accHi = INTEGER_BIT - 1;
    accLo = -1;
  }
  const shift: i32 = <i64>accHi < 0 ? 0 : 1;
  if (shift) {
    accHi = (accHi << 1) | (accLo >> 63);
    accLo <<= 1;
  }
  if (cosine) setF(false, -shift, accHi, accLo);
  else multiplyF(-shift, accHi, accLo);
}

/** The result is the sine of the argument last reduced. */
export function sine(negative: bool): void {
  series((Reduced.quadrant & 1) != 0);
  F.negative = F.negative != (negative != ((Reduced.quadrant & 2) != 0));
  roundF();
}

/** The result is the cosine of the argument last reduced. */
export function cosine(): void {
  series((Reduced.quadrant & 1) == 0);
  const odd = (Reduced.quadrant & 1) != 0;
  F.negative = F.negative != (odd != ((Reduced.quadrant & 2) != 0));
  roundF();
}

/** The result is the tangent of the argument last reduced. */
export function tangent(negative: bool): void {
  const odd = (Reduced.quadrant & 1) != 0;
  if (!odd && Reduced.exponent < TINY) {
    // A little more than the argument: rounding takes every result for a little more than it is.
    setF(Reduced.negative != negative, Reduced.exponent, Reduced.hi, Reduced.lo);
    roundF();
    return;
  }
  series(!odd);
  const exponent = F.exponent;
  const hi = F.hi;
  const lo = F.lo;
  const sign = F.negative;
  series(odd);
  // tan(r) = sin/cos, and a quarter turn on −cos/sin; here the divisor is the first one.
  F.negative = F.negative != sign != (negative != odd);
  divideF(exponent, hi, lo);
  roundF();
}
