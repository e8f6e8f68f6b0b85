/** PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM. Intel SDM volume 1, "Introduction to SSE4.2", string processing. */

import { setArithmeticFlags } from '../flags';
import { OP_IMMEDIATE, opSize } from '../micro-op';
import { FLAG_CF, FLAG_OF, FLAG_SF, FLAG_ZF, RAX, RCX, RDX, SCRATCH, XMM } from '../state';
import { target, unaligned128 } from './operands';

// Fields of the immediate.
const IMM_WORDS: u32 = 1;
const IMM_SIGNED: u32 = 2;
const IMM_NEGATE: u32 = 0x10;
const IMM_MASKED: u32 = 0x20;
/** The last place instead of the first; a mask of elements instead of bits. */
const IMM_MOST: u32 = 0x40;

function element(at: usize, index: u32, imm: u32): i32 {
  if (imm & IMM_WORDS) {
    const word = load<u16>(at + (<usize>index << 1));
    return imm & IMM_SIGNED ? <i32>(<i16>word) : <i32>word;
  }
  const byte = load<u8>(at + index);
  return imm & IMM_SIGNED ? <i32>(<i8>byte) : <i32>byte;
}

/** Elements in front of the first zero. */
function implicitLength(at: usize, count: u32, imm: u32): u32 {
  if (!(imm & IMM_WORDS)) return ctz<u32>(i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0))) | 0x10000);
  let length: u32 = 0;
  while (length < count && element(at, length, imm) != 0) length++;
  return length;
}

/** Length from a register: its absolute value, at most `count`. */
function explicitLength(register: usize, wide: bool, count: u32): u32 {
  const value = wide ? load<i64>(register) : <i64>load<i32>(register);
  const size = <u64>(value < 0 ? -value : value);
  return size > count ? count : <u32>size;
}

/** Whether element `j` of the second string is within the set or the ranges that the first is. */
function isAmong(a: usize, lengthA: u32, value: i32, imm: u32, ranges: bool): bool {
  const step: u32 = ranges ? 2 : 1;
  for (let i: u32 = 0; i + step <= lengthA; i += step) {
    const first = element(a, i, imm);
    if (ranges ? value >= first && value <= element(a, i + 1, imm) : value == first) return true;
  }
  return false;
}

/** Whether the first string stands at place `j` of the second, as far as both registers reach. */
function standsAt(a: usize, b: usize, lengthA: u32, lengthB: u32, j: u32, count: u32, imm: u32): bool {
  for (let i: u32 = 0; i < lengthA && i + j < count; i++) {
    if (i + j >= lengthB || element(a, i, imm) != element(b, i + j, imm)) return false;
  }
  return true;
}

/** Places of the second string that hold a byte of the first. */
function anyBytes(a: usize, b: usize, lengthA: u32, lengthB: u32): u32 {
  const second = v128.load(b);
  let found: u32 = 0;
  for (let i: u32 = 0; i < lengthA; i++) found |= i8x16.bitmask(i8x16.eq(second, i8x16.splat(load<u8>(a + i))));
  return found & ((1 << lengthB) - 1);
}

/** Places where both strings hold the same byte, or both have ended. */
function equalBytes(a: usize, b: usize, lengthA: u32, lengthB: u32): u32 {
  const both: u32 = (1 << min<u32>(lengthA, lengthB)) - 1;
  const one: u32 = (1 << max<u32>(lengthA, lengthB)) - 1;
  return (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) & both) | (0xffff & ~one);
}

/** A bit per place of the second string: what the aggregation found there. */
function aggregate(a: usize, b: usize, lengthA: u32, lengthB: u32, count: u32, imm: u32): u32 {
  const kind = (imm >> 2) & 3;
  if (!(imm & IMM_WORDS)) {
    if (kind == 0) return anyBytes(a, b, lengthA, lengthB);
    if (kind == 2) return equalBytes(a, b, lengthA, lengthB);
  }
  let found: u32 = 0;
  for (let j: u32 = 0; j < count; j++) {
    let hit: bool;
    if (kind < 2) hit = j < lengthB && isAmong(a, lengthA, element(b, j, imm), imm, kind == 1);
    else if (kind == 3) hit = standsAt(a, b, lengthA, lengthB, j, count, imm);
    else if (j < lengthA && j < lengthB) hit = element(a, j, imm) == element(b, j, imm);
    else hit = j >= lengthA && j >= lengthB;
    if (hit) found |= 1 << j;
  }
  return found;
}

export function compareStrings(vp: usize, op: usize, explicit: bool, toMask: bool): void {
  const imm = <u32>load<u8>(op + OP_IMMEDIATE);
  const count: u32 = imm & IMM_WORDS ? 8 : 16;
  const b = vp + SCRATCH;
  v128.store(b, unaligned128(vp, op));
  const a = target(vp, op);
  const wide = opSize(op) == 8;
  const lengthA = explicit ? explicitLength(vp + RAX, wide, count) : implicitLength(a, count, imm);
  const lengthB = explicit ? explicitLength(vp + RDX, wide, count) : implicitLength(b, count, imm);
  const result = compare(vp, a, b, lengthA, lengthB, imm);
  if (toMask) storeMask(vp, result, imm);
  else store<u64>(vp + RCX, place(result, imm));
}

/** The bits of the result; flags are set. */
function compare(vp: usize, a: usize, b: usize, lengthA: u32, lengthB: u32, imm: u32): u32 {
  const count: u32 = imm & IMM_WORDS ? 8 : 16;
  let result = aggregate(a, b, lengthA, lengthB, count, imm);
  if (imm & IMM_NEGATE) result ^= (1 << (imm & IMM_MASKED ? lengthB : count)) - 1;
  const ends = (lengthB < count ? FLAG_ZF : 0) | (lengthA < count ? FLAG_SF : 0);
  setArithmeticFlags(vp, (result != 0 ? FLAG_CF : 0) | ends | (result & 1 ? FLAG_OF : 0));
  return result;
}

/** What goes to RCX. */
function place(result: u32, imm: u32): u32 {
  if (result == 0) return imm & IMM_WORDS ? 8 : 16;
  return imm & IMM_MOST ? 31 - clz(result) : ctz(result);
}

/** PCMPISTRI of the strings at two host addresses: sets the flags, gives RCX. */
export function compareImplicit(vp: usize, a: usize, b: usize, imm: u32): u32 {
  const count: u32 = imm & IMM_WORDS ? 8 : 16;
  return place(compare(vp, a, b, implicitLength(a, count, imm), implicitLength(b, count, imm), imm), imm);
}

/** Writes XMM0: the bits, or an element of ones for each. */
function storeMask(vp: usize, result: u32, imm: u32): void {
  const to = vp + XMM;
  if (!(imm & IMM_MOST)) {
    store<u64>(to, result);
    store<u64>(to + 8, 0);
  } else if (imm & IMM_WORDS) {
    for (let i: u32 = 0; i < 8; i++) store<u16>(to + (<usize>i << 1), (result >> i) & 1 ? 0xffff : 0);
  } else for (let i: u32 = 0; i < 16; i++) store<u8>(to + i, (result >> i) & 1 ? 0xff : 0);
}
