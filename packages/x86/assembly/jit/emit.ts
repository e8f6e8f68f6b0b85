/** Writes WebAssembly: bytes, numbers, and the instructions that regions are made of. WebAssembly specification, "Binary Format". */

import { MODULE } from './memory-map';

/** Where the next byte goes. */
export let at: usize = MODULE;

export function restart(): void {
  at = MODULE;
}

// @ts-ignore: decorator
@inline
export function byte(value: u32): void {
  store<u8>(at++, <u8>value);
}

/** An unsigned LEB128 number. */
export function unsigned(value: u32): void {
  while (value > 127) {
    byte((value & 127) | 128);
    value >>= 7;
  }
  byte(value);
}

/** A signed LEB128 number. */
export function signed(value: i64): void {
  while (value < -64 || value > 63) {
    byte((<u32>value & 127) | 128);
    value >>= 7;
  }
  byte(<u32>value & 127);
}

/** Room for a length that is known later: {@link endSized} fills it in. */
export function beginSized(): usize {
  const place = at;
  at += 5;
  return place;
}

export function endSized(place: usize): void {
  let length = <u32>(at - place - 5);
  for (let i: usize = 0; i < 4; i++) {
    store<u8>(place + i, <u8>((length & 127) | 128));
    length >>= 7;
  }
  store<u8>(place + 4, <u8>length);
}

export function get(local: u32): void {
  byte(0x20);
  unsigned(local);
}

export function set(local: u32): void {
  byte(0x21);
  unsigned(local);
}

export function tee(local: u32): void {
  byte(0x22);
  unsigned(local);
}

export function const32(value: i32): void {
  byte(0x41);
  signed(value);
}

export function const64(value: i64): void {
  byte(0x42);
  signed(value);
}

/** A load or store at the address on the stack plus `offset`, which need not be aligned. */
export function access(opcode: u32, offset: usize): void {
  byte(opcode);
  byte(0);
  unsigned(<u32>offset);
}

export function call(imported: u32): void {
  byte(0x10);
  unsigned(imported);
}

/** An instruction with prefix FD. */
export function vector(opcode: u32): void {
  byte(0xfd);
  unsigned(opcode);
}

export function vectorAccess(opcode: u32, offset: usize): void {
  vector(opcode);
  byte(0);
  unsigned(<u32>offset);
}

// Instructions without operands of their own.
export const I32_EQZ: u32 = 0x45;
export const I32_EQ: u32 = 0x46;
export const I32_NE: u32 = 0x47;
export const I32_LT_S: u32 = 0x48;
export const I32_LT_U: u32 = 0x49;
export const I32_GT_S: u32 = 0x4a;
export const I32_LE_S: u32 = 0x4c;
export const I32_LE_U: u32 = 0x4d;
export const I64_EQZ: u32 = 0x50;
export const I64_EQ: u32 = 0x51;
export const I64_NE: u32 = 0x52;
export const I64_LT_S: u32 = 0x53;
export const I64_LT_U: u32 = 0x54;
export const I64_GT_U: u32 = 0x56;
export const I64_LE_S: u32 = 0x57;
export const I64_LE_U: u32 = 0x58;
export const I32_ADD: u32 = 0x6a;
export const I32_SUB: u32 = 0x6b;
export const I32_MUL: u32 = 0x6c;
export const I32_AND: u32 = 0x71;
export const I32_OR: u32 = 0x72;
export const I32_XOR: u32 = 0x73;
export const I32_SHL: u32 = 0x74;
export const I32_SHR_S: u32 = 0x75;
export const I32_SHR_U: u32 = 0x76;
export const I32_ROTL: u32 = 0x77;
export const I32_ROTR: u32 = 0x78;
export const I64_CLZ: u32 = 0x79;
export const I64_CTZ: u32 = 0x7a;
export const I64_POPCNT: u32 = 0x7b;
export const I64_ADD: u32 = 0x7c;
export const I64_SUB: u32 = 0x7d;
export const I64_MUL: u32 = 0x7e;
export const I64_DIV_S: u32 = 0x7f;
export const I64_DIV_U: u32 = 0x80;
export const I64_REM_S: u32 = 0x81;
export const I64_REM_U: u32 = 0x82;
export const I64_AND: u32 = 0x83;
export const I64_OR: u32 = 0x84;
export const I64_XOR: u32 = 0x85;
export const I64_SHL: u32 = 0x86;
export const I64_SHR_S: u32 = 0x87;
export const I64_SHR_U: u32 = 0x88;
export const I64_ROTL: u32 = 0x89;
export const I64_ROTR: u32 = 0x8a;
export const WRAP: u32 = 0xa7;
export const EXTEND_S: u32 = 0xac;
export const EXTEND_U: u32 = 0xad;
export const I64_EXTEND8_S: u32 = 0xc2;
export const I64_EXTEND16_S: u32 = 0xc3;
export const I64_EXTEND32_S: u32 = 0xc4;
export const SELECT: u32 = 0x1b;
export const RETURN: u32 = 0x0f;
export const ELSE: u32 = 0x05;

// Loads and stores.
export const I32_LOAD: u32 = 0x28;
export const I64_LOAD: u32 = 0x29;
export const I64_LOAD8_U: u32 = 0x31;
export const I64_LOAD16_U: u32 = 0x33;
export const I64_LOAD32_S: u32 = 0x34;
export const I64_LOAD32_U: u32 = 0x35;
export const I32_STORE: u32 = 0x36;
export const I64_STORE: u32 = 0x37;
export const I64_STORE8: u32 = 0x3c;
export const I64_STORE16: u32 = 0x3d;
export const I64_STORE32: u32 = 0x3e;

// Types.
export const TYPE_I32: u32 = 0x7f;
export const TYPE_I64: u32 = 0x7e;
export const TYPE_V128: u32 = 0x7b;
export const TYPE_VOID: u32 = 0x40;
