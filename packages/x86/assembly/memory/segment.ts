/** From an operand of a micro-op to its linear address: 16-, 32- and 64-bit addressing, segment bases and limits. */

import { raiseSegment } from '../exception';
import { MODE_64, MODE_FLAT, MODE_PROTECTED } from '../mode-bits';
import { segmentAddress } from '../mode';
import { OP_BASE, OP_DISPLACEMENT, OP_INDEX, OP_SCALE, opAddressBits, opSegment } from '../micro-op';
import { CS, FS, MODE_WORD, SEG_ATTRIBUTES, SEG_BASE, SEG_LIMIT, SS } from '../state';

/** Offset of the ModRM memory operand within its segment. */
// @ts-ignore: decorator
@inline
export function effectiveAddress(vp: usize, op: usize): u64 {
  const sum =
    load<u64>(vp + load<u8>(op + OP_BASE)) +
    (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) +
    <u64>(<i64>load<i32>(op + OP_DISPLACEMENT));
  return sum & (<u64>-1 >> (64 - opAddressBits(op)));
}

/** Linear address of `bytes` at `offset` in a segment. Raises #GP(0) or #SS(0) where the segment forbids the access. */
export function segmentLinear(vp: usize, segment: u32, offset: u64, bytes: u32, write: bool): u64 {
  const mode = load<u32>(vp + MODE_WORD);
  const at = segmentAddress(vp, segment);
  if (mode & MODE_64) {
    if (segment >= FS) return load<u64>(at + SEG_BASE) + offset;
    // Accesses of the stack that no operand names, too.
    if (segment == SS && <u64>((<i64>offset << 16) >> 16) != offset) raiseSegment(vp, SS);
    return offset;
  }
  if (mode & MODE_FLAT && segment < FS && !(write && segment == CS)) return offset & 0xffffffff;
  const attributes = load<u16>(at + SEG_ATTRIBUTES);
  const limit = load<u32>(at + SEG_LIMIT);
  const isCode = (attributes & 8) != 0;
  if (mode & MODE_PROTECTED) {
    if (!(attributes & 0x80)) raiseSegment(vp, segment);
    if (write ? isCode || !(attributes & 2) : isCode && !(attributes & 2)) raiseSegment(vp, segment);
  }
  const last = offset + bytes - 1;
  if (!isCode && attributes & 4) {
    const top: u64 = attributes & 0x4000 ? 0xffffffff : 0xffff;
    if (offset <= limit || last > top) raiseSegment(vp, segment);
  } else if (last > limit) raiseSegment(vp, segment);
  return (load<u64>(at + SEG_BASE) + offset) & 0xffffffff;
}

/** Linear address of the ModRM memory operand. */
// @ts-ignore: decorator
@inline
export function linearAddress(vp: usize, op: usize, bytes: u32, write: bool): u64 {
  return segmentLinear(vp, opSegment(op), effectiveAddress(vp, op), bytes, write);
}
