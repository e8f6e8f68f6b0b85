/** What packed integer instructions need beyond one operation of WebAssembly's SIMD. */

/** The shift directions, as the /digit of 0F 71–73 has them. */
export const SHIFT_RIGHT: u32 = 2;
export const SHIFT_ARITHMETIC: u32 = 4;
export const SHIFT_LEFT: u32 = 6;

/** Count of a shift by a register: its low 64 bits, cut to what still makes a difference. */
// @ts-ignore: decorator
@inline
export function countOf(b: v128): u32 {
  const count = <u64>i64x2.extract_lane(b, 0);
  return count > 64 ? 64 : <u32>count;
}

export function shiftWords(a: v128, kind: u32, count: u32): v128 {
  if (kind == SHIFT_ARITHMETIC) return i16x8.shr_s(a, count > 15 ? 15 : count);
  if (count > 15) return i64x2.splat(0);
  return kind == SHIFT_LEFT ? i16x8.shl(a, count) : i16x8.shr_u(a, count);
}

export function shiftDwords(a: v128, kind: u32, count: u32): v128 {
  if (kind == SHIFT_ARITHMETIC) return i32x4.shr_s(a, count > 31 ? 31 : count);
  if (count > 31) return i64x2.splat(0);
  return kind == SHIFT_LEFT ? i32x4.shl(a, count) : i32x4.shr_u(a, count);
}

export function shiftQwords(a: v128, kind: u32, count: u32): v128 {
  if (count > 63) return i64x2.splat(0);
  return kind == SHIFT_LEFT ? i64x2.shl(a, count) : i64x2.shr_u(a, count);
}

// @ts-ignore: decorator
@inline
export function evenWords(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}

// @ts-ignore: decorator
@inline
export function oddWords(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}

// @ts-ignore: decorator
@inline
export function evenDwords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
export function oddDwords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

/** High words of the dwords of two products. */
// @ts-ignore: decorator
@inline
export function highHalves(low: v128, high: v128): v128 {
  return oddWords(low, high);
}

/** Dwords 0 and 2 as qwords with sign. */
// @ts-ignore: decorator
@inline
export function signExtendEven(a: v128): v128 {
  return i64x2.shr_s(i64x2.shl(a, 32), 32);
}

/** PMULHRSW. WebAssembly's operation saturates the one product that does not fit, −1 × −1; x86 lets it wrap. */
export function multiplyRounded(a: v128, b: v128): v128 {
  const least = i16x8.splat(<i16>0x8000);
  const wraps = v128.and(i16x8.eq(a, least), i16x8.eq(b, least));
  return v128.xor(i16x8.q15mulr_sat_s(a, b), wraps);
}

/** PMADDUBSW: bytes without sign times bytes with sign, pairs of products added with saturation. */
export function multiplyAddBytes(a: v128, b: v128): v128 {
  const low = i16x8.mul(i16x8.extend_low_i8x16_u(a), i16x8.extend_low_i8x16_s(b));
  const high = i16x8.mul(i16x8.extend_high_i8x16_u(a), i16x8.extend_high_i8x16_s(b));
  return i16x8.add_sat_s(evenWords(low, high), oddWords(low, high));
}

/** PSADBW. */
export function sumOfDifferences(a: v128, b: v128): v128 {
  const differences = i8x16.sub(i8x16.max_u(a, b), i8x16.min_u(a, b));
  const dwords = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(differences));
  return i64x2.add(v128.and(dwords, i64x2.splat(0xffffffff)), i64x2.shr_u(dwords, 32));
}

/** PHMINPOSUW: the smallest word and the first place it stands at. */
export function smallestWord(b: v128): v128 {
  // Each word with its place below: the smallest of these is the first smallest word.
  const low = v128.or(i32x4.shl(i32x4.extend_low_i16x8_u(b), 3), i32x4(0, 1, 2, 3));
  const high = v128.or(i32x4.shl(i32x4.extend_high_i16x8_u(b), 3), i32x4(4, 5, 6, 7));
  let least = i32x4.min_u(low, high);
  least = i32x4.min_u(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
  least = i32x4.min_u(least, v128.shuffle<i32>(least, least, 1, 0, 3, 2));
  const found = <u32>i32x4.extract_lane(least, 0);
  return i32x4.replace_lane(i64x2.splat(0), 0, <i32>((found >> 3) | ((found & 7) << 16)));
}
