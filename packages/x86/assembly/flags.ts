/**
 * Lazy arithmetic flags. CC_OP says how CF, PF, AF, ZF, SF, OF follow from CC_RES (result, zero-extended) and CC_SRC;
 * CC_FLAGS means that they stand in RFLAGS. All other flags always stand in RFLAGS.
 *
 * CC_OP = kind << 2 | log2(size in bytes). Intel SDM volume 1, "EFLAGS Register".
 */

import {
  CC_OP,
  CC_RES,
  CC_SRC,
  FLAG_AF,
  FLAG_CF,
  FLAG_OF,
  FLAG_PF,
  FLAG_SF,
  FLAG_ZF,
  FLAGS_ARITHMETIC,
  RFLAGS,
} from './state';

/** Flags are in RFLAGS. */
export const CC_FLAGS: u32 = 0;
/** CC_SRC = second source; first = res - src. */
export const CC_ADD: u32 = 1 << 2;
/** CC_SRC = second source, carry in was 1: first = res - src - 1. */
export const CC_ADC: u32 = 2 << 2;
/** CC_SRC = subtrahend; minuend = res + src. */
export const CC_SUB: u32 = 3 << 2;
/** CC_SRC = subtrahend, borrow in was 1. */
export const CC_SBB: u32 = 4 << 2;
/** CF = OF = AF = 0. */
export const CC_LOGIC: u32 = 5 << 2;
/** CC_SRC = CF before (0 or 1). */
export const CC_INC: u32 = 6 << 2;
export const CC_DEC: u32 = 7 << 2;
/** SHL: CC_SRC = value before the last bit was shifted out, i.e. its top bit is CF. */
export const CC_SHL: u32 = 8 << 2;
/** SHR, SAR: CC_SRC = value before the last single-bit shift, i.e. its bit 0 is CF. OF = top bits of src and res differ. */
export const CC_SHR: u32 = 9 << 2;
/** CC_SRC = CF and OF as 0 or 1; ZF, SF, PF by the result; AF 0. */
export const CC_MUL: u32 = 10 << 2;

// @ts-ignore: decorator
@inline
export function setLazy(vp: usize, op: u32, res: u64, src: u64): void {
  store<u32>(vp + CC_OP, op);
  store<u64>(vp + CC_RES, res);
  store<u64>(vp + CC_SRC, src);
}

// @ts-ignore: decorator
@inline
function topBit(op: u32): u32 {
  return (8 << (op & 3)) - 1;
}

// @ts-ignore: decorator
@inline
function sizeMask(op: u32): u64 {
  return <u64>-1 >> (64 - (8 << (op & 3)));
}

/** CF as 0 or 1. */
export function carry(vp: usize): u32 {
  const op = load<u32>(vp + CC_OP);
  const res = load<u64>(vp + CC_RES);
  const src = load<u64>(vp + CC_SRC);
  switch (op >> 2) {
    case CC_FLAGS >> 2:
      return load<u32>(vp + RFLAGS) & 1;
    case CC_ADD >> 2:
      return <u32>(res < (src & sizeMask(op)));
    case CC_ADC >> 2:
      return <u32>(res <= (src & sizeMask(op)));
    case CC_SUB >> 2:
      return <u32>(((res + src) & sizeMask(op)) < (src & sizeMask(op)));
    case CC_SBB >> 2:
      return <u32>(((res + src + 1) & sizeMask(op)) <= (src & sizeMask(op)));
    case CC_LOGIC >> 2:
      return 0;
    case CC_SHL >> 2:
      return <u32>(src >> topBit(op)) & 1;
    default: // INC, DEC, SHR, MUL
      return <u32>src & 1;
  }
}

// @ts-ignore: decorator
@inline
export function zero(vp: usize): u32 {
  return load<u32>(vp + CC_OP) == CC_FLAGS
    ? (load<u32>(vp + RFLAGS) >> 6) & 1
    : <u32>(load<u64>(vp + CC_RES) == 0);
}

// @ts-ignore: decorator
@inline
export function sign(vp: usize): u32 {
  const op = load<u32>(vp + CC_OP);
  return op == CC_FLAGS ? (load<u32>(vp + RFLAGS) >> 7) & 1 : <u32>(load<u64>(vp + CC_RES) >> topBit(op)) & 1;
}

/** OF as 0 or 1. */
export function overflow(vp: usize): u32 {
  const op = load<u32>(vp + CC_OP);
  const res = load<u64>(vp + CC_RES);
  const src = load<u64>(vp + CC_SRC);
  const top = topBit(op);
  switch (op >> 2) {
    case CC_FLAGS >> 2:
      return (load<u32>(vp + RFLAGS) >> 11) & 1;
    case CC_ADD >> 2:
      return <u32>((((res - src) ^ res) & (src ^ res)) >> top) & 1;
    case CC_ADC >> 2:
      return <u32>((((res - src - 1) ^ res) & (src ^ res)) >> top) & 1;
    case CC_SUB >> 2: {
      const first = res + src;
      return <u32>(((first ^ src) & (first ^ res)) >> top) & 1;
    }
    case CC_SBB >> 2: {
      const first = res + src + 1;
      return <u32>(((first ^ src) & (first ^ res)) >> top) & 1;
    }
    case CC_LOGIC >> 2:
      return 0;
    case CC_INC >> 2:
      return <u32>(res == (<u64>1 << top));
    case CC_DEC >> 2:
      return <u32>(res == (<u64>1 << top) - 1);
    case CC_SHL >> 2:
    case CC_SHR >> 2:
      return <u32>((src ^ res) >> top) & 1;
    default: // MUL
      return <u32>src & 1;
  }
}

