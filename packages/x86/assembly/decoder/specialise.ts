/** Gives frequent instructions handlers of their own: 8-, 32- and 64-bit operands, flat memory, no LOCK or repeat prefix. */

import {
  OP_BASE, OP_CODE16, OP_DST, OP_HANDLER, OP_IMMEDIATE, OP_INDEX, OP_LINK, OP_LINK_NEXT, OP_REX, OP_SRC, opAddressBits,
  opDigit, opIsMemory, opModrm, opPrefixes, opSegment, opSize, PREFIX_F2, PREFIX_F3, PREFIX_LOCK,
} from '../micro-op';
import { MODE_64, MODE_CODE_32, MODE_FLAT, MODE_SINGLE, MODE_STACK_32 } from '../mode-bits';
import { CS, FS, RAX, ZERO } from '../state';
import { HANDLER_INTEGER } from './handlers';
import * as H from '../generated/hot-handlers';

/** Distance of a handler's 64-bit and 8-bit form from its 32-bit one, where all three follow each other. */
const ALU_SIZES: u32 = H.ADD_RR_64 - H.ADD_RR_32;
const MOV_SIZES: u32 = H.MOV_RR_64 - H.MOV_RR_32;

function set(op: usize, handler: u32): void {
  store<u16>(op + OP_HANDLER, <u16>handler);
  // Branches keep their links where generic micro-ops have the opcode.
  if (handler >= H.JMP) {
    store<u32>(op + OP_LINK, 0);
    store<u32>(op + OP_LINK_NEXT, 0);
  }
}

/** ModRM.rm becomes the destination. */
function swapRegisters(op: usize): void {
  const dst = load<u8>(op + OP_DST);
  store<u8>(op + OP_DST, load<u8>(op + OP_SRC));
  store<u8>(op + OP_SRC, dst);
}

/** Memory operands of hot handlers read SRC as the register. */
function registerAsSource(op: usize): void {
  store<u8>(op + OP_SRC, load<u8>(op + OP_DST));
}

/** 0 for 32-bit operands, 1 for 64-bit, 2 for 8-bit ones. */
function sizeIndex(size: u32): u32 {
  return size == 4 ? 0 : size == 8 ? 1 : 2;
}

/** The register in the opcode's low bits becomes the destination. */
function opcodeRegister(op: usize, code: u32, size: u32): void {
  const rex = <u32>load<u8>(op + OP_REX);
  const register = (code & 7) | ((rex & 1) << 3);
  store<u8>(op + OP_DST, <u8>(size == 1 && !rex && register >= 4 ? ((register - 4) << 3) + 1 : register << 3));
}

/** Place of an ALU operation among the hot ones, -1 for ADC and SBB. */
function aluIndex(kind: u32): i32 {
  switch (kind) {
    case 0: return 0;
    case 1: return 1;
    case 4: return 2;
    case 5: return 3;
    case 6: return 4;
    case 7: return 5;
  }
  return -1;
}

export function specialise(op: usize, mode: u32): void {
  if (load<u16>(op + OP_HANDLER) != HANDLER_INTEGER || mode & MODE_SINGLE) return;
  const is64 = (mode & MODE_64) != 0;
  if (!is64 && (mode & (MODE_FLAT | MODE_CODE_32)) != (MODE_FLAT | MODE_CODE_32)) return;
  if (opPrefixes(op) & (PREFIX_LOCK | PREFIX_F2 | PREFIX_F3)) return;
  const code = <u32>load<u16>(op + OP_CODE16);
  const size = opSize(op);
  if (code == 0x11f || (code == 0x90 && !(load<u8>(op + OP_REX) & 1))) {
    set(op, H.NOP);
    return;
  }
  const memory = opIsMemory(op);
  if (memory) {
    if (opAddressBits(op) != (is64 ? 64 : 32)) return;
    if (opSegment(op) >= FS) {
      if (is64 && size >= 4) specialiseSegment(op, code, size);
      return;
    }
    if (!is64 && opSegment(op) == CS) return; // not for writing
  }
  if (size == 2) return;
  if (code < 0x40) specialiseAlu(op, code, memory, size);
  else if (code < 0x100 && specialiseStack(op, code, memory, size, is64 || (mode & MODE_STACK_32) != 0)) return;
  else if (code < 0xa0) specialiseMoves(op, code, memory, size, is64);
  else if (code < 0x100) specialiseUpper(op, code, memory, size, is64);
  else if (size == 1) specialiseSet(op, code, memory);
  else specialiseTwoByte(op, code, memory, size, is64);
}

/** Reads through FS and GS in 64-bit mode, INC and DEC there. */
function specialiseSegment(op: usize, code: u32, size: u32): void {
  const index = code < 0x40 && (code & 7) == 3 ? aluIndex(code >> 3) : -1;
  if (index >= 0) set(op, (size == 4 ? H.ADD_RS_32 : H.ADD_RS_64) + <u32>index);
  else if (code == 0x8b) set(op, size == 4 ? H.MOV_RS_32 : H.MOV_RS_64);
  else if (code == 0xff && size == 4 && opDigit(op) < 2) set(op, opDigit(op) == 0 ? H.INC_S_32 : H.DEC_S_32);
}

