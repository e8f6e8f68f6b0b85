/** Linear addresses of the memory operands of SSE instructions. */

import { raiseGP } from '../exception';
import { linearAddress } from '../memory/segment';
import { OP_BASE, OP_DISPLACEMENT, OP_INDEX, OP_IS_MEMORY, OP_SCALE } from '../micro-op';
import { ADDRESS_MASK } from '../state';

/** OP_IS_MEMORY of an operand in a flat segment with the mode's own address size. */
export const FLAT_MEMORY: u8 = 2;

/** Linear address of the operand of ModRM.rm. Raises what the segment demands. */
// @ts-ignore: decorator
@inline
export function operandAddress(vp: usize, op: usize, bytes: u32, isWrite: bool): u64 {
  if (load<u8>(op + OP_IS_MEMORY) != FLAT_MEMORY) return linearAddress(vp, op, bytes, isWrite);
  const sum =
    load<u64>(vp + load<u8>(op + OP_BASE)) +
    (load<u64>(vp + load<u8>(op + OP_INDEX)) << (<u64>load<u8>(op + OP_SCALE))) +
    <u64>(<i64>load<i32>(op + OP_DISPLACEMENT));
  return sum & load<u64>(vp + ADDRESS_MASK);
}

/** Linear address of a memory operand of 16 bytes that must be aligned: #GP(0) otherwise. */
// @ts-ignore: decorator
@inline
export function alignedAddress(vp: usize, op: usize, isWrite: bool): u64 {
  const linear = operandAddress(vp, op, 16, isWrite);
  if (linear & 15) raiseGP(vp, 0);
  return linear;
}
