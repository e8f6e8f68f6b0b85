/**
 * 80-bit numbers: classes, NaNs, rounding. A number is its sign and exponent (16 bits) and its significand (64 bits);
 * results come back in {@link R}. Intel SDM volume 1, "Data Types and Number Formats in x87 FPU"; "Rounding".
 */

import { DE, Fpu, IE, isMasked, OE, PE, UE, ZE } from './registers';
import { shiftRightJam, Wide } from './wide';

export const BIAS: i32 = 16383;
export const EXPONENT: u32 = 0x7fff;
export const INTEGER_BIT: u64 = 0x8000000000000000;
export const QUIET_BIT: u64 = 0x4000000000000000;
/** The default NaN. */
export const INDEFINITE_SE: u32 = 0xffff;
export const INDEFINITE: u64 = 0xc000000000000000;
/** What an unmasked overflow or underflow moves the exponent by. */
const WRAP: i32 = 24576;

export const ROUND_NEAREST: u32 = 0;
export const ROUND_DOWN: u32 = 1;
export const ROUND_UP: u32 = 2;
export const ROUND_CHOP: u32 = 3;

/** The result of an operation. */
export class R {
  static se: u32 = 0;
  static sig: u64 = 0;
  /** An operand from memory was denormal; it is none any more in 80 bits. */
  static memoryDenormal: bool = false;
}

// @ts-ignore: decorator
@inline
export function setResult(se: u32, sig: u64): void {
  R.se = se;
  R.sig = sig;
}

// @ts-ignore: decorator
@inline
export function isZero(se: u32, sig: u64): bool {
  return (se & EXPONENT) == 0 && sig == 0;
}

// @ts-ignore: decorator
@inline
export function isInfinite(se: u32, sig: u64): bool {
  return (se & EXPONENT) == EXPONENT && sig == INTEGER_BIT;
}

/** Denormal or pseudo-denormal. */
// @ts-ignore: decorator
@inline
export function isDenormal(se: u32, sig: u64): bool {
  return (se & EXPONENT) == 0 && sig != 0;
}

/** Unnormals, pseudo-infinities, pseudo-NaNs. */
// @ts-ignore: decorator
@inline
export function isUnsupported(se: u32, sig: u64): bool {
  return (se & EXPONENT) != 0 && <i64>sig >= 0;
}

// @ts-ignore: decorator
@inline
export function isNaN80(se: u32, sig: u64): bool {
  return (se & EXPONENT) == EXPONENT && sig > INTEGER_BIT;
}

/** Not for unsupported encodings. */
// @ts-ignore: decorator
@inline
export function isSignaling(se: u32, sig: u64): bool {
  return isNaN80(se, sig) && (sig & QUIET_BIT) == 0;
}

/** The masked response to an invalid operation. */
export function invalid(): void {
  Fpu.raised |= IE;
  setResult(INDEFINITE_SE, INDEFINITE);
}

/** The result of a NaN operand: the NaN itself, quiet. True when `a` decides: NaN or unsupported. */
export function special1(se: u32, sig: u64): bool {
  if ((se & EXPONENT) == 0 || (se & EXPONENT) != EXPONENT && <i64>sig < 0) return false;
  if (isUnsupported(se, sig)) {
    invalid();
    return true;
  }
  if (!isNaN80(se, sig)) return false;
  if (!(sig & QUIET_BIT)) Fpu.raised |= IE;
  setResult(se, sig | QUIET_BIT);
  return true;
}

/** The same for two operands. Of two NaNs the quiet one wins, else the one with the larger significand. */
export function special2(aSe: u32, aSig: u64, bSe: u32, bSig: u64): bool {
  const aPlain = (aSe & EXPONENT) != EXPONENT && (<i64>aSig < 0 || (aSe & EXPONENT) == 0);
  const bPlain = (bSe & EXPONENT) != EXPONENT && (<i64>bSig < 0 || (bSe & EXPONENT) == 0);
  if (aPlain && bPlain) return false;
  if (isUnsupported(aSe, aSig) || isUnsupported(bSe, bSig)) {
    invalid();
    return true;
  }
  const aNaN = isNaN80(aSe, aSig);
  const bNaN = isNaN80(bSe, bSig);
  if (!aNaN && !bNaN) return false;
  const aSignals = aNaN && !(aSig & QUIET_BIT);
  const bSignals = bNaN && !(bSig & QUIET_BIT);
  if (aSignals || bSignals) Fpu.raised |= IE;
  let takeA = aNaN;
  if (aNaN && bNaN) {
    if (aSignals != bSignals) takeA = bSignals;
    else if (aSig != bSig) takeA = aSig > bSig;
    else takeA = aSe < bSe;
  }
  setResult(takeA ? aSe : bSe, (takeA ? aSig : bSig) | QUIET_BIT);
  return true;
}

/** Raises DE for denormal operands. */
// @ts-ignore: decorator
@inline
export function noteDenormals(aSe: u32, aSig: u64, bSe: u32, bSig: u64): void {
  if (isDenormal(aSe, aSig) || isDenormal(bSe, bSig) || R.memoryDenormal) Fpu.raised |= DE;
}

