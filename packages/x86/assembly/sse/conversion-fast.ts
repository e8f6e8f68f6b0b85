/** Conversions by operations of WebAssembly, where the result and the exception flags are certain; see `float-fast.ts`. */

import { MXCSR } from '../state';
import { INEXACT_MASKED, isOrdinary32, isPlain32, isPlain64, mayRound, ROUNDING_CONTROL } from './float-fast';
import { INEXACT, MASK_SHIFT, ROUND_NEAREST, ROUND_ZERO } from './softfloat';

/** What {@link fastToInteger} found. */
export let fastInteger: i64 = 0;

/** A number as an integer; false where it is a special case, does not fit, or raises an exception. */
export function fastToInteger(vp: usize, bits: u64, d: bool, mode: u32, wide: bool): bool {
  if (!(d ? isPlain64(bits) : isPlain32(<u32>bits)) || (mode != ROUND_NEAREST && mode != ROUND_ZERO)) return false;
  const value = d ? reinterpret<f64>(bits) : <f64>reinterpret<f32>(<u32>bits);
  const rounded = mode == ROUND_ZERO ? trunc<f64>(value) : nearest<f64>(value);
  const limit: f64 = wide ? 9223372036854775808 : 2147483648;
  if (!(rounded >= -limit && rounded < limit)) return false;
  if (rounded != value) {
    const mxcsr = load<u32>(vp + MXCSR);
    if (!(mxcsr & (INEXACT << MASK_SHIFT))) return false;
    store<u32>(vp + MXCSR, mxcsr | INEXACT);
  }
  fastInteger = <i64>rounded;
  return true;
}

/** Writes an integer as a number to `to`; false where rounding may be needed that is not simple. */
export function fastFromInteger(vp: usize, to: usize, value: i64, d: bool): bool {
  // 2^53 and 2^24 hold all smaller integers.
  const limit = <i64>1 << (d ? 53 : 24);
  if ((value > limit || value < -limit) && !mayRound(vp)) return false;
  if (d) store<f64>(to, <f64>value);
  else store<f32>(to, <f32>value);
  return true;
}

/** CVTSS2SD: exact but for special cases. */
export function fastWiden(to: usize, value: u32): bool {
  if (!isPlain32(value)) return false;
  store<f64>(to, <f64>reinterpret<f32>(value));
  return true;
}

/** CVTSD2SS. */
export function fastNarrow(vp: usize, to: usize, value: u64): bool {
  const mxcsr = load<u32>(vp + MXCSR);
  if (!isPlain64(value) || (mxcsr & ROUNDING_CONTROL) != INEXACT_MASKED) return false;
  const result = <f32>reinterpret<f64>(value);
  if (!isOrdinary32(reinterpret<u32>(result)) && value << 1 != 0) return false;
  if (<f64>result != reinterpret<f64>(value)) store<u32>(vp + MXCSR, mxcsr | INEXACT);
  store<f32>(to, result);
  return true;
}

/** CVTDQ2PS, four integers at once. */
export function fastFromIntegers(vp: usize, to: usize, value: v128): bool {
  if (!mayRound(vp)) return false;
  v128.store(to, f32x4.convert_i32x4_s(value));
  return true;
}
