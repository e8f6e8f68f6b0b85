/**
 * RCPPS, RSQRTPS and their scalar forms, to full precision: the architecture asks for a relative error of 1.5 × 2^−12 at
 * most. Intel SDM volume 2, "RCPPS", "RSQRTPS".
 */

import { infinity, isDenormal, isNan, isNegative, isZero, indefinite, magnitude, quietBit, signBit } from './softfloat';

/** Neither looks at the rounding mode nor raises exceptions; denormals count as zero. */
export function approximate(source: usize, result: usize, count: u32, root: bool): void {
  for (let i: usize = 0; i < count; i++) {
    const at = i << 2;
    const a = load<u32>(source + at);
    store<u32>(result + at, root ? reciprocalRoot(a) : reciprocal(a));
  }
}

function reciprocal(a: u32): u32 {
  if (isNan(a, false)) return a | <u32>quietBit(false);
  const sign = a & <u32>signBit(false);
  if (isZero(a, false) || isDenormal(a, false)) return sign | <u32>infinity(false);
  const quotient = reinterpret<u32>(1 / reinterpret<f32>(a));
  return isDenormal(quotient, false) ? sign : quotient;
}

function reciprocalRoot(a: u32): u32 {
  if (isNan(a, false)) return a | <u32>quietBit(false);
  if (isZero(a, false) || isDenormal(a, false)) return (a & <u32>signBit(false)) | <u32>infinity(false);
  if (isNegative(a, false)) return <u32>indefinite(false);
  if (magnitude(a, false) == infinity(false)) return 0;
  return reinterpret<u32>(<f32>(1 / sqrt<f64>(<f64>reinterpret<f32>(a))));
}
