/** Decodes one instruction into one micro-op. Intel SDM volume 2, "Instruction Format". */

import {
  OP_BASE, OP_CODE16, OP_DISPLACEMENT, OP_DST, OP_HANDLER, OP_IMMEDIATE, OP_INDEX, OP_IS_MEMORY, OP_LENGTH, OP_MODRM,
  OP_PREFIXES, OP_REX, OP_SCALE, OP_SEGMENT, OP_SIZE, OP_SRC, PREFIX_66, PREFIX_67, PREFIX_F2, PREFIX_F3, PREFIX_LOCK,
} from '../micro-op';
import { MODE_64, MODE_CODE_32 } from '../mode-bits';
import { CS, DS, ES, FS, GS, RBP, RBX, RDI, RIP_BASE, RSI, SS, ZERO } from '../state';
import {
  defaultsTo64, hasModrm, IMM_16, IMM_8, IMM_ENTER, IMM_FAR, IMM_NONE, IMM_OFFSET, IMM_V, immediateForm, isByteForm,
  isSystem,
} from './forms';
import { HANDLER_INTEGER, HANDLER_SYSTEM } from './handlers';
import { decodeSse } from '../sse/decode';

let at: usize = 0;

/** Byte offset of a general register's operand; AH…BH for byte forms without REX. */
function registerSlot(register: u32, size: u32, rex: bool): u8 {
  if (size == 1 && !rex && register >= 4 && register < 8) return <u8>(((register - 4) << 3) + 1);
  return <u8>(register << 3);
}

/**
 * Decodes the instruction at `code` into `op`; `offset` is its place in the page. Gives its length, which the caller
 * compares with what it has and with 15: bytes past those may be anything.
 */
export function decode(mode: u32, code: usize, offset: u32, op: usize): u32 {
  const is64 = (mode & MODE_64) != 0;
  at = code;
  let prefixes: u32 = 0;
  let rex: u32 = 0;
  let segment: i32 = -1;
  let byte: u32 = 0;
  for (; at - code < 16; ) {
    byte = load<u8>(at++);
    if (byte == 0x66) prefixes |= PREFIX_66;
    else if (byte == 0x67) prefixes |= PREFIX_67;
    else if (byte == 0xf0) prefixes |= PREFIX_LOCK;
    else if (byte == 0xf2) prefixes = (prefixes & ~PREFIX_F3) | PREFIX_F2;
    else if (byte == 0xf3) prefixes = (prefixes & ~PREFIX_F2) | PREFIX_F3;
    else if (byte == 0x64) segment = FS;
    else if (byte == 0x65) segment = GS;
    else if (byte == 0x26) segment = is64 ? segment : ES;
    else if (byte == 0x2e) segment = is64 ? segment : CS;
    else if (byte == 0x36) segment = is64 ? segment : SS;
    else if (byte == 0x3e) segment = is64 ? segment : DS;
    else if (is64 && (byte & 0xf0) == 0x40) {
      rex = byte;
      continue;
    } else break;
    rex = 0; // counts only right in front of the opcode
  }
  let opcode = byte;
  if (byte == 0x0f) {
    opcode = 0x100 | load<u8>(at++);
    if (opcode == 0x138) opcode = 0x200 | load<u8>(at++);
    else if (opcode == 0x13a) opcode = 0x300 | load<u8>(at++);
  }
  const wide = (mode & MODE_CODE_32) != 0;
  const withModrm = hasModrm(opcode, is64);
  const modrm: u32 = withModrm ? load<u8>(at++) : 0;
  let size: u32 = is64 ? 4 : wide ? 4 : 2;
  if (prefixes & PREFIX_66) size = is64 ? 2 : 6 - size;
  if (rex & 8) size = 8;
  const immediateSize = size;
  if (is64 && size == 4 && defaultsTo64(opcode, modrm)) size = 8;
  if (isByteForm(opcode)) size = 1;
  const addressCode: u32 = is64 ? (prefixes & PREFIX_67 ? 1 : 2) : wide == ((prefixes & PREFIX_67) == 0) ? 1 : 0;
  // PAUSE is F3 with the NOP of RAX.
  const pause = opcode == 0x90 && (prefixes & PREFIX_F3) != 0 && !(rex & 1);
  store<u16>(op + OP_HANDLER, <u16>(pause || isSystem(opcode, modrm, is64) ? HANDLER_SYSTEM : HANDLER_INTEGER));
  store<u16>(op + OP_CODE16, <u16>opcode);
  store<u8>(op + OP_MODRM, <u8>modrm);
  store<u8>(op + OP_PREFIXES, <u8>prefixes);
  store<u8>(op + OP_SIZE, <u8>size);
  store<u8>(op + OP_REX, <u8>(rex ? (rex & 15) | 16 : 0));
  store<u8>(op + OP_BASE, <u8>ZERO);
  store<u8>(op + OP_INDEX, <u8>ZERO);
  store<u8>(op + OP_SCALE, 0);
  store<i32>(op + OP_DISPLACEMENT, 0);
  store<u8>(op + OP_IS_MEMORY, 0);
  store<u8>(op + OP_DST, registerSlot(((modrm >> 3) & 7) | ((rex & 4) << 1), size, rex != 0));
  store<u8>(op + OP_SRC, registerSlot((modrm & 7) | ((rex & 1) << 3), size, rex != 0));
  let ripRelative = false;
  let usual: u32 = DS;
  if (withModrm && modrm < 0xc0 && (opcode & ~3) != 0x120) {
    store<u8>(op + OP_IS_MEMORY, 1);
    if (addressCode == 0) usual = memory16(op, modrm);
    else {
      ripRelative = is64 && (modrm & 0xc7) == 5;
      usual = memory32(op, modrm, rex);
      if (ripRelative) store<u8>(op + OP_BASE, <u8>RIP_BASE);
    }
  }
  // A stack access that is not canonical is #SS.
  else if (defaultsTo64(opcode, modrm)) usual = SS;
  store<u8>(op + OP_SEGMENT, <u8>((segment < 0 ? usual : <u32>segment | 0x80) | (addressCode << 3)));
  const immediate = readImmediate(immediateForm(opcode, modrm), immediateSize, addressCode);
  store<i64>(op + OP_IMMEDIATE, immediate);
  const length = <u32>(at - code);
  store<u8>(op + OP_LENGTH, <u8>length);
  if (ripRelative) store<i32>(op + OP_DISPLACEMENT, load<i32>(op + OP_DISPLACEMENT) + offset + length);
  if (opcode >= 0x110) decodeSse(op, mode);
  return length;
}

