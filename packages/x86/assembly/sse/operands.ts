/** Operands of SSE instructions: XMM registers and memory; and whether such instructions may run. */

import { raiseNM, raiseUD } from '../exception';
import { probeWrite, read, write } from '../memory/access';
import { TAG_READ, TAG_WRITE, TLB_ADDEND, tlbEntry } from '../memory/tlb';
import { OP_DST, OP_SRC, opIsMemory, opRm } from '../micro-op';
import { ADDRESS_MASK, CR0, CR0_EM, CR0_TS, CR4, CR4_OSFXSR, TLB_CURRENT, XMM } from '../state';
import { alignedAddress, operandAddress } from './address';

/** Raises #UD where SSE is off, #NM where another task's registers are loaded. */
// @ts-ignore: decorator
@inline
export function requireSse(vp: usize): void {
  const cr0 = load<u32>(vp + CR0);
  if ((cr0 & CR0_EM) != 0 || (load<u32>(vp + CR4) & CR4_OSFXSR) == 0) raiseUD(vp);
  if (cr0 & CR0_TS) raiseNM(vp);
}

/** Address of the XMM register of ModRM.reg. */
// @ts-ignore: decorator
@inline
export function target(vp: usize, op: usize): usize {
  return vp + XMM + load<u8>(op + OP_DST);
}

/** Address of the XMM register of ModRM.rm. */
// @ts-ignore: decorator
@inline
export function sourceRegister(vp: usize, op: usize): usize {
  return vp + XMM + load<u8>(op + OP_SRC);
}

/** Reads 16 bytes at any alignment. */
// @ts-ignore: decorator
@inline
export function read128(vp: usize, linear: u64): v128 {
  const entry = tlbEntry(load<u32>(vp + TLB_CURRENT), linear);
  if (load<u64>(entry + TAG_READ) == ((linear + 15) & ~(<u64>0xfff))) {
    return v128.load(<usize>(<u32>linear + load<u32>(entry + TLB_ADDEND)));
  }
  return readHalves(vp, linear);
}

function readHalves(vp: usize, linear: u64): v128 {
  const low = read<u64>(vp, linear);
  const high = read<u64>(vp, (linear + 8) & load<u64>(vp + ADDRESS_MASK));
  return i64x2.replace_lane(i64x2.splat(<i64>low), 1, <i64>high);
}

/** Writes 16 bytes at any alignment, all or nothing. */
// @ts-ignore: decorator
@inline
export function write128(vp: usize, linear: u64, value: v128): void {
  const entry = tlbEntry(load<u32>(vp + TLB_CURRENT), linear);
  if (load<u64>(entry + TAG_WRITE) == ((linear + 15) & ~(<u64>0xfff))) {
    v128.store(<usize>(<u32>linear + load<u32>(entry + TLB_ADDEND)), value);
  } else writeHalves(vp, linear, value);
}

function writeHalves(vp: usize, linear: u64, value: v128): void {
  const next = (linear + 8) & load<u64>(vp + ADDRESS_MASK);
  probeWrite(vp, linear, 8);
  probeWrite(vp, next, 8);
  write<u64>(vp, linear, <u64>i64x2.extract_lane(value, 0));
  write<u64>(vp, next, <u64>i64x2.extract_lane(value, 1));
}

/** The 16-byte operand of ModRM.rm; memory must be aligned. */
// @ts-ignore: decorator
@inline
export function source128(vp: usize, op: usize): v128 {
  return opIsMemory(op) ? read128(vp, alignedAddress(vp, op, false)) : v128.load(sourceRegister(vp, op));
}

/** The 16-byte operand of ModRM.rm at any alignment. */
// @ts-ignore: decorator
@inline
export function unaligned128(vp: usize, op: usize): v128 {
  return opIsMemory(op) ? read128(vp, operandAddress(vp, op, 16, false)) : v128.load(sourceRegister(vp, op));
}

/** The low 8 bytes of a register, or a memory operand of 8 bytes. */
// @ts-ignore: decorator
@inline
export function source64(vp: usize, op: usize): u64 {
  return opIsMemory(op) ? read<u64>(vp, operandAddress(vp, op, 8, false)) : load<u64>(sourceRegister(vp, op));
}

/** The low 4 bytes of a register, or a memory operand of 4 bytes. */
// @ts-ignore: decorator
@inline
export function source32(vp: usize, op: usize): u32 {
  return opIsMemory(op) ? <u32>read<u32>(vp, operandAddress(vp, op, 4, false)) : load<u32>(sourceRegister(vp, op));
}

/** Reads `bytes` (1, 2, 4, 8) from memory or from the low end of the general register of ModRM.rm. */
export function sourceGeneral(vp: usize, op: usize, bytes: u32): u64 {
  const slot = vp + (<usize>opRm(op) << 3);
  const memory = opIsMemory(op);
  const linear = memory ? operandAddress(vp, op, bytes, false) : 0;
  switch (bytes) {
    case 1: return memory ? read<u8>(vp, linear) : load<u8>(slot);
    case 2: return memory ? read<u16>(vp, linear) : load<u16>(slot);
    case 4: return memory ? read<u32>(vp, linear) : load<u32>(slot);
    default: return memory ? read<u64>(vp, linear) : load<u64>(slot);
  }
}

/** Writes `bytes` (1, 2, 4, 8) to memory, or zero-extended to the whole general register of ModRM.rm. */
export function storeGeneral(vp: usize, op: usize, bytes: u32, value: u64): void {
  if (!opIsMemory(op)) {
    store<u64>(vp + (<usize>opRm(op) << 3), bytes == 8 ? value : value & (<u64>-1 >> (64 - bytes * 8)));
    return;
  }
  const linear = operandAddress(vp, op, bytes, true);
  switch (bytes) {
    case 1: write<u8>(vp, linear, value); break;
    case 2: write<u16>(vp, linear, value); break;
    case 4: write<u32>(vp, linear, value); break;
    default: write<u64>(vp, linear, value);
  }
}