/** An operation with register or memory as destination and an immediate. */
function setImmediate(op: usize, kind: u32, memory: bool, size: u32): void {
  const index = aluIndex(kind);
  swapRegisters(op);
  if (index >= 0) set(op, H.ADD_RR_32 + ALU_SIZES * sizeIndex(size) + <u32>index * 5 + (memory ? 4 : 1));
  else if (!memory && size != 1) set(op, (kind == 2 ? H.ADC_RI_32 : H.SBB_RI_32) + carried(size));
  else swapRegisters(op);
}

/** Distance of the 64-bit form of ADC, SBB, INC, DEC. */
function carried(size: u32): u32 {
  return size == 8 ? H.ADC_RR_64 - H.ADC_RR_32 : 0;
}

function specialiseAlu(op: usize, code: u32, memory: bool, size: u32): void {
  const form = (code & 7) >> 1;
  if (form > 2) return;
  const index = aluIndex(code >> 3);
  if (form == 2) {
    store<u8>(op + OP_SRC, <u8>RAX);
    setImmediate(op, code >> 3, false, size);
    return;
  }
  if (index < 0) {
    if (memory || size == 1) return;
    if (form == 0) swapRegisters(op);
    set(op, (code >> 3 == 2 ? H.ADC_RR_32 : H.SBB_RR_32) + carried(size));
    return;
  }
  const first = H.ADD_RR_32 + ALU_SIZES * sizeIndex(size) + <u32>index * 5;
  if (form == 0) {
    if (memory) registerAsSource(op);
    else swapRegisters(op);
    set(op, memory ? first + 3 : first);
  } else set(op, memory ? first + 2 : first);
}

/** PUSH, POP, CALL, RET, indirect branches; true when the opcode is one of them, specialised or not. */
function specialiseStack(op: usize, code: u32, memory: bool, size: u32, wideStack: bool): bool {
  const isStack = (code >= 0x50 && code < 0x60) || code == 0x68 || code == 0x6a || code == 0xe8 || code == 0xc3;
  const digit = code == 0xff ? opDigit(op) : 0;
  if (!isStack && digit < 2) return false;
  if (!wideStack || size < 4) return true;
  const narrow = size == 4;
  if (code == 0xe8) set(op, narrow ? H.CALL_32 : H.CALL_64);
  else if (code == 0xc3) set(op, narrow ? H.RET_32 : H.RET_64);
  else if (code == 0x68 || code == 0x6a) set(op, narrow ? H.PUSH_I_32 : H.PUSH_I_64);
  else if (code < 0x60) {
    opcodeRegister(op, code, size);
    if (code < 0x58) set(op, narrow ? H.PUSH_R_32 : H.PUSH_R_64);
    else set(op, narrow ? H.POP_R_32 : H.POP_R_64);
  } else if (digit == 2) {
    set(op, memory ? (narrow ? H.CALL_M_32 : H.CALL_M_64) : narrow ? H.CALL_R_32 : H.CALL_R_64);
  } else if (digit == 4) set(op, memory ? (narrow ? H.JMP_M_32 : H.JMP_M_64) : narrow ? H.JMP_R_32 : H.JMP_R_64);
  return true;
}

/** 40–9F. */
function specialiseMoves(op: usize, code: u32, memory: bool, size: u32, is64: bool): void {
  if (code < 0x50) {
    opcodeRegister(op, code, size);
    set(op, code < 0x48 ? H.INC_R_32 : H.DEC_R_32);
    return;
  }
  if (code >= 0x70 && code < 0x80) {
    if (size == (is64 ? 8 : 4)) set(op, H.JCC_0 + (code & 15));
    return;
  }
  const at = sizeIndex(size);
  const plain = load<u8>(op + OP_INDEX) == <u8>ZERO && load<u8>(op + OP_BASE) != <u8>ZERO;
  switch (code) {
    case 0x63:
      if (is64 && size == 8) set(op, memory ? H.MOVSXD_RM : H.MOVSXD_RR);
      break;
    case 0x69: case 0x6b:
      if (!memory) set(op, size == 4 ? H.IMUL_RRI_32 : H.IMUL_RRI_64);
      break;
    case 0x80: case 0x81: case 0x83:
      setImmediate(op, opDigit(op), memory, size);
      break;
    case 0x84: case 0x85:
      if (memory) registerAsSource(op);
      set(op, (memory ? H.TEST_MR_32 : H.TEST_RR_32) + ALU_SIZES * at);
      break;
    case 0x88: case 0x89:
      if (memory) registerAsSource(op);
      else swapRegisters(op);
      set(op, (memory ? (plain ? H.MOV_BR_32 : H.MOV_MR_32) : H.MOV_RR_32) + MOV_SIZES * at);
      break;
    case 0x8a: case 0x8b:
      set(op, (memory ? (plain ? H.MOV_RB_32 : H.MOV_RM_32) : H.MOV_RR_32) + MOV_SIZES * at);
      break;
    case 0x8d:
      if (memory) set(op, size == 4 ? H.LEA_32 : H.LEA_64);
      break;
  }
}

