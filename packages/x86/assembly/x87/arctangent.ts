/** FPATAN. Intel SDM volume 2, "FPATAN—Partial Arctangent". */

import { addF, divideF, divideSmall, F, multiplyF, multiplyFixed, roundF, setF, squareFraction, termsOf } from './extended';
import { exponentOf, INTEGER_BIT, isInfinite, isZero, normalized, noteDenormals, setResult, special2 } from './number';
import { Wide } from './wide';

/** pi × 2^126. */
const PI_HI: u64 = 0xc90fdaa22168c234;
const PI_LO: u64 = 0xc4c6628b80dc1cd1;

/** Places that {@link fraction} leaves free above its numbers: eight times one plus eight times the other fit. */
const ROOM: u32 = 8;

/** F = F + arctan(k / 8). */
function addTable(k: u32): void {
  switch (k) {
    case 1: addF(false, -4, 0xfeadd4d5617b6e32, 0xc897989f3e888ef7); break;
    case 2: addF(false, -3, 0xfadbafc96406eb15, 0x6dc79ef5f7a217e5); break;
    case 3: addF(false, -2, 0xb7b0ca0f26f78473, 0x8aa32122dcfe4483); break;
    case 4: addF(false, -2, 0xed63382b0dda7b45, 0x6fe445ecbc3a8d03); break;
    case 5: addF(false, -1, 0x8f005d5ef7f59f9b, 0x5c835e1665c43747); break;
    case 6: addF(false, -1, 0xa4bc7d1934f70924, 0x19a87f2a457dac9e); break;
    case 7: addF(false, -1, 0xb8053e2bc2319e73, 0xcb2da55210a4443d); break;
    case 8: addF(false, -1, 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1); break;
  }
}

/** F = arctan F for |F| up to 1/8. */
function series(): void {
  if (F.hi == 0) return;
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
    accHi = Wide.hi - hi - (Wide.lo < lo ? 1 : 0);
    accLo = Wide.lo - lo;
  }
  if (<i64>accHi < 0) {
    // Below one, however small the argument.
    accHi = INTEGER_BIT - 1;
    accLo = -1;
  }
  multiplyF(-1, (accHi << 1) | (accLo >> 63), accLo << 1);
}

/** F = (8a − kb) / (8b + ka), where a ≤ b, their exponents are `distance` apart, and k / 8 is near a / b. */
function fraction(a: u64, b: u64, distance: u32, k: u32): void {
  const aHi = a >> (ROOM + distance);
  const aLo = a << (64 - ROOM - distance);
  const bHi = b >> ROOM;
  const bLo = b << (64 - ROOM);
  multiplyEights(bHi, bLo, aHi, aLo, k);
  setF(false, 0, Wide.hi, Wide.lo);
  const exponent = F.exponent;
  const hi = F.hi;
  const lo = F.lo;
  setF(false, 0, (aHi << 3) | (aLo >> 61), aLo << 3);
  subtractTimes(bHi, bLo, k);
  divideF(exponent, hi, lo);
}

/** Wide = 8 × b + k × a. */
function multiplyEights(bHi: u64, bLo: u64, aHi: u64, aLo: u64, k: u32): void {
  let hi = (bHi << 3) | (bLo >> 61);
  let lo = bLo << 3;
  for (let i: u32 = 0; i < k; i++) {
    lo += aLo;
    hi += aHi + (lo < aLo ? 1 : 0);
  }
  Wide.hi = hi;
  Wide.lo = lo;
}

/** F = F − k × b, with b in the units of {@link fraction}. */
function subtractTimes(bHi: u64, bLo: u64, k: u32): void {
  let hi: u64 = 0;
  let lo: u64 = 0;
  for (let i: u32 = 0; i < k; i++) {
    lo += bLo;
    hi += bHi + (lo < bLo ? 1 : 0);
  }
  if (k == 0) return;
  const before = F.exponent;
  const beforeHi = F.hi;
  const beforeLo = F.lo;
  setF(true, 0, hi, lo);
  addF(false, before, beforeHi, beforeLo);
}

/** The result is the angle of the point (x, y). */
export function arctangent(xSe: u32, xSig: u64, ySe: u32, ySig: u64): void {
  if (special2(xSe, xSig, ySe, ySig)) return;
  noteDenormals(xSe, xSig, ySe, ySig);
  const behind = (xSe & 0x8000) != 0;
  const sign = ySe & 0x8000;
  if (isZero(ySe, ySig) || (isInfinite(xSe, xSig) && !isInfinite(ySe, ySig))) {
    if (behind) constant(sign, 1, PI_HI, PI_LO);
    else setResult(sign, 0);
  } else if (isInfinite(xSe, xSig)) {
    if (behind) {
      setF(false, 0, PI_HI, PI_LO);
      addF(false, -1, PI_HI, PI_LO);
      constant(sign, F.exponent, F.hi, F.lo);
    } else constant(sign, -1, PI_HI, PI_LO);
  } else if (isZero(xSe, xSig) || isInfinite(ySe, ySig)) constant(sign, 0, PI_HI, PI_LO);
  else {
    angle(exponentOf(xSe, xSig), normalized(xSig), exponentOf(ySe, ySig), normalized(ySig));
    if (behind) {
      F.negative = !F.negative;
      addF(false, 1, PI_HI, PI_LO);
    }
    F.negative = sign != 0;
    roundF();
  }
}

function constant(sign: u32, exponent: i32, hi: u64, lo: u64): void {
  setF(sign != 0, exponent, hi, lo);
  roundF();
}

/** F = angle in the first quadrant. */
function angle(xExponent: i32, x: u64, yExponent: i32, y: u64): void {
  const steep = yExponent > xExponent || (yExponent == xExponent && y > x);
  const a = steep ? x : y;
  const b = steep ? y : x;
  const distance = steep ? yExponent - xExponent : xExponent - yExponent;
  if (distance > 5) {
    setF(false, -distance, a, 0);
    divideF(0, b, 0);
    series();
  } else {
    const ratio = (<f64>a / <f64>b) * 8.0 / <f64>(1 << distance);
    const k = <u32>nearest<f64>(ratio);
    fraction(a, b, <u32>distance, k);
    series();
    addTable(k);
  }
  if (!steep) return;
  F.negative = !F.negative;
  addF(false, 0, PI_HI, PI_LO);
}
