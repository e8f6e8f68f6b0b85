/** Packed integer instructions of two whole registers. Intel SDM volume 2, "Instruction Set Reference". */

import {
  AND, ANDN, OR, PABSB, PABSD, PABSW, PACKSSDW, PACKSSWB, PACKUSDW, PACKUSWB, PADDB, PADDD, PADDQ, PADDSB, PADDSW,
  PADDUSB, PADDUSW, PADDW, PAVGB, PAVGW, PCMPEQB, PCMPEQD, PCMPEQQ, PCMPEQW, PCMPGTB, PCMPGTD, PCMPGTQ, PCMPGTW,
  PHADDD, PHADDSW, PHADDW, PHMINPOSUW, PHSUBD, PHSUBSW, PHSUBW, PMADDUBSW, PMADDWD, PMAXSB, PMAXSD, PMAXSW, PMAXUB,
  PMAXUD, PMAXUW, PMINSB, PMINSD, PMINSW, PMINUB, PMINUD, PMINUW, PMULDQ, PMULHRSW, PMULHUW, PMULHW, PMULLD, PMULLW,
  PMULUDQ, PSADBW, PSHUFB, PSIGNB, PSIGND, PSIGNW, PSLLD, PSLLQ, PSLLW, PSRAD, PSRAW, PSRLD, PSRLQ, PSRLW, PSUBB,
  PSUBD, PSUBQ, PSUBSB, PSUBSW, PSUBUSB, PSUBUSW, PSUBW, PUNPCKHBW, PUNPCKHDQ, PUNPCKHQDQ, PUNPCKHWD, PUNPCKLBW,
  PUNPCKLDQ, PUNPCKLQDQ, PUNPCKLWD, XOR,
} from './opcodes';
import { source128, target } from './operands';
import {
  countOf, evenDwords, evenWords, highHalves, multiplyAddBytes, multiplyRounded, oddDwords, oddWords, SHIFT_ARITHMETIC,
  SHIFT_LEFT, SHIFT_RIGHT, shiftDwords, shiftQwords, shiftWords, signExtendEven, smallestWord, sumOfDifferences,
} from './packed-helpers';

export function executePackedInteger(vp: usize, op: usize, handler: u32): void {
  const b = source128(vp, op);
  const to = target(vp, op);
  v128.store(to, combine(v128.load(to), b, handler));
}