/** AF as 0 or 1. */
export function adjust(vp: usize): u32 {
  const op = load<u32>(vp + CC_OP);
  const res = load<u64>(vp + CC_RES);
  const src = load<u64>(vp + CC_SRC);
  switch (op >> 2) {
    case CC_FLAGS >> 2:
      return (load<u32>(vp + RFLAGS) >> 4) & 1;
    case CC_ADD >> 2:
      return <u32>(((res - src) ^ src ^ res) >> 4) & 1;
    case CC_ADC >> 2:
      return <u32>(((res - src - 1) ^ src ^ res) >> 4) & 1;
    case CC_SUB >> 2:
      return <u32>(((res + src) ^ src ^ res) >> 4) & 1;
    case CC_SBB >> 2:
      return <u32>(((res + src + 1) ^ src ^ res) >> 4) & 1;
    case CC_INC >> 2:
      return <u32>((res & 15) == 0);
    case CC_DEC >> 2:
      return <u32>((res & 15) == 15);
    default:
      return 0;
  }
}

// @ts-ignore: decorator
@inline
export function parity(vp: usize): u32 {
  return load<u32>(vp + CC_OP) == CC_FLAGS
    ? (load<u32>(vp + RFLAGS) >> 2) & 1
    : (popcnt<u32>(<u32>load<u64>(vp + CC_RES) & 0xff) & 1) ^ 1;
}

/** Puts the arithmetic flags into RFLAGS. Needed before anybody else looks at RFLAGS. */
export function materializeFlags(vp: usize): void {
  if (load<u32>(vp + CC_OP) == CC_FLAGS) return;
  const bits =
    carry(vp) | (parity(vp) << 2) | (adjust(vp) << 4) | (zero(vp) << 6) | (sign(vp) << 7) | (overflow(vp) << 11);
  store<u32>(vp + RFLAGS, (load<u32>(vp + RFLAGS) & ~FLAGS_ARITHMETIC) | bits);
  store<u32>(vp + CC_OP, CC_FLAGS);
}

/** RFLAGS with all flags right. */
export function getFlags(vp: usize): u32 {
  materializeFlags(vp);
  return load<u32>(vp + RFLAGS);
}

/** Sets RFLAGS whole (bit 1 stays one). The caller calls `updateMode` when VM or AC may have changed. */
export function setFlags(vp: usize, flags: u32): void {
  store<u32>(vp + CC_OP, CC_FLAGS);
  store<u64>(vp + RFLAGS, <u64>((flags & 0x3f7fd5) | 2));
}

/** Sets the six arithmetic flags, given as bits of RFLAGS; the others stay. */
export function setArithmeticFlags(vp: usize, bits: u32): void {
  store<u32>(vp + CC_OP, CC_FLAGS);
  store<u32>(vp + RFLAGS, (load<u32>(vp + RFLAGS) & ~FLAGS_ARITHMETIC) | (bits & FLAGS_ARITHMETIC));
}

/** Changes the flags in `mask` to those in `bits`; others, arithmetic or not, stay. */
export function changeFlags(vp: usize, mask: u32, bits: u32): void {
  materializeFlags(vp);
  store<u32>(vp + RFLAGS, (load<u32>(vp + RFLAGS) & ~mask) | (bits & mask));
}

/** Condition code 0–15 of Jcc, SETcc, CMOVcc. */
export function condition(vp: usize, code: u32): u32 {
  let result: u32;
  switch (code >> 1) {
    case 0:
      result = overflow(vp);
      break;
    case 1:
      result = carry(vp);
      break;
    case 2:
      result = zero(vp);
      break;
    case 3:
      result = carry(vp) | zero(vp);
      break;
    case 4:
      result = sign(vp);
      break;
    case 5:
      result = parity(vp);
      break;
    case 6:
      result = sign(vp) ^ overflow(vp);
      break;
    default:
      result = zero(vp) | (sign(vp) ^ overflow(vp));
      break;
  }
  return result ^ (code & 1);
}

/** The SZP flags of a result of `sizeLog2`, as bits of RFLAGS. */
export function szp(res: u64, top: u32): u32 {
  const value = res & (<u64>-1 >> (63 - top));
  return (
    (value == 0 ? FLAG_ZF : 0) |
    ((<u32>(value >> top) & 1) << 7) |
    (((popcnt<u32>(<u32>value & 0xff) & 1) ^ 1) << 2)
  );
}

/** All six from parts. */
// @ts-ignore: decorator
@inline
export function flagBits(cf: bool, af: bool, ov: bool): u32 {
  return (cf ? FLAG_CF : 0) | (af ? FLAG_AF : 0) | (ov ? FLAG_OF : 0);
}

/** Which bits `szp` gives. */
export const FLAG_SZP: u32 = FLAG_SF | FLAG_ZF | FLAG_PF;
