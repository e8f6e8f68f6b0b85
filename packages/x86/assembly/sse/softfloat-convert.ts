/** Comparisons and conversions beside `softfloat.ts`: between precisions, to and from integers. Same conventions. */

import {
  control, DENORMAL, exponent, fractionBits, INEXACT, infinity, INVALID, isDenormal, isInfinite, isNan,
  isNegative, isSignalling, isZero, magnitude, note, operand, quietBit, ROUND_NEAREST, ROUND_SHIFT, ROUND_UP, ROUND_DOWN,
  roundPack, shiftRightJam, signBit, significand,
} from './softfloat';

export const RELATION_EQUAL: u32 = 0;
export const RELATION_LESS: u32 = 1;
export const RELATION_GREATER: u32 = 2;
export const RELATION_UNORDERED: u32 = 3;

/** How `a` stands to `b`. A quiet NaN is invalid too where `signals`. */
export function relation(a: u64, b: u64, d: bool, signals: bool): u32 {
  if (isNan(a, d) || isNan(b, d)) {
    if (signals || isSignalling(a, d) || isSignalling(b, d)) note(INVALID);
    return RELATION_UNORDERED;
  }
  if (isDenormal(operand(a, d), d) || isDenormal(operand(b, d), d)) note(DENORMAL);
  a = operand(a, d);
  b = operand(b, d);
  if (isZero(a, d) && isZero(b, d)) return RELATION_EQUAL;
  if (a == b) return RELATION_EQUAL;
  const negative = isNegative(a, d);
  if (negative != isNegative(b, d)) return negative ? RELATION_LESS : RELATION_GREATER;
  return magnitude(a, d) < magnitude(b, d) != negative ? RELATION_LESS : RELATION_GREATER;
}

/** MIN (`greatest` false) or MAX: the second operand unless the first is strictly less or greater. */
export function extreme(a: u64, b: u64, d: bool, greatest: bool): u64 {
  const wanted = greatest ? RELATION_GREATER : RELATION_LESS;
  const first = relation(a, b, d, true) == wanted;
  return operand(first ? a : b, d);
}

/** Single to double precision. */
export function widen(a: u64): u64 {
  const sign = (a & 0x80000000) << 32;
  if (isNan(a, false)) {
    if (isSignalling(a, false)) note(INVALID);
    return sign | 0x7ff8000000000000 | ((a & 0x7fffff) << 29);
  }
  a = operand(a, false);
  if (isZero(a, false)) return sign;
  if (isInfinite(a, false)) return sign | infinity(true);
  if (isDenormal(a, false)) note(DENORMAL);
  return roundPack(sign != 0, exponent(a, false), significand(a, false), true);
}

/** Double to single precision. */
export function narrow(a: u64): u64 {
  const sign = (a >> 32) & 0x80000000;
  if (isNan(a, true)) {
    if (isSignalling(a, true)) note(INVALID);
    return sign | 0x7fc00000 | ((a >> 29) & 0x7fffff);
  }
  a = operand(a, true);
  if (isZero(a, true)) return sign;
  if (isInfinite(a, true)) return sign | infinity(false);
  if (isDenormal(a, true)) note(DENORMAL);
  return roundPack(sign != 0, exponent(a, true), significand(a, true), false);
}

/** An integer as a number. */
export function fromInteger(value: i64, d: bool): u64 {
  if (value == 0) return 0;
  const size = <u64>(value < 0 ? -value : value);
  const up = <i32>clz<u64>(size);
  // The leading one goes to bit 62; only the bits of −2^63 need the step to the right.
  return roundPack(value < 0, 63 - up, up == 0 ? size >> 1 : size << (up - 1), d);
}

/** A finite number other than zero and below 2^61 with two bits behind the point: the first, and if any other is set. */
function withRest(a: u64, d: bool): u64 {
  return shiftRightJam(significand(a, d), <u32>(60 - exponent(a, d)));
}

/** Rounds away what {@link withRest} has behind the point. */
function roundRest(parts: u64, negative: bool, mode: u32): u64 {
  const rest = <u32>parts & 3;
  const size = parts >> 2;
  if (rest == 0) return size;
  if (mode == ROUND_NEAREST) return size + <u64>(rest == 3 || (rest == 2 && (size & 1) != 0));
  return size + <u64>(mode == (negative ? ROUND_DOWN : ROUND_UP));
}

/** A number as an integer of 32 or 64 bits; what does not fit is invalid and gives the least integer. */
export function toInteger(a: u64, d: bool, mode: u32, wide: bool): i64 {
  const least: i64 = wide ? i64.MIN_VALUE : <i64>i32.MIN_VALUE;
  a = operand(a, d);
  if (isZero(a, d)) return 0;
  const negative = isNegative(a, d);
  const scale = isNan(a, d) || isInfinite(a, d) ? 100 : exponent(a, d);
  if (scale > (wide ? 62 : 31)) {
    // The least integer itself has this exponent.
    if (!(wide && scale == 63 && negative && significand(a, d) == <u64>1 << 62)) note(INVALID);
    return least;
  }
  if (scale > 60) {
    const size = <i64>(significand(a, d) >> (62 - scale));
    return negative ? -size : size;
  }
  const parts = withRest(a, d);
  const size = <i64>roundRest(parts, negative, mode);
  if (!wide && size > <i64>i32.MAX_VALUE + <i64>negative) {
    note(INVALID);
    return least;
  }
  if (parts & 3) note(INEXACT);
  return negative ? -size : size;
}

/** A number rounded to an integral number by `mode`; `quiet` leaves the inexact flag alone. */
export function toIntegral(a: u64, d: bool, mode: u32, quiet: bool): u64 {
  if (isNan(a, d)) {
    if (isSignalling(a, d)) note(INVALID);
    return a | quietBit(d);
  }
  a = operand(a, d);
  if (isZero(a, d) || isInfinite(a, d) || exponent(a, d) >= <i32>fractionBits(d)) return a;
  const parts = withRest(a, d);
  if (!quiet && parts & 3) note(INEXACT);
  const size = roundRest(parts, isNegative(a, d), mode);
  const sign = a & signBit(d);
  if (size == 0) return sign;
  // Below 2^53 (2^24): fits the fraction, so packing it neither rounds nor flushes.
  const up = <i32>clz<u64>(size);
  return roundPack(sign != 0, 63 - up, size << (up - 1), d);
}

/** The rounding mode of MXCSR. */
export function roundingMode(): u32 {
  return (control >> ROUND_SHIFT) & 3;
}
