/** Between 80 bits and what memory holds: 32- and 64-bit numbers, integers, packed decimals; and FRNDINT. Intel SDM volume 1, "Data Transfer Instructions". */

import {
  BIAS, EXPONENT, exponentOf, INTEGER_BIT, isInfinite, isNaN80, isUnsupported, normalized,
  noteDenormals, noteRounding, QUIET_BIT, R, round, Rounded, ROUND_CHOP, ROUND_DOWN, ROUND_UP, roundingMode, roundsUp,
  setResult, special1,
} from './number';
import { Fpu, IE, isMasked, OE, PE, UE } from './registers';
import { shiftRightJam, Wide } from './wide';

/** The integer that stands for none, by size in bits: only the top bit set. */
// @ts-ignore: decorator
@inline
export function integerIndefinite(bits: u32): u64 {
  return <u64>1 << (bits - 1);
}

export const DECIMAL_INDEFINITE_LOW: u64 = 0xc000000000000000;
export const DECIMAL_INDEFINITE_HIGH: u32 = 0xffff;
export const SINGLE_INDEFINITE: u64 = 0xffc00000;
export const DOUBLE_INDEFINITE: u64 = 0xfff8000000000000;
const MOST_DECIMAL: u64 = 999999999999999999;

/** The result is a 32- or 64-bit number, exactly; signaling NaNs stay signaling. Notes denormals. */
export function widen(value: u64, bits: u32): void {
  const fraction: u32 = bits == 64 ? 52 : 23;
  const most: i32 = bits == 64 ? 0x7ff : 0xff;
  const sign = <u32>(value >> (bits - 1)) << 15;
  const exponent = <i32>(value >> fraction) & most;
  const sig = (value & ((<u64>1 << fraction) - 1)) << (63 - fraction);
  R.memoryDenormal = false;
  if (exponent == most) setResult(sign | EXPONENT, sig | INTEGER_BIT);
  else if (exponent != 0) setResult(sign | <u32>(exponent + BIAS - (most >> 1)), sig | INTEGER_BIT);
  else if (sig == 0) setResult(sign, 0);
  else {
    R.memoryDenormal = true;
    const shift = <i32>clz<u64>(sig);
    setResult(sign | <u32>(1 - shift + BIAS - (most >> 1)), sig << shift);
  }
}

/** The result is an integer, exactly. */
export function widenInteger(value: i64): void {
  R.memoryDenormal = false;
  if (value == 0) {
    setResult(0, 0);
    return;
  }
  const sign: u32 = value < 0 ? 0x8000 : 0;
  const magnitude = <u64>(value < 0 ? -value : value);
  const shift = <u32>clz<u64>(magnitude);
  setResult(sign | (<u32>BIAS + 63 - shift), magnitude << shift);
}

/** Rounds to a 32- or 64-bit number. Unmasked, overflow and underflow forbid the store: look at `isUnmasked`. */
export function narrow(se: u32, sig: u64, bits: u32): u64 {
  const wide = bits == 64;
  const precision: u32 = wide ? 53 : 24;
  const bias: i32 = wide ? 1023 : 127;
  const sign = se & 0x8000;
  const signBit = <u64>(sign >> 15) << (bits - 1);
  const fraction = precision - 1;
  const infinite = signBit | (<u64>(bias * 2 + 1) << fraction);
  if (isUnsupported(se, sig)) {
    Fpu.raised |= IE;
    return wide ? DOUBLE_INDEFINITE : SINGLE_INDEFINITE;
  }
  if (isNaN80(se, sig)) {
    if (!(sig & QUIET_BIT)) Fpu.raised |= IE;
    return infinite | (((sig | QUIET_BIT) << 1) >> (65 - precision));
  }
  if (isInfinite(se, sig)) return infinite;
  if (sig == 0) return signBit;
  let exponent = exponentOf(se, sig) - BIAS + bias;
  if (exponent <= 0) return signBit | narrowSmall(sign, exponent, normalized(sig), precision);
  round(sign, normalized(sig), 0, precision);
  if (Rounded.carried) {
    Rounded.sig = INTEGER_BIT;
    exponent++;
  }
  if (exponent > bias * 2) {
    Fpu.raised |= OE;
    if (!isMasked(OE)) return 0;
    const mode = roundingMode();
    const stays = mode == ROUND_CHOP || mode == (sign ? ROUND_UP : ROUND_DOWN);
    Fpu.raised |= PE;
    Fpu.c1 = stays ? 0 : 1;
    return stays ? infinite - 1 : infinite;
  }
  noteRounding();
  return signBit | (<u64>exponent << fraction) | ((Rounded.sig << 1) >> (65 - precision));
}

