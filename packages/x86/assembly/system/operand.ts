/** Operands of privileged instructions: general registers and ModRM memory, by size. */

import { opIsMemory, opReg, opRm } from '../micro-op';
import { linearAddress } from '../memory/segment';
import { readMemory, writeMemory } from './core-access';
import { isUser } from './descriptor';

// @ts-ignore: decorator
@inline
export function readRegister(vp: usize, register: u32): u64 {
  return load<u64>(vp + (<usize>register << 3));
}

/** Writes 2, 4 (upper half zeroed) or 8 bytes of a general register. */
export function writeRegister(vp: usize, register: u32, bytes: u32, value: u64): void {
  const at = vp + (<usize>register << 3);
  if (bytes == 1) store<u8>(at, <u8>value);
  else if (bytes == 2) store<u16>(at, <u16>value);
  else store<u64>(at, bytes == 4 ? value & 0xffffffff : value);
}

/** The 16-bit ModRM operand. */
export function readOperand16(vp: usize, op: usize): u32 {
  if (!opIsMemory(op)) return <u32>readRegister(vp, opRm(op)) & 0xffff;
  return <u32>readMemory(vp, linearAddress(vp, op, 2, false), 2, isUser(vp));
}

/** Stores a 16-bit value as SLDT, STR and SMSW do: memory gets two bytes whatever the operand size. */
export function writeOperand16(vp: usize, op: usize, bytes: u32, value: u64): void {
  if (opIsMemory(op)) writeMemory(vp, linearAddress(vp, op, 2, true), 2, isUser(vp), value & 0xffff);
  else writeRegister(vp, opRm(op), bytes, value);
}

export function writeModrmRegister(vp: usize, op: usize, bytes: u32, value: u64): void {
  writeRegister(vp, opReg(op), bytes, value);
}
