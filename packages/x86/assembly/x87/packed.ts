/** Packed arithmetic on 64 bits, by that on 128 bits where halves do not matter. Intel SDM volume 2, "Instruction Set Reference". */

import {
  AND, ANDN, OR, PABSB, PABSD, PABSW, PACKSSDW, PACKSSWB, PACKUSWB, PADDB, PADDD, PADDQ, PADDSB, PADDSW, PADDUSB,
  PADDUSW, PADDW, PAVGB, PAVGW, PCMPEQB, PCMPEQD, PCMPEQW, PCMPGTB, PCMPGTD, PCMPGTW, PHADDD, PHADDSW, PHADDW, PHSUBD,
  PHSUBSW, PHSUBW, PMADDUBSW, PMADDWD, PMAXSW, PMAXUB, PMINSW, PMINUB, PMULHRSW, PMULHUW, PMULHW, PMULLW, PMULUDQ,
  PSADBW, PSHUFB, PSIGNB, PSIGND, PSIGNW, PSLLD, PSLLQ, PSLLW, PSRAD, PSRAW, PSRLD, PSRLQ, PSRLW, PSUBB, PSUBD, PSUBQ,
  PSUBSB, PSUBSW, PSUBUSB, PSUBUSW, PSUBW, PUNPCKHBW, PUNPCKHDQ, PUNPCKHWD, PUNPCKLBW, PUNPCKLDQ, PUNPCKLWD, XOR,
} from '../sse/opcodes';
import { combine } from '../sse/packed-integer';
import { shiftDwords, shiftQwords, shiftWords } from '../sse/packed-helpers';

