/** FYL2X, FYL2XP1. Intel SDM volume 2, by instruction. */

import { addF, divideF, divideSmall, F, multiplyF, multiplyFixed, roundExactF, roundF, setF, squareFraction, termsOf } from './extended';
import {
  BIAS, EXPONENT, exponentOf, infinity, INTEGER_BIT, invalid, isInfinite, isZero, normalized, noteDenormals, setResult,
  special2, zeroDivide,
} from './number';
import { Fpu, PE } from './registers';
import { Wide } from './wide';

/** log2 e = hi:lo / 2^127. */
const LOG2E_HI: u64 = 0xb8aa3b295c17f0bb;
const LOG2E_LO: u64 = 0xbe87fed0691d3e88;
/** The square root of 2, × 2^63. */
const SQRT2: u64 = 0xb504f333f9de6484;

/** F = 2 × artanh(F) × log2 e = log2((1 + F) / (1 − F)), for |F| up to 0.18. */
function artanhBits(): void {
  squareFraction();
  const zHi = Wide.hi;
  const zLo = Wide.lo;
  let accHi: u64 = 0;
  let accLo: u64 = 0;
  for (let k = termsOf(F.exponent); k > 0; k--) {
    multiplyFixed(zHi, zLo, accHi, accLo);
    const hi = Wide.hi;
    const lo = Wide.lo;
    divideSmall(INTEGER_BIT, 0, 2 * k - 1);
    accLo = lo + Wide.lo;
    accHi = hi + Wide.hi + (accLo < lo ? 1 : 0);
  }
  multiplyF(0, accHi, accLo);
  multiplyF(1, LOG2E_HI, LOG2E_LO);
}

/** F = log2 of hi:lo × 2^(exponent − 127), normalized. Exact for powers of two. */
function logarithm(exponent: i32, hi: u64, lo: u64): void {
  // The number is m × 2^k with m from the root of one half to the root of two: (m − 1) / (m + 1) is small.
  const large = hi >= SQRT2;
  const k = large ? exponent + 1 : exponent;
  if (large) setF(true, -1, <u64>0 - hi - (lo != 0 ? 1 : 0), <u64>0 - lo);
  else setF(false, 0, hi - INTEGER_BIT, lo);
  if (F.hi != 0) {
    // m + 1: half of it when m is below one, so that it fits.
    const sumHi = large ? (hi >> 1) + INTEGER_BIT : (hi >> 1) + (INTEGER_BIT >> 1);
    const sumLo = (hi << 63) | (lo >> 1);
    divideF(large ? 0 : 1, sumHi, sumLo);
    artanhBits();
  }
  if (k != 0) {
    const magnitude = <u64>(k < 0 ? -k : k);
    const shift = <i32>clz<u64>(magnitude);
    addF(k < 0, 63 - shift, magnitude << shift, 0);
  }
}

/** The result is F × y. */
function timesY(ySe: u32, ySig: u64, exact: bool): void {
  multiplyF(exponentOf(ySe, ySig) - BIAS, normalized(ySig), 0);
  if (ySe & 0x8000) F.negative = !F.negative;
  // Even an exact result counts as inexact.
  if (exact) roundExactF();
  else roundF();
  Fpu.raised |= PE;
}

/** Infinite and zero operands of y × l, where l is infinite, zero or has the sign given. True when that decides. */
function productOf(ySe: u32, ySig: u64, negative: bool, infinite: bool, zero: bool): bool {
  const sign = (ySe & 0x8000) ^ (negative ? 0x8000 : 0);
  const yInfinite = isInfinite(ySe, ySig);
  const yZero = isZero(ySe, ySig);
  if ((infinite && yZero) || (zero && yInfinite)) invalid();
  else if (infinite || yInfinite) infinity(sign);
  else if (zero || yZero) setResult(sign, 0);
  else return false;
  return true;
}

/** The result is y × log2 x. */
export function yLog2x(xSe: u32, xSig: u64, ySe: u32, ySig: u64): void {
  if (special2(xSe, xSig, ySe, ySig)) return;
  if (isZero(xSe, xSig)) {
    // The logarithm is minus infinity: exact with an infinite y, a division by zero with others.
    if (isZero(ySe, ySig)) invalid();
    else if (isInfinite(ySe, ySig)) infinity((ySe & 0x8000) ^ 0x8000);
    else zeroDivide((ySe & 0x8000) ^ 0x8000);
    return;
  }
  if (xSe & 0x8000) {
    invalid();
    return;
  }
  const one = (xSe & EXPONENT) == <u32>BIAS && xSig == INTEGER_BIT;
  const negative = <i32>(xSe & EXPONENT) < BIAS;
  if (isInfinite(ySe, ySig) && one) {
    invalid();
    return;
  }
  noteDenormals(xSe, xSig, ySe, ySig);
  if (productOf(ySe, ySig, negative, isInfinite(xSe, xSig), one)) return;
  const sig = normalized(xSig);
  logarithm(exponentOf(xSe, xSig) - BIAS, sig, 0);
  timesY(ySe, ySig, sig == INTEGER_BIT);
}

/** The result is y × log2(x + 1). */
export function yLog2xPlus1(xSe: u32, xSig: u64, ySe: u32, ySig: u64): void {
  if (special2(xSe, xSig, ySe, ySig)) return;
  const negative = (xSe & 0x8000) != 0;
  if (negative && isInfinite(xSe, xSig)) {
    invalid();
    return;
  }
  noteDenormals(xSe, xSig, ySe, ySig);
  if (negative && <i32>(xSe & EXPONENT) >= BIAS) {
    // −1 and below have no logarithm; the instruction is not for them, and they come back as they are.
    Fpu.raised |= PE;
    setResult(xSe, xSig);
    return;
  }
  if (productOf(ySe, ySig, negative, isInfinite(xSe, xSig), isZero(xSe, xSig))) return;
  const sig = normalized(xSig);
  const unbiased = exponentOf(xSe, xSig) - BIAS;
  if (unbiased < -2) {
    // log2(1 + x) = log2((1 + s) / (1 − s)) with s = x / (2 + x).
    setF(false, 1, INTEGER_BIT, 0);
    addF(negative, unbiased, sig, 0);
    const divisorExponent = F.exponent;
    const divisorHi = F.hi;
    const divisorLo = F.lo;
    setF(negative, unbiased, sig, 0);
    divideF(divisorExponent, divisorHi, divisorLo);
    artanhBits();
    timesY(ySe, ySig, false);
    return;
  }
  setF(false, 0, INTEGER_BIT, 0);
  addF(negative, unbiased, sig, 0);
  const exact = F.hi == INTEGER_BIT && F.lo == 0;
  logarithm(F.exponent, F.hi, F.lo);
  timesY(ySe, ySig, exact);
}
