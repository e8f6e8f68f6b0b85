/** Numbers with 128 bits of significand, for the inside of transcendental functions; good to about 120 bits. */

import { BIAS, INTEGER_BIT, roundResult, setResult } from './number';
import { divide128, divideAny, multiply64, multiplyHigh, normalize128, shiftRightJam, Wide } from './wide';

/** The accumulator: ±hi:lo × 2^(exponent − 127), `hi` with its top bit set; or zero, with `hi` zero. */
export class F {
  static negative: bool = false;
  static exponent: i32 = 0;
  static hi: u64 = 0;
  static lo: u64 = 0;
}

/** F = ±hi:lo × 2^(exponent − 127), normalized or not. */
export function setF(negative: bool, exponent: i32, hi: u64, lo: u64): void {
  F.negative = negative;
  F.exponent = exponent;
  F.hi = 0;
  F.lo = 0;
  if ((hi | lo) == 0) return;
  F.exponent = exponent - <i32>normalize128(hi, lo);
  F.hi = Wide.hi;
  F.lo = Wide.lo;
}

/** Wide = upper half of the product of two 128-bit numbers, without the carries of the lowest quarter. */
export function multiplyFixed(aHi: u64, aLo: u64, bHi: u64, bLo: u64): void {
  const cross = multiplyHigh(aHi, bLo);
  const other = multiplyHigh(aLo, bHi);
  multiply64(aHi, bHi);
  const middle = cross + other;
  const lo = Wide.lo + middle;
  Wide.hi += (middle < cross ? 1 : 0) + (lo < middle ? 1 : 0);
  Wide.lo = lo;
}

/** Wide = hi:lo / divisor. */
export function divideSmall(hi: u64, lo: u64, divisor: u64): void {
  const high = hi / divisor;
  const low = divideAny(hi - high * divisor, lo, divisor);
  Wide.hi = high;
  Wide.lo = low;
}

/** F × 2^exponent × hi:lo / 2^127; the factor is normalized. */
export function multiplyF(exponent: i32, hi: u64, lo: u64): void {
  if (F.hi == 0) return;
  multiplyFixed(F.hi, F.lo, hi, lo);
  setF(F.negative, F.exponent + exponent + 1, Wide.hi, Wide.lo);
}

/** F divided by a normalized number: multiplied by its reciprocal, which one Newton step makes from 64 bits. */
export function divideF(exponent: i32, hi: u64, lo: u64): void {
  if (F.hi == 0) return;
  if (hi == INTEGER_BIT && lo == 0) {
    F.exponent -= exponent;
    return;
  }
  const first: u64 = hi == INTEGER_BIT ? -1 : divide128(INTEGER_BIT, 0, hi);
  multiplyFixed(hi, lo, first, 0);
  // The distance of divisor × estimate from one, either way.
  const above = <i64>Wide.hi < 0;
  const errorLo = above ? Wide.lo : <u64>0 - Wide.lo;
  const errorHi = above ? Wide.hi - INTEGER_BIT : INTEGER_BIT - Wide.hi - (Wide.lo != 0 ? 1 : 0);
  multiplyFixed(first, 0, (errorHi << 1) | (errorLo >> 63), errorLo << 1);
  const lowPart = above ? <u64>0 - Wide.lo : Wide.lo;
  const highPart = above ? first - Wide.hi - (Wide.lo != 0 ? 1 : 0) : first + Wide.hi;
  multiplyFixed(F.hi, F.lo, highPart, lowPart);
  setF(F.negative, F.exponent - exponent, Wide.hi, Wide.lo);
}

/** F + a normalized number. */
export function addF(negative: bool, exponent: i32, hi: u64, lo: u64): void {
  if (F.hi == 0) {
    setF(negative, exponent, hi, lo);
    return;
  }
  let aHi = F.hi;
  let aLo = F.lo;
  let top = F.exponent;
  let sign = F.negative;
  const same = sign == negative;
  const swap = exponent > top || (exponent == top && (hi > aHi || (hi == aHi && lo > aLo)));
  const distance = swap ? exponent - top : top - exponent;
  if (swap) {
    shiftRightJam(aHi, aLo, <u32>min<i32>(distance, 200));
    aHi = hi;
    aLo = lo;
    top = exponent;
    sign = negative;
  } else shiftRightJam(hi, lo, <u32>min<i32>(distance, 200));
  if (!same) {
    const low = aLo - Wide.lo;
    setF(sign, top, aHi - Wide.hi - (aLo < Wide.lo ? 1 : 0), low);
    return;
  }
  const low = aLo + Wide.lo;
  const high = aHi + Wide.hi + (low < aLo ? 1 : 0);
  const carried = high < aHi || (high == aHi && (Wide.hi | Wide.lo) != 0 && low < aLo);
  if (carried) setF(sign, top + 1, (high >> 1) | INTEGER_BIT, (high << 63) | (low >> 1));
  else setF(sign, top, high, low);
}

/** Wide = F² as a fraction of 2^128. F is below one. */
export function squareFraction(): void {
  multiplyFixed(F.hi, F.lo, F.hi, F.lo);
  // F² = Wide / 2^126 × 2^(2 × exponent).
  shiftRightJam(Wide.hi, Wide.lo, <u32>min<i32>(-2 - 2 * F.exponent, 200));
}

/** How many terms a series in F² needs for 90 bits, F below 2^(exponent + 1). */
export function termsOf(exponent: i32): u32 {
  const bits = -2 * (exponent + 1);
  return bits <= 0 ? 90 : 90 / <u32>bits + 2;
}

/** The result of the instruction is F, which is known to be inexact, rounded to 64 bits. */
export function roundF(): void {
  if (F.hi == 0) setResult(F.negative ? 0x8000 : 0, 0);
  else roundResult(F.negative ? 0x8000 : 0, F.exponent + BIAS, F.hi, F.lo | 1, 64);
}

/** The same for what may be exact. */
export function roundExactF(): void {
  if (F.hi == 0) setResult(F.negative ? 0x8000 : 0, 0);
  else roundResult(F.negative ? 0x8000 : 0, F.exponent + BIAS, F.hi, F.lo, 64);
}
