/**
 * IEEE 754 arithmetic on single and double precision in integers, with the rounding, the flushing and the exception
 * flags that MXCSR describes. Numbers are their bit patterns in a u64; `d` tells double from single precision.
 * Intel SDM volume 1, "SIMD Floating-Point Exceptions" and "Underflow Exception" (tininess after rounding).
 */

import { divide128, multiplyHigh, Wide } from '../x87/wide';

// Exception flags, at their places in MXCSR.
export const INVALID: u32 = 1;
export const DENORMAL: u32 = 2;
const DIVIDE: u32 = 4;
const OVERFLOW: u32 = 8;
const UNDERFLOW: u32 = 16;
export const INEXACT: u32 = 32;
/** Exceptions that an operand raises, before anything is computed. */
export const OPERAND_FLAGS: u32 = INVALID | DENORMAL | DIVIDE;
// Control bits of MXCSR.
const DAZ: u32 = 0x40;
export const MASK_SHIFT: u32 = 7;
const FTZ: u32 = 0x8000;
export const ROUND_SHIFT: u32 = 13;
// Rounding modes.
export const ROUND_NEAREST: u32 = 0;
export const ROUND_DOWN: u32 = 1;
export const ROUND_UP: u32 = 2;
export const ROUND_ZERO: u32 = 3;

/** MXCSR that operations obey. */
export let control: u32 = 0x1f80;
/** Exceptions raised since `beginFloat`. */
export let raised: u32 = 0;

export function beginFloat(mxcsr: u32): void {
  control = mxcsr;
  raised = 0;
}

/** Notes exceptions. */
export function note(flags: u32): void {
  raised |= flags;
}

/** Bits of the fraction. */
// @ts-ignore: decorator
@inline
export function fractionBits(d: bool): u32 {
  return d ? 52 : 23;
}

// @ts-ignore: decorator
@inline
function bias(d: bool): i32 {
  return d ? 1023 : 127;
}

/** The exponent field of infinities and NaNs. */
// @ts-ignore: decorator
@inline
function mostExponent(d: bool): i32 {
  return d ? 0x7ff : 0xff;
}

// @ts-ignore: decorator
@inline
export function signBit(d: bool): u64 {
  return d ? 0x8000000000000000 : 0x80000000;
}

// @ts-ignore: decorator
@inline
export function infinity(d: bool): u64 {
  return d ? 0x7ff0000000000000 : 0x7f800000;
}

/** The NaN that invalid operations give. */
// @ts-ignore: decorator
@inline
export function indefinite(d: bool): u64 {
  return d ? 0xfff8000000000000 : 0xffc00000;
}

// @ts-ignore: decorator
@inline
export function quietBit(d: bool): u64 {
  return d ? 0x8000000000000 : 0x400000;
}

// @ts-ignore: decorator
@inline
export function magnitude(a: u64, d: bool): u64 {
  return a & (signBit(d) - 1);
}

// @ts-ignore: decorator
@inline
export function isNan(a: u64, d: bool): bool {
  return magnitude(a, d) > infinity(d);
}

// @ts-ignore: decorator
@inline
export function isSignalling(a: u64, d: bool): bool {
  return isNan(a, d) && (a & quietBit(d)) == 0;
}

// @ts-ignore: decorator
@inline
export function isInfinite(a: u64, d: bool): bool {
  return magnitude(a, d) == infinity(d);
}

// @ts-ignore: decorator
@inline
export function isZero(a: u64, d: bool): bool {
  return magnitude(a, d) == 0;
}

// @ts-ignore: decorator
@inline
export function isDenormal(a: u64, d: bool): bool {
  return magnitude(a, d) - 1 < (<u64>1 << fractionBits(d)) - 1;
}

// @ts-ignore: decorator
@inline
export function isNegative(a: u64, d: bool): bool {
  return (a & signBit(d)) != 0;
}

/** An operand as the operation sees it: under DAZ, zero instead of a denormal. */
// @ts-ignore: decorator
@inline
export function operand(a: u64, d: bool): u64 {
  return (control & DAZ) != 0 && isDenormal(a, d) ? a & signBit(d) : a;
}

/** Significand of a finite number other than zero, its leading one at bit 62. */
export function significand(a: u64, d: bool): u64 {
  const fraction = a & ((<u64>1 << fractionBits(d)) - 1);
  if (isDenormal(a, d)) return fraction << (clz<u64>(fraction) - 1);
  return (fraction | (<u64>1 << fractionBits(d))) << (62 - fractionBits(d));
}

/** Exponent of a finite number other than zero whose significand is taken as 1.x. */
export function exponent(a: u64, d: bool): i32 {
  if (isDenormal(a, d)) return 63 - <i32>clz<u64>(magnitude(a, d)) - <i32>fractionBits(d) + 1 - bias(d);
  return <i32>(magnitude(a, d) >> fractionBits(d)) - bias(d);
}

