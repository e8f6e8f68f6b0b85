/** 128-bit helpers: product, quotient, shifts of two 64-bit halves. Results that need two halves come back in {@link Wide}. */

export class Wide {
  static hi: u64 = 0;
  static lo: u64 = 0;
}

/** Wide = a × b. */
// @ts-ignore: decorator
@inline
export function multiply64(a: u64, b: u64): void {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const low = al * bl;
  const cross = ah * bl + (low >> 32);
  const middle = al * bh + (cross & 0xffffffff);
  Wide.hi = ah * bh + (cross >> 32) + (middle >> 32);
  Wide.lo = (middle << 32) | (low & 0xffffffff);
}

/** The upper half of a × b. */
export function multiplyHigh(a: u64, b: u64): u64 {
  multiply64(a, b);
  return Wide.hi;
}

/**
 * (hi:lo) / divisor; Wide.lo = remainder. `hi` < `divisor`, whose top bit is set. Two digits of 32 bits, each
 * estimated from the upper half of the divisor and corrected.
 */
export function divide128(hi: u64, lo: u64, divisor: u64): u64 {
  const dh = divisor >> 32;
  const dl = divisor & 0xffffffff;
  let rest = hi;
  let quotient: u64 = 0;
  for (let shift = 32; shift >= 0; shift -= 32) {
    const next = (lo >> shift) & 0xffffffff;
    let digit = rest / dh;
    let left = rest - digit * dh;
    while (digit > 0xffffffff || digit * dl > ((left << 32) | next)) {
      digit--;
      left += dh;
      if (left > 0xffffffff) break;
    }
    // Modulo 2^64 this is the true remainder, which is below the divisor.
    rest = ((rest << 32) | next) - digit * divisor;
    quotient = (quotient << 32) | digit;
  }
  Wide.lo = rest;
  return quotient;
}

/** (hi:lo) / divisor for any divisor greater than `hi`; Wide.lo = remainder. */
export function divideAny(hi: u64, lo: u64, divisor: u64): u64 {
  const shift = clz<u64>(divisor);
  if (shift == 0) return divide128(hi, lo, divisor);
  const quotient = divide128((hi << shift) | (lo >> (64 - shift)), lo << shift, divisor << shift);
  Wide.lo >>= shift;
  return quotient;
}

/** Wide = hi:lo shifted right; what falls out leaves a one in the last bit. */
export function shiftRightJam(hi: u64, lo: u64, count: u32): void {
  if (count == 0) {
    Wide.hi = hi;
    Wide.lo = lo;
  } else if (count < 64) {
    const lost = (lo << (64 - count)) != 0;
    Wide.hi = hi >> count;
    Wide.lo = (hi << (64 - count)) | (lo >> count) | (lost ? 1 : 0);
  } else if (count < 128) {
    const lost = count == 64 ? lo != 0 : ((hi << (128 - count)) | lo) != 0;
    Wide.hi = 0;
    Wide.lo = (hi >> (count - 64)) | (lost ? 1 : 0);
  } else {
    Wide.hi = 0;
    Wide.lo = (hi | lo) != 0 ? 1 : 0;
  }
}

/** Wide = hi:lo shifted left until the top bit is set; gives the count. Not for zero. */
export function normalize128(hi: u64, lo: u64): u32 {
  if (hi == 0) {
    const count = <u32>clz<u64>(lo);
    Wide.hi = lo << count;
    Wide.lo = 0;
    return 64 + count;
  }
  const count = <u32>clz<u64>(hi);
  Wide.hi = count ? (hi << count) | (lo >> (64 - count)) : hi;
  Wide.lo = lo << count;
  return count;
}

/** The integer square root of hi:lo, `hi` at least 2^62; Wide = square's distance (hi:lo − root²). */
export function squareRoot128(hi: u64, lo: u64): u64 {
  let root: u64 = -1;
  if (hi != root) {
    // 2^12 covers the error of the double; from above, one Newton step leaves at most one too many.
    const guess = sqrt<f64>(<f64>hi) * 4294967296.0;
    root = guess >= 18446744073709539328.0 ? <u64>-1 : <u64>guess + 4096;
    const other = divide128(hi, lo, root);
    root = (root >> 1) + (other >> 1) + (root & other & 1);
  }
  while (true) {
    multiply64(root, root);
    if (Wide.hi < hi || (Wide.hi == hi && Wide.lo <= lo)) break;
    root--;
  }
  while (true) {
    const restLo = lo - Wide.lo;
    const restHi = hi - Wide.hi - (lo < Wide.lo ? 1 : 0);
    // Another one fits while the distance exceeds 2 × root.
    if (root == <u64>-1 || (restHi == root >> 63 ? restLo <= root << 1 : restHi < root >> 63)) {
      Wide.hi = restHi;
      Wide.lo = restLo;
      return root;
    }
    root++;
    multiply64(root, root);
  }
}