/** The operation of an opcode with two mm operands and no immediate, 0 when there is none. */
export function operationOf(code: u32): u32 {
  switch (code) {
    case 0x160: return PUNPCKLBW;
    case 0x161: return PUNPCKLWD;
    case 0x162: return PUNPCKLDQ;
    case 0x163: return PACKSSWB;
    case 0x164: return PCMPGTB;
    case 0x165: return PCMPGTW;
    case 0x166: return PCMPGTD;
    case 0x167: return PACKUSWB;
    case 0x168: return PUNPCKHBW;
    case 0x169: return PUNPCKHWD;
    case 0x16a: return PUNPCKHDQ;
    case 0x16b: return PACKSSDW;
    case 0x174: return PCMPEQB;
    case 0x175: return PCMPEQW;
    case 0x176: return PCMPEQD;
    case 0x1d1: return PSRLW;
    case 0x1d2: return PSRLD;
    case 0x1d3: return PSRLQ;
    case 0x1d4: return PADDQ;
    case 0x1d5: return PMULLW;
    case 0x1d8: return PSUBUSB;
    case 0x1d9: return PSUBUSW;
    case 0x1da: return PMINUB;
    case 0x1db: return AND;
    case 0x1dc: return PADDUSB;
    case 0x1dd: return PADDUSW;
    case 0x1de: return PMAXUB;
    case 0x1df: return ANDN;
    case 0x1e0: return PAVGB;
    case 0x1e1: return PSRAW;
    case 0x1e2: return PSRAD;
    case 0x1e3: return PAVGW;
    case 0x1e4: return PMULHUW;
    case 0x1e5: return PMULHW;
    case 0x1e8: return PSUBSB;
    case 0x1e9: return PSUBSW;
    case 0x1ea: return PMINSW;
    case 0x1eb: return OR;
    case 0x1ec: return PADDSB;
    case 0x1ed: return PADDSW;
    case 0x1ee: return PMAXSW;
    case 0x1ef: return XOR;
    case 0x1f1: return PSLLW;
    case 0x1f2: return PSLLD;
    case 0x1f3: return PSLLQ;
    case 0x1f4: return PMULUDQ;
    case 0x1f5: return PMADDWD;
    case 0x1f6: return PSADBW;
    case 0x1f8: return PSUBB;
    case 0x1f9: return PSUBW;
    case 0x1fa: return PSUBD;
    case 0x1fb: return PSUBQ;
    case 0x1fc: return PADDB;
    case 0x1fd: return PADDW;
    case 0x1fe: return PADDD;
    case 0x200: return PSHUFB;
    case 0x201: return PHADDW;
    case 0x202: return PHADDD;
    case 0x203: return PHADDSW;
    case 0x204: return PMADDUBSW;
    case 0x205: return PHSUBW;
    case 0x206: return PHSUBD;
    case 0x207: return PHSUBSW;
    case 0x208: return PSIGNB;
    case 0x209: return PSIGNW;
    case 0x20a: return PSIGND;
    case 0x20b: return PMULHRSW;
    case 0x21c: return PABSB;
    case 0x21d: return PABSW;
    case 0x21e: return PABSD;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function low(value: v128): u64 {
  return <u64>i64x2.extract_lane(value, 0);
}

// @ts-ignore: decorator
@inline
function alone(value: u64): v128 {
  return i64x2(<i64>value, 0);
}

/** The result of an operation, a = ModRM.reg. */
export function operate(operation: u32, a: u64, b: u64): u64 {
  switch (operation) {
    // The upper halves of the operands are the upper half of what the low unpacks make of 128 bits.
    case PUNPCKHBW: return <u64>i64x2.extract_lane(combine(alone(a), alone(b), PUNPCKLBW), 1);
    case PUNPCKHWD: return <u64>i64x2.extract_lane(combine(alone(a), alone(b), PUNPCKLWD), 1);
    case PUNPCKHDQ: return <u64>i64x2.extract_lane(combine(alone(a), alone(b), PUNPCKLDQ), 1);
    // These take neighbours from one operand after the other.
    case PACKSSWB: case PACKUSWB: case PACKSSDW:
    case PHADDW: case PHADDD: case PHADDSW: case PHSUBW: case PHSUBD: case PHSUBSW: {
      const both = i64x2(<i64>a, <i64>b);
      return low(combine(both, both, operation));
    }
    // Eight places instead of sixteen.
    case PSHUFB: return low(v128.swizzle(alone(a), v128.and(alone(b), i8x16.splat(<i8>0x87))));
    default: return low(combine(alone(a), alone(b), operation));
  }
}

/** Bit i = top bit of byte i. */
export function signs(value: u64): u32 {
  return <u32>i8x16.bitmask(alone(value));
}

/** Word `index` of four. */
export function word(value: u64, index: u32): u32 {
  return <u32>(value >> ((index & 3) << 4)) & 0xffff;
}

export function insertWord(value: u64, inserted: u32, index: u32): u64 {
  const shift = <u64>((index & 3) << 4);
  return (value & ~(<u64>0xffff << shift)) | (<u64>(inserted & 0xffff) << shift);
}

/** PSHUFW. */
export function shuffleWords(value: u64, order: u32): u64 {
  return (
    <u64>word(value, order) |
    (<u64>word(value, order >> 2) << 16) |
    (<u64>word(value, order >> 4) << 32) |
    (<u64>word(value, order >> 6) << 48)
  );
}

/** PALIGNR: eight bytes of a:b from byte `by` on. */
export function alignRight(a: u64, b: u64, by: u32): u64 {
  const bits = <u64>(by << 3);
  if (bits >= 128) return 0;
  if (bits >= 64) return a >> (bits - 64);
  return bits ? (b >> bits) | (a << (64 - bits)) : b;
}

/** 0F 71–73: shifts of words, dwords, qwords by an immediate; `kind` is the /digit. */
export function shiftImmediate(code: u32, kind: u32, value: u64, by: u32): u64 {
  if (code == 0x171) return low(shiftWords(alone(value), kind, by));
  if (code == 0x172) return low(shiftDwords(alone(value), kind, by));
  return low(shiftQwords(alone(value), kind, by));
}
