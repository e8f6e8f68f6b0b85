/** Add, subtract, multiply, divide, square root, compare. Intel SDM volume 1, "Basic Arithmetic Instructions"; "Floating-Point Exceptions". */

import {
  BIAS, EXPONENT, exponentOf, infinity, INTEGER_BIT, invalid, isInfinite, isNaN80, isSignaling, isUnsupported, isZero,
  normalized, noteDenormals, precisionBits, ROUND_DOWN, roundingMode, roundResult, setResult, special1, special2,
  zeroDivide,
} from './number';
import { C0, C2, C3, Fpu, IE } from './registers';
import { divide128, multiply64, normalize128, shiftRightJam, squareRoot128, Wide } from './wide';

/** A finite number as it is, at the precision in force. */
function roundValue(se: u32, sig: u64): void {
  if (isZero(se, sig)) setResult(se, 0);
  else roundResult(se & 0x8000, exponentOf(se, sig), normalized(sig), 0, precisionBits());
}

/** a + b, or a − b. */
export function add(aSe: u32, aSig: u64, bSe: u32, bSig: u64, subtracting: bool): void {
  if (special2(aSe, aSig, bSe, bSig)) return;
  if (subtracting) bSe ^= 0x8000;
  const aInfinite = isInfinite(aSe, aSig);
  if (aInfinite || isInfinite(bSe, bSig)) {
    if (aInfinite && isInfinite(bSe, bSig) && aSe != bSe) {
      invalid();
      return;
    }
    noteDenormals(aSe, aSig, bSe, bSig);
    infinity((aInfinite ? aSe : bSe) & 0x8000);
    return;
  }
  noteDenormals(aSe, aSig, bSe, bSig);
  if (aSig == 0) {
    if (bSig != 0) roundValue(bSe, bSig);
    else setResult(aSe == bSe ? aSe : zeroSign(), 0);
  } else if (bSig == 0) roundValue(aSe, aSig);
  else if ((aSe ^ bSe) & 0x8000) subtractMagnitudes(aSe, aSig, bSe, bSig);
  else addMagnitudes(aSe, aSig, bSe, bSig);
}

/** Sign of a difference of equals. */
// @ts-ignore: decorator
@inline
function zeroSign(): u32 {
  return roundingMode() == ROUND_DOWN ? 0x8000 : 0;
}

function addMagnitudes(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  let exponent = exponentOf(aSe, aSig);
  let other = exponentOf(bSe, bSig);
  let large = normalized(aSig);
  let small = normalized(bSig);
  if (other > exponent) {
    const e = exponent;
    exponent = other;
    other = e;
    const s = large;
    large = small;
    small = s;
  }
  shiftRightJam(small, 0, exponent - other);
  let hi = large + Wide.hi;
  let lo = Wide.lo;
  if (hi < large) {
    lo = (hi << 63) | (lo >> 1) | (lo & 1);
    hi = (hi >> 1) | INTEGER_BIT;
    exponent++;
  }
  roundResult(aSe & 0x8000, exponent, hi, lo, precisionBits());
}

/** |a| − |b| with the sign of a, where the signs differ. */
function subtractMagnitudes(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  let sign = aSe & 0x8000;
  let exponent = exponentOf(aSe, aSig);
  let other = exponentOf(bSe, bSig);
  let large = normalized(aSig);
  let small = normalized(bSig);
  if (exponent == other && large == small) {
    setResult(zeroSign(), 0);
    return;
  }
  if (other > exponent || (other == exponent && small > large)) {
    const e = exponent;
    exponent = other;
    other = e;
    const s = large;
    large = small;
    small = s;
    sign ^= 0x8000;
  }
  shiftRightJam(small, 0, exponent - other);
  const lo = <u64>0 - Wide.lo;
  const hi = large - Wide.hi - (Wide.lo != 0 ? 1 : 0);
  exponent -= <i32>normalize128(hi, lo);
  roundResult(sign, exponent, Wide.hi, Wide.lo, precisionBits());
}