/** Exponent of a finite number other than zero, once its significand is normalized. */
// @ts-ignore: decorator
@inline
export function exponentOf(se: u32, sig: u64): i32 {
  return (se & EXPONENT) == 0 ? 1 - <i32>clz<u64>(sig) : <i32>(se & EXPONENT);
}

// @ts-ignore: decorator
@inline
export function normalized(sig: u64): u64 {
  return sig << clz<u64>(sig);
}

export function infinity(sign: u32): void {
  setResult(sign | EXPONENT, INTEGER_BIT);
}

/** x / 0. */
export function zeroDivide(sign: u32): void {
  Fpu.raised |= ZE;
  infinity(sign);
}

// @ts-ignore: decorator
@inline
export function roundingMode(): u32 {
  return (Fpu.control >> 10) & 3;
}

/** Significant bits by precision control. */
// @ts-ignore: decorator
@inline
export function precisionBits(): u32 {
  const control = (Fpu.control >> 8) & 3;
  return control == 0 ? 24 : control == 2 ? 53 : 64;
}

/** Whether a magnitude is rounded up; `rest` is the part behind the last bit, from its top bit down. */
export function roundsUp(mode: u32, negative: bool, odd: bool, rest: u64): bool {
  switch (mode) {
    case ROUND_NEAREST:
      return rest > INTEGER_BIT || (rest == INTEGER_BIT && odd);
    case ROUND_DOWN:
      return negative && rest != 0;
    case ROUND_UP:
      return !negative && rest != 0;
    default:
      return false;
  }
}

/** What {@link round} kept, and what it knows about it. */
export class Rounded {
  static sig: u64 = 0;
  static carried: bool = false;
  static inexact: bool = false;
  static up: bool = false;
}

/** Rounds hi:lo to its first `bits` bits, counted from bit 63 of `hi`. */
export function round(sign: u32, hi: u64, lo: u64, bits: u32): void {
  const unit = <u64>1 << (64 - bits);
  const rest = bits == 64 ? lo : (hi << bits) | (lo != 0 ? 1 : 0);
  const kept = hi & ~(unit - 1);
  const up = roundsUp(roundingMode(), sign != 0, (kept & unit) != 0, rest);
  Rounded.inexact = rest != 0;
  Rounded.up = up;
  Rounded.sig = up ? kept + unit : kept;
  Rounded.carried = up && Rounded.sig == 0;
}

/** PE and C1 by the last rounding. */
// @ts-ignore: decorator
@inline
export function noteRounding(): void {
  if (!Rounded.inexact) return;
  Fpu.raised |= PE;
  Fpu.c1 = Rounded.up ? 1 : 0;
}

/**
 * Sets the result to ±hi:lo × 2^(exponent − BIAS − 127) rounded to `bits` bits. `hi` has its top bit set; `exponent`
 * may be any. The sign is 0 or 0x8000.
 */
export function roundResult(sign: u32, exponent: i32, hi: u64, lo: u64, bits: u32): void {
  if (exponent <= 0) {
    roundSmall(sign, exponent, hi, lo, bits);
    return;
  }
  round(sign, hi, lo, bits);
  let sig = Rounded.sig;
  if (Rounded.carried) {
    sig = INTEGER_BIT;
    exponent++;
  }
  if (exponent >= 0x7fff) {
    Fpu.raised |= OE;
    if (isMasked(OE)) {
      overflowed(sign, bits);
      return;
    }
    exponent -= WRAP;
    if (exponent >= 0x7fff) {
      Fpu.raised |= PE;
      Fpu.c1 = 1;
      infinity(sign);
      return;
    }
  }
  noteRounding();
  setResult(sign | <u32>exponent, sig);
}

/** The masked response to overflow: infinity, or the largest number where that is further from zero. */
function overflowed(sign: u32, bits: u32): void {
  const mode = roundingMode();
  Fpu.raised |= PE;
  if (mode == ROUND_CHOP || mode == (sign ? ROUND_UP : ROUND_DOWN)) {
    setResult(sign | 0x7ffe, <u64>-1 << (64 - bits));
    return;
  }
  Fpu.c1 = 1;
  infinity(sign);
}

/** Results below the normal range, before rounding. */
function roundSmall(sign: u32, exponent: i32, hi: u64, lo: u64, bits: u32): void {
  round(sign, hi, lo, bits);
  const tiny = exponent < 0 || !Rounded.carried;
  if (!isMasked(UE) && tiny) {
    Fpu.raised |= UE;
    noteRounding();
    const sig = Rounded.carried ? INTEGER_BIT : Rounded.sig;
    const moved = exponent + WRAP + (Rounded.carried ? 1 : 0);
    // Only FSCALE gets so far below that not even the moved exponent reaches.
    if (moved <= 0) {
      Fpu.raised |= PE;
      Fpu.c1 = 0;
      setResult(sign, 0);
    } else setResult(sign | <u32>moved, sig);
    return;
  }
  shiftRightJam(hi, lo, <u32>min<i32>(1 - exponent, 200));
  round(sign, Wide.hi, Wide.lo, bits);
  noteRounding();
  if (tiny && Rounded.inexact) Fpu.raised |= UE;
  setResult(sign | (<i64>Rounded.sig < 0 ? 1 : 0), Rounded.sig);
}
