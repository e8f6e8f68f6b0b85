/** Whether a result of the host's arithmetic, rounded to nearest, is exact. No number is a denormal, a NaN or infinite. */

import { KIND_ADD, KIND_DIV, KIND_MUL, KIND_SQRT, KIND_SUB } from './opcodes';

/** Whether {@link isExact64} is right about results of such operands: near the largest numbers its own sums overflow. */
// @ts-ignore: decorator
@inline
export function isModerate(a: f64): bool {
  return abs<f64>(a) < 1e300;
}

/** Whether `result` = `a` kind `b`. */
export function isExact64(kind: u32, a: f64, b: f64, result: f64): bool {
  switch (kind) {
    case KIND_ADD: return lostInSum(a, b, result) == 0;
    case KIND_SUB: return lostInSum(a, -b, result) == 0;
    case KIND_MUL: return isExactProduct(a, b);
    case KIND_DIV: return isExactProduct(result, b) && result * b == a;
    case KIND_SQRT: return isExactProduct(result, result) && result * result == b;
  }
  return false;
}

/** The same in single precision: double precision holds every product of two numbers. */
export function isExact32(kind: u32, a: f32, b: f32, result: f32): bool {
  const wide = <f64>result;
  switch (kind) {
    // A sum of doubles that loses nothing, or one that loses what the single cannot hold either.
    case KIND_ADD: return wide == <f64>a + <f64>b && lostInSum(a, b, wide) == 0;
    case KIND_SUB: return wide == <f64>a - <f64>b && lostInSum(a, -b, wide) == 0;
    case KIND_MUL: return wide == <f64>a * <f64>b;
    case KIND_DIV: return wide * <f64>b == <f64>a;
    case KIND_SQRT: return wide * wide == <f64>b;
  }
  return false;
}

/** What rounding took from a sum: `a` + `b` − `sum`, itself exact. */
// @ts-ignore: decorator
@inline
function lostInSum(a: f64, b: f64, sum: f64): f64 {
  const fromB = sum - a;
  return a - (sum - fromB) + (b - fromB);
}

/** Whether the product of two significands without their trailing zeros has at most 53 bits. */
function isExactProduct(a: f64, b: f64): bool {
  const x = significandOf(a);
  const y = significandOf(b);
  const zeros = ctz<u64>(x) + ctz<u64>(y);
  // At least 105 − zeros bits.
  if (zeros < 52) return false;
  return (x >> ctz<u64>(x)) * (y >> ctz<u64>(y)) < <u64>1 << 53;
}

// @ts-ignore: decorator
@inline
function significandOf(a: f64): u64 {
  return (reinterpret<u64>(a) & 0xfffffffffffff) | 0x10000000000000;
}
