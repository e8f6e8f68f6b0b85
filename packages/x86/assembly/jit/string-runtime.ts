/** MOVS and STOS for regions, where the TLB has both ends and each lies within a page. */

import { TAG_READ, TAG_WRITE, TLB_ADDEND, tlbEntry } from '../memory/tlb';
import { FLAG_DF, RFLAGS, TLB_CURRENT } from '../state';

/** Parts of what `regionString` is told: log2 of an element's bytes, and STOS. */
export const STRING_SIZE: u32 = 3;
export const STRING_STORES: u32 = 4;

/** Bytes that are copied by hand: a call of the engine's own function takes longer. */
const FEW: u32 = 64;

/** Host address of bytes that lie within a page that the TLB has, 0 otherwise. */
function hostOf(vp: usize, linear: u64, bytes: u32, tag: usize): usize {
  const entry = tlbEntry(<usize>load<u32>(vp + TLB_CURRENT), linear);
  if (load<u64>(entry + tag) != (linear & ~(<u64>0xfff)) || (<u32>linear & 0xfff) + bytes > 4096) return 0;
  return <usize>(<u32>linear + load<u32>(entry + TLB_ADDEND));
}

function copy(to: usize, from: usize, bytes: u32): void {
  if (bytes > FEW) {
    memory.copy(to, from, bytes);
    return;
  }
  const end = to + bytes;
  for (; to + 8 <= end; to += 8, from += 8) store<u64>(to, load<u64>(from));
  for (; to < end; to++, from++) store<u8>(to, load<u8>(from));
}

/** `value`: an element, or eight bytes of them. */
function fill(to: usize, value: u64, bytes: u32): void {
  const end = to + bytes;
  for (; to + 8 <= end; to += 8) store<u64>(to, value);
  for (; to < end; to++, value >>= 8) store<u8>(to, <u8>value);
}

/** Copies or, with STRING_STORES, writes the value `from` so many times. 1 when that is done, 0 when nothing was. */
export function regionString(vp: usize, to: u64, from: u64, elements: u64, kind: u32): u32 {
  if (elements == 0) return 1;
  const size = kind & STRING_SIZE;
  if (elements > <u64>(4096 >> size) || load<u32>(vp + RFLAGS) & FLAG_DF) return 0;
  const bytes = <u32>elements << size;
  const target = hostOf(vp, to, bytes, TAG_WRITE);
  if (target == 0) return 0;
  if (kind & STRING_STORES) {
    let value = from;
    if (size == 0) value = (value & 0xff) * 0x0101010101010101;
    else if (size == 1) value = (value & 0xffff) * 0x0001000100010001;
    else if (size == 2) value = (value & 0xffffffff) * 0x0000000100000001;
    if (bytes > FEW && value == (value & 0xff) * 0x0101010101010101) memory.fill(target, <u8>value, bytes);
    else fill(target, value, bytes);
    return 1;
  }
  const source = hostOf(vp, from, bytes, TAG_READ);
  // A forward copy onto itself repeats a pattern.
  if (source == 0 || (target - source < bytes && target != source)) return 0;
  copy(target, source, bytes);
  return 1;
}