function readImmediate(form: u32, size: u32, addressCode: u32): i64 {
  let value: i64 = 0;
  switch (form) {
    case IMM_NONE:
      return 0;
    case IMM_8:
      value = load<i8>(at);
      at += 1;
      return value;
    case IMM_16:
      value = load<u16>(at);
      at += 2;
      return value;
    case IMM_ENTER:
      value = <i64>(load<u32>(at) & 0xffffff);
      at += 3;
      return value;
    case IMM_OFFSET:
      value = addressCode == 2 ? load<i64>(at) : addressCode == 1 ? <i64>load<u32>(at) : <i64>load<u16>(at);
      at += 2 << addressCode;
      return value;
    case IMM_FAR:
      value = size == 2 ? <i64>load<u16>(at) : <i64>load<u32>(at);
      at += size == 2 ? 2 : 4;
      value |= <i64>load<u16>(at) << 32;
      at += 2;
      return value;
  }
  if (size == 2) {
    value = load<i16>(at);
    at += 2;
  } else if (size == 8 && form == IMM_V) {
    value = load<i64>(at);
    at += 8;
  } else {
    value = load<i32>(at);
    at += 4;
  }
  return value;
}

/** 16-bit addressing; gives the usual segment. */
function memory16(op: usize, modrm: u32): u32 {
  const rm = modrm & 7;
  const mod = modrm >> 6;
  let usual: u32 = DS;
  if (mod == 0 && rm == 6) {
    store<i32>(op + OP_DISPLACEMENT, load<u16>(at));
    at += 2;
    return DS;
  }
  const base: usize = rm == 4 ? RSI : rm == 5 ? RDI : rm == 2 || rm == 3 || rm == 6 ? RBP : RBX;
  if (base == RBP) usual = SS;
  store<u8>(op + OP_BASE, <u8>base);
  if (rm < 4) store<u8>(op + OP_INDEX, <u8>(rm & 1 ? RDI : RSI));
  if (mod == 1) {
    store<i32>(op + OP_DISPLACEMENT, load<i8>(at));
    at += 1;
  } else if (mod == 2) {
    store<i32>(op + OP_DISPLACEMENT, load<i16>(at));
    at += 2;
  }
  return usual;
}

/** 32- and 64-bit addressing; gives the usual segment. */
function memory32(op: usize, modrm: u32, rex: u32): u32 {
  const mod = modrm >> 6;
  let base = modrm & 7;
  let displacement: i32 = 0;
  let none = mod == 0 && base == 5;
  if (base == 4) {
    const sib = <u32>load<u8>(at++);
    base = sib & 7;
    none = mod == 0 && base == 5;
    const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    if (index != 4) {
      store<u8>(op + OP_INDEX, <u8>(index << 3));
      store<u8>(op + OP_SCALE, <u8>(sib >> 6));
    }
  }
  if (none || mod == 2) {
    displacement = load<i32>(at);
    at += 4;
  } else if (mod == 1) {
    displacement = load<i8>(at);
    at += 1;
  }
  store<i32>(op + OP_DISPLACEMENT, displacement);
  if (none) return DS;
  base |= (rex & 1) << 3;
  store<u8>(op + OP_BASE, <u8>(base << 3));
  return base == 4 || base == 5 ? SS : DS;
}