/** A0–FF. */
function specialiseUpper(op: usize, code: u32, memory: bool, size: u32, is64: bool): void {
  const digit = opDigit(op);
  if (code >= 0xb0 && code < 0xc0) {
    opcodeRegister(op, code, size);
    set(op, H.MOV_RI_32 + MOV_SIZES * sizeIndex(size));
    return;
  }
  switch (code) {
    case 0xa8: case 0xa9:
      store<u8>(op + OP_DST, <u8>RAX);
      set(op, H.TEST_RI_32 + ALU_SIZES * sizeIndex(size));
      break;
    case 0xc1: case 0xd1: case 0xd3:
      if (!memory) specialiseShift(op, code, digit, size);
      break;
    case 0xc6: case 0xc7:
      if (digit != 0) return;
      swapRegisters(op);
      set(op, (memory ? H.MOV_MI_32 : H.MOV_RI_32) + MOV_SIZES * sizeIndex(size));
      break;
    case 0xe9: case 0xeb:
      if (size == (is64 ? 8 : 4)) set(op, H.JMP);
      break;
    case 0xf6: case 0xf7:
      if (digit > 1) {
        if (memory || size == 1 || digit > 5) return;
        swapRegisters(op);
        set(op, H.NOT_R_32 + (digit - 2) + (size == 8 ? H.NOT_R_64 - H.NOT_R_32 : 0));
        return;
      }
      swapRegisters(op);
      set(op, (memory ? H.TEST_MI_32 : H.TEST_RI_32) + ALU_SIZES * sizeIndex(size));
      break;
    case 0xff:
      swapRegisters(op);
      if (digit == 0) set(op, (memory ? H.INC_M_32 : H.INC_R_32) + carried(size));
      else set(op, (memory ? H.DEC_M_32 : H.DEC_R_32) + carried(size));
      break;
  }
}

function specialiseShift(op: usize, code: u32, digit: u32, size: u32): void {
  let handler: u32;
  switch (digit) {
    case 0: handler = H.ROL_RI_32; break;
    case 1: handler = H.ROR_RI_32; break;
    case 4: case 6: handler = H.SHL_RI_32; break;
    case 5: handler = H.SHR_RI_32; break;
    case 7: handler = H.SAR_RI_32; break;
    default: return;
  }
  swapRegisters(op);
  if (code == 0xd1) store<u64>(op + OP_IMMEDIATE, 1);
  set(op, handler + (code == 0xd3 ? 1 : 0) + (size == 8 ? H.ROL_RI_64 - H.ROL_RI_32 : 0));
}

/** SETcc. */
function specialiseSet(op: usize, code: u32, memory: bool): void {
  if (!memory && code >= 0x190 && code < 0x1a0) set(op, H.SET_0 + (code & 15));
}

function specialiseTwoByte(op: usize, code: u32, memory: bool, size: u32, is64: bool): void {
  if (code >= 0x180 && code < 0x190) {
    if (size == (is64 ? 8 : 4)) set(op, H.JCC_0 + (code & 15));
    return;
  }
  if (code >= 0x140 && code < 0x150) {
    if (!memory) set(op, (size == 4 ? H.CMOV_32_0 : H.CMOV_64_0) + (code & 15));
    return;
  }
  // AH to BH are elsewhere.
  const byteRegister = (opModrm(op) & 7) < 4 || load<u8>(op + OP_REX) != 0;
  switch (code) {
    case 0x1af:
      if (!memory) set(op, size == 4 ? H.IMUL_RR_32 : H.IMUL_RR_64);
      break;
    case 0x1b6:
      if (memory || byteRegister) set(op, memory ? H.MOVZX_RM8 : H.MOVZX_RR8);
      break;
    case 0x1b7:
      set(op, memory ? H.MOVZX_RM16 : H.MOVZX_RR16);
      break;
    case 0x1be:
      if (memory) set(op, size == 4 ? H.MOVSX_RM8_32 : H.MOVSX_RM8_64);
      else if (byteRegister) set(op, size == 4 ? H.MOVSX_RR8_32 : H.MOVSX_RR8_64);
      break;
    case 0x1bf:
      if (memory) set(op, size == 4 ? H.MOVSX_RM16_32 : H.MOVSX_RM16_64);
      else set(op, size == 4 ? H.MOVSX_RR16_32 : H.MOVSX_RR16_64);
      break;
  }
}

/** Makes a comparison and the conditional branch behind it one micro-op; the branch stays for whoever jumps to it. */
export function fuse(comparison: usize, branch: usize): void {
  const condition = <u32>load<u16>(branch + OP_HANDLER) - H.JCC_0;
  if (condition > 15) return;
  const handler = H.fusedHandler(load<u16>(comparison + OP_HANDLER), condition);
  if (handler != 0) store<u16>(comparison + OP_HANDLER, <u16>handler);
}