/** Shifts right; what falls out remains as a one in bit 0. */
export function shiftRightJam(a: u64, count: u32): u64 {
  if (count == 0) return a;
  if (count > 63) return <u64>(a != 0);
  return (a >> count) | <u64>(a << (64 - count) != 0);
}

/** What rounding adds below the last of the bits that stay, when `shift` bits go. */
// @ts-ignore: decorator
@inline
function increment(negative: bool, shift: u32): u64 {
  switch ((control >> ROUND_SHIFT) & 3) {
    case ROUND_NEAREST: return <u64>1 << (shift - 1);
    case ROUND_DOWN: return negative ? (<u64>1 << shift) - 1 : 0;
    case ROUND_UP: return negative ? 0 : (<u64>1 << shift) - 1;
  }
  return 0;
}

/** Rounds away the low `shift` bits (at least one); ties go to even in ROUND_NEAREST. */
function roundOff(negative: bool, value: u64, shift: u32): u64 {
  const rest = value & ((<u64>1 << shift) - 1);
  const rounded = (value + increment(negative, shift)) >> shift;
  const tie = rest == <u64>1 << (shift - 1) && ((control >> ROUND_SHIFT) & 3) == ROUND_NEAREST;
  return tie ? rounded & ~(<u64>1) : rounded;
}

/** The number ±`value`/2^62 × 2^`scale`, rounded. `value` has its leading one at bit 62 and may be jammed in bit 0. */
export function roundPack(negative: bool, scale: i32, value: u64, d: bool): u64 {
  const shift = 62 - fractionBits(d);
  const sign = negative ? signBit(d) : 0;
  const field = scale + bias(d);
  if (field <= 0) return packSmall(negative, field, value, d);
  if (value & ((<u64>1 << shift) - 1)) raised |= INEXACT;
  const packed = (<u64>(field - 1) << fractionBits(d)) + roundOff(negative, value, shift);
  if (field < mostExponent(d) && packed < infinity(d)) return sign | packed;
  raised |= OVERFLOW;
  if ((control >> MASK_SHIFT) & OVERFLOW) raised |= INEXACT;
  const mode = (control >> ROUND_SHIFT) & 3;
  const stays = mode == ROUND_ZERO || (mode == ROUND_DOWN && !negative) || (mode == ROUND_UP && negative);
  return sign | (infinity(d) - <u64>stays);
}

/** Rounds below the normal numbers. `field` is the exponent field that the number would have, at most 0. */
function packSmall(negative: bool, field: i32, value: u64, d: bool): u64 {
  const shift = 62 - fractionBits(d);
  const sign = negative ? signBit(d) : 0;
  // Tiny unless rounding with an unbounded exponent reaches the smallest normal number.
  const tiny = field < 0 || roundOff(negative, value, shift) >> (fractionBits(d) + 1) == 0;
  const rest = (<u64>1 << shift) - 1;
  if (tiny && !(control & (UNDERFLOW << MASK_SHIFT))) {
    // There will be no result; whether it is exact is asked of the one with an unbounded exponent.
    raised |= value & rest ? UNDERFLOW | INEXACT : UNDERFLOW;
    return sign;
  }
  if (tiny && control & FTZ) {
    raised |= UNDERFLOW | INEXACT;
    return sign;
  }
  const small = shiftRightJam(value, <u32>(1 - field));
  if (small & rest) raised |= tiny ? UNDERFLOW | INEXACT : INEXACT;
  return sign | roundOff(negative, small, shift);
}

/** The result where one of two operands is a NaN: the first if it is one, made quiet. */
function propagate(a: u64, b: u64, d: bool): u64 {
  if (isSignalling(a, d) || isSignalling(b, d)) raised |= INVALID;
  return (isNan(a, d) ? a : b) | quietBit(d);
}

// @ts-ignore: decorator
@inline
function noteDenormals(a: u64, b: u64, d: bool): void {
  if (isDenormal(a, d) || isDenormal(b, d)) raised |= DENORMAL;
}

