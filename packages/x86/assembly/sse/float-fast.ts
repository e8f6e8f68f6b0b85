/**
 * The shortest way through floating point: operations of WebAssembly, taken only where their result and the exception
 * flags are certain to be those of the processor. That is so when no operand is a NaN or a denormal and either
 * nothing is rounded, or rounding is to nearest, the inexact exception is masked, and the result is an ordinary number
 * (well above the denormals, finite) or an exact zero. Then only the inexact flag is left to find out, unless it is
 * set already.
 */

import { MXCSR } from '../state';
import { isExact32, isExact64, isModerate } from './exactness';
import {
  KIND_ADD, KIND_CMP, KIND_DIV, KIND_MAX, KIND_MIN, KIND_MUL, KIND_SQRT, KIND_SUB,
} from './opcodes';
import { INEXACT } from './softfloat';

/** MXCSR: rounding 14:13, inexact masked 12. */
export const ROUNDING_CONTROL: u32 = 0x7000;
/** The fields of ROUNDING_CONTROL where results may be rounded here. */
export const INEXACT_MASKED: u32 = 0x1000;

/** Whether results may be rounded without a look at whether they are exact. */
// @ts-ignore: decorator
@inline
export function mayRound(vp: usize): bool {
  return (load<u32>(vp + MXCSR) & (ROUNDING_CONTROL | INEXACT)) == (INEXACT_MASKED | INEXACT);
}

/** Neither a NaN nor a denormal. */
// @ts-ignore: decorator
@inline
export function isPlain64(a: u64): bool {
  const size = a & 0x7fffffffffffffff;
  return size - 0x10000000000000 <= 0x7fe0000000000000 || size == 0;
}

// @ts-ignore: decorator
@inline
export function isPlain32(a: u32): bool {
  const size = a & 0x7fffffff;
  return size - 0x800000 <= 0x7f000000 || size == 0;
}

/** At least twice the smallest normal number, and finite. */
// @ts-ignore: decorator
@inline
function isOrdinary64(a: u64): bool {
  return (a & 0x7fffffffffffffff) - 0x20000000000000 < 0x7fd0000000000000;
}

// @ts-ignore: decorator
@inline
export function isOrdinary32(a: u32): bool {
  return (a & 0x7fffffff) - 0x1000000 < 0x7e800000;
}

/** Scalar operation in double precision on the element at `to`; false, and nothing done, where it is not certain. */
export function fastDouble(vp: usize, to: usize, kind: u32, right: u64): bool {
  const left = kind == KIND_SQRT ? right : load<u64>(to);
  if (!isPlain64(left) || !isPlain64(right)) return false;
  const a = reinterpret<f64>(left);
  const b = reinterpret<f64>(right);
  let result: f64 = 0;
  switch (kind) {
    case KIND_MIN: store<u64>(to, a < b ? left : right); return true;
    case KIND_MAX: store<u64>(to, a > b ? left : right); return true;
    case KIND_ADD: result = a + b; break;
    case KIND_SUB: result = a - b; break;
    case KIND_MUL: result = a * b; break;
    case KIND_DIV: result = a / b; break;
    case KIND_SQRT: result = sqrt<f64>(b); break;
    default: return false;
  }
  const mxcsr = load<u32>(vp + MXCSR);
  if ((mxcsr & ROUNDING_CONTROL) != INEXACT_MASKED) return false;
  if (result == 0) {
    if (!isExactZero(kind, a, b)) return false;
  } else {
    if (!isOrdinary64(reinterpret<u64>(result))) return false;
    if (!(mxcsr & INEXACT)) {
      if (!isModerate(a) || !isModerate(b)) return false;
      if (!isExact64(kind, a, b, result)) store<u32>(vp + MXCSR, mxcsr | INEXACT);
    }
  }
  store<f64>(to, result);
  return true;
}

/** The same in single precision. */
export function fastSingle(vp: usize, to: usize, kind: u32, right: u32): bool {
  const left = kind == KIND_SQRT ? right : load<u32>(to);
  if (!isPlain32(left) || !isPlain32(right)) return false;
  const a = reinterpret<f32>(left);
  const b = reinterpret<f32>(right);
  let result: f32 = 0;
  switch (kind) {
    case KIND_MIN: store<u32>(to, a < b ? left : right); return true;
    case KIND_MAX: store<u32>(to, a > b ? left : right); return true;
    case KIND_ADD: result = a + b; break;
    case KIND_SUB: result = a - b; break;
    case KIND_MUL: result = a * b; break;
    case KIND_DIV: result = a / b; break;
    case KIND_SQRT: result = sqrt<f32>(b); break;
    default: return false;
  }
  const mxcsr = load<u32>(vp + MXCSR);
  if ((mxcsr & ROUNDING_CONTROL) != INEXACT_MASKED) return false;
  if (result == 0) {
    if (!isExactZero(kind, a, b)) return false;
  } else {
    if (!isOrdinary32(reinterpret<u32>(result))) return false;
    if (!(mxcsr & INEXACT) && !isExact32(kind, a, b, result)) store<u32>(vp + MXCSR, mxcsr | INEXACT);
  }
  store<f32>(to, result);
  return true;
}

/** Whether a zero is no number that became too small. The operand of a square root stands for both. */
// @ts-ignore: decorator
@inline
function isExactZero(kind: u32, a: f64, b: f64): bool {
  return kind == KIND_ADD || kind == KIND_SUB || a == 0 || (kind == KIND_MUL && b == 0);
}

