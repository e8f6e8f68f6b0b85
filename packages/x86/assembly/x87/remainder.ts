/** FPREM, FPREM1, FSCALE, FXTRACT. Intel SDM volume 2, by instruction. */

import {
  BIAS, EXPONENT, exponentOf, infinity, invalid, isInfinite, isZero, normalized, noteDenormals,
  R, roundResult, setResult, special1, special2, zeroDivide,
} from './number';
import { widenInteger } from './convert';
import { C0, C1, C2, C3, DE, Fpu } from './registers';
import { divide128, Wide } from './wide';

/** Bits of the quotient that an incomplete reduction takes off at most; the least that the manual allows is 32. */
const PARTIAL_BITS: i32 = 63;

/** The quotient's last bits as C0, C3, C1. */
function quotientBits(quotient: u64): u32 {
  return (quotient & 4 ? C0 : 0) | (quotient & 2 ? C3 : 0) | (quotient & 1 ? C1 : 0);
}

/** Instead of condition codes: there is no quotient. */
export const NO_QUOTIENT: u32 = 1;

/**
 * The result is the remainder of a by b; gives C0–C3 or {@link NO_QUOTIENT}. `nearest`: the quotient is rounded to
 * nearest even (FPREM1).
 */
export function remainder(aSe: u32, aSig: u64, bSe: u32, bSig: u64, nearest: bool): u32 {
  if (special2(aSe, aSig, bSe, bSig)) return NO_QUOTIENT;
  if (isInfinite(aSe, aSig) || isZero(bSe, bSig)) {
    invalid();
    return NO_QUOTIENT;
  }
  noteDenormals(aSe, aSig, bSe, bSig);
  if (isZero(aSe, aSig)) {
    setResult(aSe, 0);
    return 0;
  }
  if (isInfinite(bSe, bSig)) {
    roundResult(aSe & 0x8000, exponentOf(aSe, aSig), normalized(aSig), 0, 64);
    return 0;
  }
  const sign = aSe & 0x8000;
  const exponent = exponentOf(bSe, bSig);
  const distance = exponentOf(aSe, aSig) - exponent;
  const dividend = normalized(aSig);
  const divisor = normalized(bSig);
  if (distance >= 64) {
    // One step of the reduction: the result keeps the exponent of what was not divided yet.
    const bits = 32 + ((distance - 64) & 31) < PARTIAL_BITS ? 32 + ((distance - 64) & 31) : PARTIAL_BITS;
    reduce(dividend, divisor, bits);
    finish(sign, exponent + distance - bits, Wide.hi);
    return C2;
  }
  if (distance < -1 || (distance < 0 && !nearest)) {
    roundResult(sign, exponent + distance, dividend, 0, 64);
    return 0;
  }
  if (distance < 0) return nearHalf(sign, exponent, dividend, divisor);
  const quotient = reduce(dividend, divisor, distance);
  const rest = Wide.hi;
  if (nearest && (rest > divisor - rest || (rest == divisor - rest && quotient & 1))) {
    finish(sign ^ 0x8000, exponent, divisor - rest);
    return quotientBits(quotient + 1);
  }
  finish(sign, exponent, rest);
  return quotientBits(quotient);
}

/** a × 2^count divided by b, both normalized, count below 64: gives the quotient's low 64 bits; Wide.hi = remainder. */
function reduce(a: u64, b: u64, count: i32): u64 {
  // One bit by comparison makes the rest fit the division.
  const first: u64 = a >= b ? 1 : 0;
  const rest = first ? a - b : a;
  if (count == 0) {
    Wide.hi = rest;
    return first;
  }
  const quotient = divide128(rest >> (64 - count), rest << count, b);
  Wide.hi = Wide.lo;
  return (first << count) + quotient;
}

/** FPREM1 of a dividend whose exponent is one below the divisor's: at most half, or else one divisor too many. */
function nearHalf(sign: u32, exponent: i32, dividend: u64, divisor: u64): u32 {
  // dividend / 2 against divisor / 2: only a larger dividend is nearer to one than to zero.
  if (dividend <= divisor) {
    roundResult(sign, exponent - 1, dividend, 0, 64);
    return 0;
  }
  // divisor − dividend / 2 in units of half the divisor's last bit.
  finish(sign ^ 0x8000, exponent - 1, (divisor << 1) - dividend);
  return quotientBits(1);
}

/** The result is rest × 2^(exponent − BIAS − 63), exactly. */
function finish(sign: u32, exponent: i32, rest: u64): void {
  if (rest == 0) setResult(sign, 0);
  else {
    const shift = <i32>clz<u64>(rest);
    roundResult(sign, exponent - shift, rest << shift, 0, 64);
  }
}

/** FSCALE: a × 2^trunc(b). */
export function scale(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  if (special2(aSe, aSig, bSe, bSig)) return;
  const sign = aSe & 0x8000;
  if (isInfinite(bSe, bSig)) {
    if (bSe & 0x8000 ? isInfinite(aSe, aSig) : isZero(aSe, aSig)) invalid();
    else {
      noteDenormals(aSe, aSig, bSe, bSig);
      if (bSe & 0x8000) setResult(sign, 0);
      else infinity(sign);
    }
    return;
  }
  noteDenormals(aSe, aSig, bSe, bSig);
  if (isInfinite(aSe, aSig) || isZero(aSe, aSig)) {
    setResult(aSe, aSig);
    return;
  }
  const shift = <i32>(bSe & EXPONENT) - BIAS;
  let by: i32 = 0;
  // Larger amounts leave the range whatever the number.
  if (shift >= 16) by = 0x10000;
  else if (shift >= 0) by = <i32>(bSig >> (63 - shift));
  if (bSe & 0x8000) by = -by;
  roundResult(sign, exponentOf(aSe, aSig) + by, normalized(aSig), 0, 64);
}

/** FXTRACT: the result is the exponent as a number; the significand is in {@link Extracted}. */
export class Extracted {
  static se: u32 = 0;
  static sig: u64 = 0;
}

export function extract(se: u32, sig: u64): void {
  if (special1(se, sig)) {
    Extracted.se = R.se;
    Extracted.sig = R.sig;
    return;
  }
  Extracted.se = se;
  Extracted.sig = sig;
  if (isInfinite(se, sig)) {
    infinity(0);
    return;
  }
  if (isZero(se, sig)) {
    zeroDivide(0x8000);
    return;
  }
  if ((se & EXPONENT) == 0) Fpu.raised |= DE;
  Extracted.se = (se & 0x8000) | <u32>BIAS;
  Extracted.sig = normalized(sig);
  widenInteger(exponentOf(se, sig) - BIAS);
}
