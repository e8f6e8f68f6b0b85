/**
 * The micro-op: 32 bytes that the decoder makes of an instruction and the interpreter (later the JIT) executes.
 *
 * Registers are stored as byte offsets from `vp`, so that AH…BH, the missing register and RIP-relative bases need no
 * case of their own. A memory operand's linear address is base + (index << scale) + displacement under ADDRESS_MASK;
 * everything else (segment bases, limits, 16-bit addresses) is computed into TEMP by an address micro-op in front.
 */

import { TEMP, ZERO } from './state';

export const OP_BYTES: usize = 32;

/** Handler id (u16). */
export const OP_HANDLER: usize = 0;
/** Byte offsets from `vp` (u8). DST: ModRM.reg or the opcode's register as destination; SRC: the other register. */
export const OP_DST: usize = 2;
export const OP_SRC: usize = 3;
export const OP_BASE: usize = 4;
export const OP_INDEX: usize = 5;
export const OP_SCALE: usize = 6;
/** Bytes of the instruction (u8). */
export const OP_LENGTH: usize = 7;
/** Immediate, sign-extended as the instruction says (i64). ENTER: imm16 | imm8 << 16. Far pointer: offset | selector << 32. */
export const OP_IMMEDIATE: usize = 8;
export const OP_DISPLACEMENT: usize = 16;
/** Branches: the target's micro-op once known, and the one of the fall-through (u32, 0 = look up). */
export const OP_LINK: usize = 20;
export const OP_LINK_NEXT: usize = 24;
/** Offset of the instruction within its page (u16). */
export const OP_OFFSET: usize = 28;
/** Number of this instruction within its block, from 1 (u8). */
export const OP_COUNT: usize = 30;
/** Segment of the memory operand 2:0, address size code 4:3 (0 = 16, 1 = 32, 2 = 64 bits), 7 segment override present. */
export const OP_SEGMENT: usize = 31;

// Generic micro-ops use the link words otherwise:
/** The opcode's last byte (u8). */
export const OP_OPCODE: usize = 20;
/** 0 one byte, 1 = 0F, 2 = 0F 38, 3 = 0F 3A (u8). */
export const OP_MAP: usize = 21;
/** ModRM byte; 0 when there is none (u8). */
export const OP_MODRM: usize = 22;
/** PREFIX_* bits (u8). */
export const OP_PREFIXES: usize = 23;
/** Operand size in bytes by 66h, REX.W and mode: 2, 4, 8; byte forms say 1 (u8). */
export const OP_SIZE: usize = 24;
/** 1 when the ModRM operand is memory (u8). */
export const OP_IS_MEMORY: usize = 25;
/** REX bits 3:0 (W R X B), bit 4 = REX present (u8). */
export const OP_REX: usize = 26;
/** Opcode byte | map << 8, as the one number that `switch` statements use (same bytes as OP_OPCODE and OP_MAP). */
export const OP_CODE16: usize = 20;

export const PREFIX_66: u32 = 1;
export const PREFIX_F2: u32 = 2;
export const PREFIX_F3: u32 = 4;
export const PREFIX_LOCK: u32 = 8;
export const PREFIX_67: u32 = 16;

// @ts-ignore: decorator
@inline
export function opOpcode(op: usize): u32 {
  return load<u8>(op + OP_OPCODE);
}

// @ts-ignore: decorator
@inline
export function opModrm(op: usize): u32 {
  return load<u8>(op + OP_MODRM);
}

/** ModRM.reg without REX.R: the /digit of opcode groups. */
// @ts-ignore: decorator
@inline
export function opDigit(op: usize): u32 {
  return (load<u8>(op + OP_MODRM) >> 3) & 7;
}

/** ModRM.reg with REX.R: 0–15. */
// @ts-ignore: decorator
@inline
export function opReg(op: usize): u32 {
  return ((load<u8>(op + OP_MODRM) >> 3) & 7) | ((load<u8>(op + OP_REX) & 4) << 1);
}

/** ModRM.rm with REX.B: 0–15. */
// @ts-ignore: decorator
@inline
export function opRm(op: usize): u32 {
  return (load<u8>(op + OP_MODRM) & 7) | ((load<u8>(op + OP_REX) & 1) << 3);
}

// @ts-ignore: decorator
@inline
export function opPrefixes(op: usize): u32 {
  return load<u8>(op + OP_PREFIXES);
}

/** Operand size in bytes: 1, 2, 4, 8. */
// @ts-ignore: decorator
@inline
export function opSize(op: usize): u32 {
  return load<u8>(op + OP_SIZE);
}

// @ts-ignore: decorator
@inline
export function opIsMemory(op: usize): bool {
  return load<u8>(op + OP_IS_MEMORY) != 0;
}

// @ts-ignore: decorator
@inline
export function opImmediate(op: usize): i64 {
  return load<i64>(op + OP_IMMEDIATE);
}

/** Segment register of the memory operand. */
// @ts-ignore: decorator
@inline
export function opSegment(op: usize): u32 {
  return load<u8>(op + OP_SEGMENT) & 7;
}

/** Address size in bits: 16, 32 or 64. */
// @ts-ignore: decorator
@inline
export function opAddressBits(op: usize): u32 {
  return 16 << ((load<u8>(op + OP_SEGMENT) >> 3) & 3);
}

/** True where the op's memory operand stands for "no register": used when an address micro-op came before. */
// @ts-ignore: decorator
@inline
export function setTemporaryAddress(op: usize): void {
  store<u8>(op + OP_BASE, <u8>TEMP);
  store<u8>(op + OP_INDEX, <u8>ZERO);
  store<u8>(op + OP_SCALE, 0);
  store<i32>(op + OP_DISPLACEMENT, 0);
}
