/** Memory operands that are longer than one access. */

import { probeWrite, readSized, writeSized } from '../memory/access';
import { ADDRESS_MASK } from '../state';

/** The largest power of two up to 8 that fits into `left` bytes. */
// @ts-ignore: decorator
@inline
function step(left: u32): u32 {
  return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/** Copies guest memory into the core's at `to`. */
export function readBlock(vp: usize, linear: u64, to: usize, bytes: u32): void {
  const mask = load<u64>(vp + ADDRESS_MASK);
  for (let i: u32 = 0; i < bytes; ) {
    const size = step(bytes - i);
    const value = readSized(vp, (linear + i) & mask, size);
    if (size == 8) store<u64>(to + i, value);
    else if (size == 4) store<u32>(to + i, <u32>value);
    else if (size == 2) store<u16>(to + i, <u16>value);
    else store<u8>(to + i, <u8>value);
    i += size;
  }
}

/** Raises if a write of up to 4096 bytes would, at the first byte that cannot be written. */
export function probeBlock(vp: usize, linear: u64, bytes: u32): void {
  probeWrite(vp, linear, 1);
  const room: u32 = 4096 - (<u32>linear & 0xfff);
  if (bytes > room) probeWrite(vp, (linear + room) & load<u64>(vp + ADDRESS_MASK), 1);
}

/** Copies from the core's memory into guest memory; all or nothing. */
export function writeBlock(vp: usize, linear: u64, from: usize, bytes: u32): void {
  const mask = load<u64>(vp + ADDRESS_MASK);
  probeBlock(vp, linear, bytes);
  for (let i: u32 = 0; i < bytes; ) {
    const size = step(bytes - i);
    const value =
      size == 8 ? load<u64>(from + i) : size == 4 ? load<u32>(from + i) : size == 2 ? load<u16>(from + i) : load<u8>(from + i);
    writeSized(vp, (linear + i) & mask, size, value);
    i += size;
  }
}