function narrowSmall(sign: u32, exponent: i32, sig: u64, precision: u32): u64 {
  round(sign, sig, 0, precision);
  const tiny = exponent < 0 || !Rounded.carried;
  if (tiny && !isMasked(UE)) {
    Fpu.raised |= UE;
    return 0;
  }
  shiftRightJam(sig, 0, <u32>min<i32>(1 - exponent, 200));
  round(sign, Wide.hi, Wide.lo, precision);
  noteRounding();
  if (tiny && Rounded.inexact) Fpu.raised |= UE;
  // A carry into the integer bit becomes the smallest normal exponent by itself.
  return Rounded.sig >> (64 - precision);
}

/** Rounds to a signed integer of `bits` bits. */
export function toInteger(se: u32, sig: u64, mode: u32, bits: u32): u64 {
  const indefinite = <u64>(-1) << (bits - 1);
  const negative = (se & 0x8000) != 0;
  const exponent = <i32>(se & EXPONENT) - BIAS;
  if (exponent > 63 || isUnsupported(se, sig)) {
    Fpu.raised |= IE;
    return indefinite;
  }
  if (sig == 0) return 0;
  shiftRightJam(sig, 0, <u32>min<i32>(63 - exponent, 200));
  const up = roundsUp(mode, negative, (Wide.hi & 1) != 0, Wide.lo);
  const magnitude = Wide.hi + (up ? 1 : 0);
  const most = (<u64>1 << (bits - 1)) - (negative ? 0 : 1);
  if (magnitude > most || (up && magnitude == 0)) {
    Fpu.raised |= IE;
    return indefinite;
  }
  if (Wide.lo != 0) {
    Fpu.raised |= PE;
    Fpu.c1 = up ? 1 : 0;
  }
  return negative ? <u64>0 - magnitude : magnitude;
}

/** FRNDINT. */
export function roundToInteger(se: u32, sig: u64): void {
  if (special1(se, sig)) return;
  const exponent = <i32>(se & EXPONENT) - BIAS;
  if (exponent >= 63 || sig == 0) {
    setResult(se, sig);
    return;
  }
  noteDenormals(se, sig, 0, 0);
  const sign = se & 0x8000;
  shiftRightJam(sig, 0, <u32>min<i32>(63 - exponent, 200));
  const up = roundsUp(roundingMode(), sign != 0, (Wide.hi & 1) != 0, Wide.lo);
  const magnitude = Wide.hi + (up ? 1 : 0);
  if (Wide.lo != 0) {
    Fpu.raised |= PE;
    Fpu.c1 = up ? 1 : 0;
  }
  if (magnitude == 0) setResult(sign, 0);
  else {
    const shift = <u32>clz<u64>(magnitude);
    setResult(sign | (<u32>BIAS + 63 - shift), magnitude << shift);
  }
}

/** FBLD: 18 decimal digits from two words, the sign in bit 79. Digits above nine count as they are. */
export function fromDecimal(low: u64, high: u32): void {
  let value: u64 = 0;
  for (let i: i32 = 17; i >= 0; i--) {
    const digit = i >= 16 ? (high >> ((i - 16) * 4)) & 15 : <u32>(low >> (i * 4)) & 15;
    value = value * 10 + digit;
  }
  widenInteger(<i64>value);
  if (high & 0x8000) R.se |= 0x8000;
}

/** FBSTP: the 80 bits come back in Wide. */
export function toDecimal(se: u32, sig: u64): void {
  const value = <i64>toInteger(se, sig, roundingMode(), 64);
  let magnitude = <u64>(value < 0 ? -value : value);
  if (Fpu.raised & IE || magnitude > MOST_DECIMAL) {
    Fpu.raised = IE;
    Fpu.c1 = 0;
    Wide.lo = DECIMAL_INDEFINITE_LOW;
    Wide.hi = DECIMAL_INDEFINITE_HIGH;
    return;
  }
  let low: u64 = 0;
  let high: u64 = se & 0x8000;
  for (let i: u32 = 0; i < 18; i++) {
    const digit = magnitude % 10;
    magnitude /= 10;
    if (i < 16) low |= digit << (i * 4);
    else high |= digit << ((i - 16) * 4);
  }
  Wide.lo = low;
  Wide.hi = high;
}