export function add(a: u64, b: u64, d: bool): u64 {
  if (isNan(a, d) || isNan(b, d)) return propagate(a, b, d);
  a = operand(a, d);
  b = operand(b, d);
  if (isInfinite(a, d) && isInfinite(b, d) && a != b) {
    raised |= INVALID;
    return indefinite(d);
  }
  noteDenormals(a, b, d);
  if (isInfinite(a, d)) return a;
  if (isInfinite(b, d)) return b;
  if (isZero(a, d) && isZero(b, d)) return a == b ? a : zeroOfDifference(d);
  if (isZero(a, d)) return roundPack(isNegative(b, d), exponent(b, d), significand(b, d), d);
  if (isZero(b, d)) return roundPack(isNegative(a, d), exponent(a, d), significand(a, d), d);
  if (magnitude(a, d) < magnitude(b, d)) {
    const swapped = a;
    a = b;
    b = swapped;
  }
  const negative = isNegative(a, d);
  const scale = exponent(a, d);
  const larger = significand(a, d);
  const smaller = shiftRightJam(significand(b, d), <u32>(scale - exponent(b, d)));
  if (negative == isNegative(b, d)) {
    const sum = larger + smaller;
    return sum >> 63 ? roundPack(negative, scale + 1, (sum >> 1) | (sum & 1), d) : roundPack(negative, scale, sum, d);
  }
  const difference = larger - smaller;
  if (difference == 0) return zeroOfDifference(d);
  const up = <i32>clz<u64>(difference) - 1;
  return roundPack(negative, scale - up, difference << up, d);
}

/** x − x: negative when rounding down. */
function zeroOfDifference(d: bool): u64 {
  return ((control >> ROUND_SHIFT) & 3) == ROUND_DOWN ? signBit(d) : 0;
}

export function subtract(a: u64, b: u64, d: bool): u64 {
  return isNan(b, d) ? add(a, b, d) : add(a, b ^ signBit(d), d);
}

export function multiply(a: u64, b: u64, d: bool): u64 {
  if (isNan(a, d) || isNan(b, d)) return propagate(a, b, d);
  a = operand(a, d);
  b = operand(b, d);
  const sign = (a ^ b) & signBit(d);
  const infinite = isInfinite(a, d) || isInfinite(b, d);
  const zero = isZero(a, d) || isZero(b, d);
  if (infinite && zero) {
    raised |= INVALID;
    return indefinite(d);
  }
  noteDenormals(a, b, d);
  if (infinite) return sign | infinity(d);
  if (zero) return sign;
  const x = significand(a, d) << 1;
  const y = significand(b, d);
  let high = multiplyHigh(x, y);
  const low = x * y;
  let scale = exponent(a, d) + exponent(b, d);
  // The product of 1.x and 1.x: its leading one is at bit 62 or 61 of the high half.
  if (high >> 62) {
    scale += 1;
    high |= <u64>(low != 0);
  } else high = (high << 1) | (low >> 63) | <u64>(low << 1 != 0);
  return roundPack(sign != 0, scale, high, d);
}

export function divide(a: u64, b: u64, d: bool): u64 {
  if (isNan(a, d) || isNan(b, d)) return propagate(a, b, d);
  a = operand(a, d);
  b = operand(b, d);
  const sign = (a ^ b) & signBit(d);
  if ((isInfinite(a, d) && isInfinite(b, d)) || (isZero(a, d) && isZero(b, d))) {
    raised |= INVALID;
    return indefinite(d);
  }
  if (isZero(b, d) && !isInfinite(a, d)) {
    raised |= DIVIDE;
    return sign | infinity(d);
  }
  noteDenormals(a, b, d);
  if (isInfinite(a, d)) return sign | infinity(d);
  if (isInfinite(b, d) || isZero(a, d)) return sign;
  let scale = exponent(a, d) - exponent(b, d);
  let rest = significand(a, d);
  const divisor = significand(b, d);
  if (rest < divisor) {
    rest <<= 1;
    scale -= 1;
  }
  // The quotient of 1 to 2, its leading one at bit 62.
  const quotient = divide128(rest >> 1, rest << 63, divisor << 1);
  return roundPack(sign != 0, scale, quotient | <u64>(Wide.lo != 0), d);
}

export function squareRoot(a: u64, d: bool): u64 {
  if (isNan(a, d)) return propagate(a, a, d);
  a = operand(a, d);
  if (isZero(a, d)) return a;
  if (isNegative(a, d)) {
    raised |= INVALID;
    return indefinite(d);
  }
  if (isDenormal(a, d)) raised |= DENORMAL;
  if (isInfinite(a, d)) return a;
  const scale = exponent(a, d);
  // Two bits of the number, as 1 to 4 with two bits in front of the point, give one bit of the root.
  let bits = significand(a, d) << (scale & 1);
  let rest: u64 = 0;
  let root: u64 = 0;
  for (let i = 0; i < 57; i++) {
    rest = (rest << 2) | (bits >> 62);
    bits <<= 2;
    const trial = (root << 2) | 1;
    root <<= 1;
    if (rest >= trial) {
      rest -= trial;
      root |= 1;
    }
  }
  return roundPack(false, scale >> 1, (root << 6) | <u64>(rest != 0), d);
}