export function multiply(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  if (special2(aSe, aSig, bSe, bSig)) return;
  const sign = (aSe ^ bSe) & 0x8000;
  const aZero = isZero(aSe, aSig);
  const bZero = isZero(bSe, bSig);
  if (isInfinite(aSe, aSig) || isInfinite(bSe, bSig)) {
    if (aZero || bZero) invalid();
    else {
      noteDenormals(aSe, aSig, bSe, bSig);
      infinity(sign);
    }
    return;
  }
  noteDenormals(aSe, aSig, bSe, bSig);
  if (aZero || bZero) {
    setResult(sign, 0);
    return;
  }
  let exponent = exponentOf(aSe, aSig) + exponentOf(bSe, bSig) - BIAS + 1;
  multiply64(normalized(aSig), normalized(bSig));
  let hi = Wide.hi;
  let lo = Wide.lo;
  if (<i64>hi >= 0) {
    hi = (hi << 1) | (lo >> 63);
    lo <<= 1;
    exponent--;
  }
  roundResult(sign, exponent, hi, lo, precisionBits());
}

/** What lies behind the last bit of a quotient, as far as rounding asks: nothing, less than half, half, more. */
function restOf(remainder: u64, divisor: u64): u64 {
  if (remainder == 0) return 0;
  const other = divisor - remainder;
  return remainder > other ? INTEGER_BIT | 1 : remainder == other ? INTEGER_BIT : 1;
}

/** a / b. */
export function divide(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  if (special2(aSe, aSig, bSe, bSig)) return;
  const sign = (aSe ^ bSe) & 0x8000;
  const aInfinite = isInfinite(aSe, aSig);
  const bInfinite = isInfinite(bSe, bSig);
  const aZero = isZero(aSe, aSig);
  const bZero = isZero(bSe, bSig);
  if ((aInfinite && bInfinite) || (aZero && bZero)) {
    invalid();
    return;
  }
  if (bZero && !aInfinite) {
    // A denormal dividend goes unnoticed.
    zeroDivide(sign);
    return;
  }
  noteDenormals(aSe, aSig, bSe, bSig);
  if (aInfinite) infinity(sign);
  else if (bInfinite || aZero) setResult(sign, 0);
  else {
    let exponent = exponentOf(aSe, aSig) - exponentOf(bSe, bSig) + BIAS;
    const dividend = normalized(aSig);
    const divisor = normalized(bSig);
    let quotient: u64;
    if (dividend >= divisor) quotient = divide128(dividend >> 1, dividend << 63, divisor);
    else {
      quotient = divide128(dividend, 0, divisor);
      exponent--;
    }
    roundResult(sign, exponent, quotient, restOf(Wide.lo, divisor), precisionBits());
  }
}

export function squareRoot(se: u32, sig: u64): void {
  if (special1(se, sig)) return;
  if (isZero(se, sig)) {
    setResult(se, 0);
    return;
  }
  if (se & 0x8000) {
    invalid();
    return;
  }
  if (isInfinite(se, sig)) {
    infinity(0);
    return;
  }
  noteDenormals(se, sig, 0, 0);
  const exponent = exponentOf(se, sig) - BIAS;
  const value = normalized(sig);
  const root = exponent & 1 ? squareRoot128(value, 0) : squareRoot128(value >> 1, value << 63);
  // More than half of the last bit is left exactly where the distance exceeds the root; never half itself.
  const rest: u64 = Wide.hi != 0 || Wide.lo > root ? INTEGER_BIT | 1 : Wide.lo != 0 ? 1 : 0;
  roundResult(0, (exponent >> 1) + BIAS, root, rest, precisionBits());
}

/**
 * C3, C2, C0 of comparing a with b. `quietly`: only signaling NaNs are invalid. Raises IE and DE.
 */
export function compare(aSe: u32, aSig: u64, bSe: u32, bSig: u64, quietly: bool): u32 {
  if (isUnsupported(aSe, aSig) || isUnsupported(bSe, bSig)) {
    Fpu.raised |= IE;
    return C0 | C2 | C3;
  }
  if (isNaN80(aSe, aSig) || isNaN80(bSe, bSig)) {
    if (!quietly || isSignaling(aSe, aSig) || isSignaling(bSe, bSig)) Fpu.raised |= IE;
    return C0 | C2 | C3;
  }
  noteDenormals(aSe, aSig, bSe, bSig);
  if (aSig == 0 && bSig == 0) return C3;
  if (aSig == 0) return bSe & 0x8000 ? 0 : C0;
  if ((aSe ^ bSe) & 0x8000 || bSig == 0) return aSe & 0x8000 ? C0 : 0;
  const a = max<u32>(aSe & EXPONENT, 1);
  const b = max<u32>(bSe & EXPONENT, 1);
  if (a == b && aSig == bSig) return C3;
  const less = a != b ? a < b : aSig < bSig;
  return less != ((aSe & 0x8000) != 0) ? C0 : 0;
}