/** The result of an instruction with the operands `a` (ModRM.reg) and `b`. */
export function combine(a: v128, b: v128, handler: u32): v128 {
  switch (handler) {
    case AND: return v128.and(a, b);
    case ANDN: return v128.andnot(b, a);
    case OR: return v128.or(a, b);
    case XOR: return v128.xor(a, b);
    case PADDB: return i8x16.add(a, b);
    case PADDW: return i16x8.add(a, b);
    case PADDD: return i32x4.add(a, b);
    case PADDQ: return i64x2.add(a, b);
    case PSUBB: return i8x16.sub(a, b);
    case PSUBW: return i16x8.sub(a, b);
    case PSUBD: return i32x4.sub(a, b);
    case PSUBQ: return i64x2.sub(a, b);
    case PADDSB: return i8x16.add_sat_s(a, b);
    case PADDSW: return i16x8.add_sat_s(a, b);
    case PADDUSB: return i8x16.add_sat_u(a, b);
    case PADDUSW: return i16x8.add_sat_u(a, b);
    case PSUBSB: return i8x16.sub_sat_s(a, b);
    case PSUBSW: return i16x8.sub_sat_s(a, b);
    case PSUBUSB: return i8x16.sub_sat_u(a, b);
    case PSUBUSW: return i16x8.sub_sat_u(a, b);
    case PCMPEQB: return i8x16.eq(a, b);
    case PCMPEQW: return i16x8.eq(a, b);
    case PCMPEQD: return i32x4.eq(a, b);
    case PCMPEQQ: return i64x2.eq(a, b);
    case PCMPGTB: return i8x16.gt_s(a, b);
    case PCMPGTW: return i16x8.gt_s(a, b);
    case PCMPGTD: return i32x4.gt_s(a, b);
    case PCMPGTQ: return i64x2.gt_s(a, b);
    case PMINSB: return i8x16.min_s(a, b);
    case PMINSW: return i16x8.min_s(a, b);
    case PMINSD: return i32x4.min_s(a, b);
    case PMINUB: return i8x16.min_u(a, b);
    case PMINUW: return i16x8.min_u(a, b);
    case PMINUD: return i32x4.min_u(a, b);
    case PMAXSB: return i8x16.max_s(a, b);
    case PMAXSW: return i16x8.max_s(a, b);
    case PMAXSD: return i32x4.max_s(a, b);
    case PMAXUB: return i8x16.max_u(a, b);
    case PMAXUW: return i16x8.max_u(a, b);
    case PMAXUD: return i32x4.max_u(a, b);
    case PAVGB: return i8x16.avgr_u(a, b);
    case PAVGW: return i16x8.avgr_u(a, b);
    case PMULLW: return i16x8.mul(a, b);
    case PMULLD: return i32x4.mul(a, b);
    case PMULHW: return highHalves(i32x4.extmul_low_i16x8_s(a, b), i32x4.extmul_high_i16x8_s(a, b));
    case PMULHUW: return highHalves(i32x4.extmul_low_i16x8_u(a, b), i32x4.extmul_high_i16x8_u(a, b));
    case PMULHRSW: return multiplyRounded(a, b);
    case PMULUDQ: return i64x2.mul(v128.and(a, i64x2.splat(0xffffffff)), v128.and(b, i64x2.splat(0xffffffff)));
    case PMULDQ: return i64x2.mul(signExtendEven(a), signExtendEven(b));
    case PMADDWD: return i32x4.dot_i16x8_s(a, b);
    case PMADDUBSW: return multiplyAddBytes(a, b);
    case PSADBW: return sumOfDifferences(a, b);
    case PUNPCKLBW: return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    case PUNPCKLWD: return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    case PUNPCKLDQ: return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    case PUNPCKLQDQ: return v128.shuffle<i64>(a, b, 0, 2);
    case PUNPCKHBW: return v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    case PUNPCKHWD: return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    case PUNPCKHDQ: return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    case PUNPCKHQDQ: return v128.shuffle<i64>(a, b, 1, 3);
    case PACKSSWB: return i8x16.narrow_i16x8_s(a, b);
    case PACKUSWB: return i8x16.narrow_i16x8_u(a, b);
    case PACKSSDW: return i16x8.narrow_i32x4_s(a, b);
    case PACKUSDW: return i16x8.narrow_i32x4_u(a, b);
    case PSHUFB: return v128.swizzle(a, v128.and(b, i8x16.splat(<i8>0x8f)));
    case PHADDW: return i16x8.add(evenWords(a, b), oddWords(a, b));
    case PHADDD: return i32x4.add(evenDwords(a, b), oddDwords(a, b));
    case PHADDSW: return i16x8.add_sat_s(evenWords(a, b), oddWords(a, b));
    case PHSUBW: return i16x8.sub(evenWords(a, b), oddWords(a, b));
    case PHSUBD: return i32x4.sub(evenDwords(a, b), oddDwords(a, b));
    case PHSUBSW: return i16x8.sub_sat_s(evenWords(a, b), oddWords(a, b));
    case PSIGNB: return v128.bitselect(i8x16.neg(a), v128.andnot(a, i8x16.eq(b, i8x16.splat(0))), i8x16.shr_s(b, 7));
    case PSIGNW: return v128.bitselect(i16x8.neg(a), v128.andnot(a, i16x8.eq(b, i16x8.splat(0))), i16x8.shr_s(b, 15));
    case PSIGND: return v128.bitselect(i32x4.neg(a), v128.andnot(a, i32x4.eq(b, i32x4.splat(0))), i32x4.shr_s(b, 31));
    case PABSB: return i8x16.abs(b);
    case PABSW: return i16x8.abs(b);
    case PABSD: return i32x4.abs(b);
    case PSLLW: return shiftWords(a, SHIFT_LEFT, countOf(b));
    case PSLLD: return shiftDwords(a, SHIFT_LEFT, countOf(b));
    case PSLLQ: return shiftQwords(a, SHIFT_LEFT, countOf(b));
    case PSRLW: return shiftWords(a, SHIFT_RIGHT, countOf(b));
    case PSRLD: return shiftDwords(a, SHIFT_RIGHT, countOf(b));
    case PSRLQ: return shiftQwords(a, SHIFT_RIGHT, countOf(b));
    case PSRAW: return shiftWords(a, SHIFT_ARITHMETIC, countOf(b));
    case PSRAD: return shiftDwords(a, SHIFT_ARITHMETIC, countOf(b));
    case PHMINPOSUW: return smallestWord(b);
  }
  unreachable();
  return a;
}