/** Lanes that are neither NaNs nor denormals. */
// @ts-ignore: decorator
@inline
function plainDoubles(a: v128): v128 {
  const size = v128.and(a, i64x2.splat(0x7fffffffffffffff));
  const zero = i64x2.eq(size, i64x2.splat(0));
  const normal = v128.and(i64x2.gt_s(size, i64x2.splat(0xfffffffffffff)), i64x2.le_s(size, i64x2.splat(0x7ff0000000000000)));
  return v128.or(zero, normal);
}

// @ts-ignore: decorator
@inline
function plainSingles(a: v128): v128 {
  const size = v128.and(a, i32x4.splat(0x7fffffff));
  const zero = i32x4.eq(size, i32x4.splat(0));
  const normal = v128.and(i32x4.gt_s(size, i32x4.splat(0x7fffff)), i32x4.le_s(size, i32x4.splat(0x7f800000)));
  return v128.or(zero, normal);
}

/** Packed operation in double precision; false, and nothing done, where it is not certain. */
export function fastDoubles(vp: usize, to: usize, kind: u32, b: v128, imm: u32): bool {
  const a = v128.load(to);
  if (!i64x2.all_true(kind == KIND_SQRT ? plainDoubles(b) : v128.and(plainDoubles(a), plainDoubles(b)))) return false;
  let result = a;
  switch (kind) {
    case KIND_MIN: v128.store(to, f64x2.pmin(b, a)); return true;
    case KIND_MAX: v128.store(to, f64x2.pmax(b, a)); return true;
    case KIND_CMP: v128.store(to, compareDoubles(a, b, imm)); return true;
    case KIND_ADD: result = f64x2.add(a, b); break;
    case KIND_SUB: result = f64x2.sub(a, b); break;
    case KIND_MUL: result = f64x2.mul(a, b); break;
    case KIND_DIV: result = f64x2.div(a, b); break;
    case KIND_SQRT: result = f64x2.sqrt(b); break;
    default: return false;
  }
  if (!mayRound(vp)) return false;
  const size = v128.and(result, i64x2.splat(0x7fffffffffffffff));
  const zero = i64x2.splat(0);
  const ordinary = v128.and(i64x2.ge_s(size, i64x2.splat(0x20000000000000)), i64x2.lt_s(size, i64x2.splat(0x7ff0000000000000)));
  const exact = exactZeros(kind, f64x2.eq(a, zero), f64x2.eq(b, zero));
  if (!i64x2.all_true(v128.or(ordinary, v128.and(exact, i64x2.eq(size, zero))))) return false;
  v128.store(to, result);
  return true;
}

/** The same in single precision. */
export function fastSingles(vp: usize, to: usize, kind: u32, b: v128, imm: u32): bool {
  const a = v128.load(to);
  if (!i32x4.all_true(kind == KIND_SQRT ? plainSingles(b) : v128.and(plainSingles(a), plainSingles(b)))) return false;
  let result = a;
  switch (kind) {
    case KIND_MIN: v128.store(to, f32x4.pmin(b, a)); return true;
    case KIND_MAX: v128.store(to, f32x4.pmax(b, a)); return true;
    case KIND_CMP: v128.store(to, compareSingles(a, b, imm)); return true;
    case KIND_ADD: result = f32x4.add(a, b); break;
    case KIND_SUB: result = f32x4.sub(a, b); break;
    case KIND_MUL: result = f32x4.mul(a, b); break;
    case KIND_DIV: result = f32x4.div(a, b); break;
    case KIND_SQRT: result = f32x4.sqrt(b); break;
    default: return false;
  }
  if (!mayRound(vp)) return false;
  const size = v128.and(result, i32x4.splat(0x7fffffff));
  const zero = i32x4.splat(0);
  const ordinary = v128.and(i32x4.ge_s(size, i32x4.splat(0x1000000)), i32x4.lt_s(size, i32x4.splat(0x7f800000)));
  const exact = exactZeros(kind, f32x4.eq(a, zero), f32x4.eq(b, zero));
  if (!i32x4.all_true(v128.or(ordinary, v128.and(exact, i32x4.eq(size, zero))))) return false;
  v128.store(to, result);
  return true;
}

/** Lanes where a zero is no number that became too small, from those where the operands are zero. */
// @ts-ignore: decorator
@inline
function exactZeros(kind: u32, a: v128, b: v128): v128 {
  if (kind == KIND_ADD || kind == KIND_SUB) return i64x2.splat(-1);
  return kind == KIND_DIV ? a : kind == KIND_SQRT ? b : v128.or(a, b);
}

/** CMPPD without NaNs: predicates 0–3 are EQ, LT, LE, UNORD, and 4–7 their opposites. */
function compareDoubles(a: v128, b: v128, imm: u32): v128 {
  let holds = i64x2.splat(0);
  switch (imm & 3) {
    case 0: holds = f64x2.eq(a, b); break;
    case 1: holds = f64x2.lt(a, b); break;
    case 2: holds = f64x2.le(a, b); break;
  }
  return imm & 4 ? v128.not(holds) : holds;
}

/** CMPPS without NaNs. */
function compareSingles(a: v128, b: v128, imm: u32): v128 {
  let holds = i64x2.splat(0);
  switch (imm & 3) {
    case 0: holds = f32x4.eq(a, b); break;
    case 1: holds = f32x4.lt(a, b); break;
    case 2: holds = f32x4.le(a, b); break;
  }
  return imm & 4 ? v128.not(holds) : holds;
}
