/** Gives frequent instructions handlers of their own: 32- and 64-bit operands, flat memory, no LOCK or repeat prefix. */

import {
  OP_CODE16, OP_DST, OP_HANDLER, OP_LINK, OP_LINK_NEXT, OP_SRC, opAddressBits, opDigit,
  opIsMemory, opModrm, opPrefixes, opSegment, opSize, OP_REX, PREFIX_F2, PREFIX_F3, PREFIX_LOCK,
} from '../micro-op';
import { MODE_64, MODE_CODE_32, MODE_FLAT, MODE_SINGLE } from '../mode-bits';
import { CS, FS } from '../state';
import { HANDLER_INTEGER } from './handlers';
import * as H from './hot-handlers';

function set(op: usize, handler: u32): void {
  store<u16>(op + OP_HANDLER, <u16>handler);
  // Branches keep their links where generic micro-ops have the opcode.
  if (handler >= H.JMP) {
    store<u32>(op + OP_LINK, 0);
    store<u32>(op + OP_LINK_NEXT, 0);
  }
}

function swapRegisters(op: usize): void {
  const dst = load<u8>(op + OP_DST);
  store<u8>(op + OP_DST, load<u8>(op + OP_SRC));
  store<u8>(op + OP_SRC, dst);
}

/** Memory operands of hot handlers read SRC as the register. */
function registerAsSource(op: usize): void {
  store<u8>(op + OP_SRC, load<u8>(op + OP_DST));
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
  const memory = opIsMemory(op);
  if (memory && (opSegment(op) >= FS || opAddressBits(op) != (is64 ? 64 : 32))) return;
  if (memory && !is64 && opSegment(op) == CS) return; // not for writing
  const code = <u32>load<u16>(op + OP_CODE16);
  const size = opSize(op);
  if (code == 0x88 && memory) {
    registerAsSource(op);
    set(op, H.MOV_MR_8);
    return;
  }
  if (size < 4) return;
  const wide: u32 = size == 8 ? H.ADD_RR_64 - H.ADD_RR_32 : 0;
  if (code < 0x40) specialiseAlu(op, code, memory, wide);
  else specialiseRest(op, code, memory, wide, is64);
}

function specialiseAlu(op: usize, code: u32, memory: bool, wide: u32): void {
  const index = aluIndex(code >> 3);
  if (index < 0) return;
  const first = H.ADD_RR_32 + wide + <u32>index * 5;
  switch (code & 7) {
    case 1:
      if (memory) registerAsSource(op);
      else swapRegisters(op);
      set(op, memory ? first + 3 : first);
      break;
    case 3:
      set(op, memory ? first + 2 : first);
      break;
    case 5:
      store<u8>(op + OP_DST, 0);
      set(op, first + 1);
      break;
  }
}

function specialiseRest(op: usize, code: u32, memory: bool, wide: u32, is64: bool): void {
  if ((code >= 0x70 && code < 0x80) || (code >= 0x180 && code < 0x190)) {
    if (opSize(op) == (is64 ? 8 : 4)) set(op, H.JCC_0 + (code & 15));
    return;
  }
  if (code >= 0x50 && code < 0x60) {
    if (!is64) return;
    store<u8>(op + OP_DST, <u8>(((code & 7) | ((load<u8>(op + OP_REX) & 1) << 3)) << 3));
    set(op, code < 0x58 ? H.PUSH_64 : H.POP_64);
    return;
  }
  if (code >= 0xb8 && code < 0xc0) {
    store<u8>(op + OP_DST, <u8>(((code & 7) | ((load<u8>(op + OP_REX) & 1) << 3)) << 3));
    set(op, H.MOV_RI_32 + wide);
    return;
  }
  switch (code) {
    case 0x81:
    case 0x83: {
      const index = aluIndex(opDigit(op));
      if (index < 0) return;
      swapRegisters(op);
      set(op, H.ADD_RR_32 + wide + <u32>index * 5 + (memory ? 4 : 1));
      break;
    }
    case 0x85:
      if (!memory) set(op, H.TEST_RR_32 + wide);
      break;
    case 0x89:
      if (memory) registerAsSource(op);
      else swapRegisters(op);
      set(op, (memory ? H.MOV_MR_32 : H.MOV_RR_32) + wide);
      break;
    case 0x8b:
      set(op, (memory ? H.MOV_RM_32 : H.MOV_RR_32) + wide);
      break;
    case 0x8d:
      if (memory) set(op, H.LEA_32 + wide);
      break;
    case 0x63:
      if (is64 && opSize(op) == 8) set(op, memory ? H.MOVSXD_RM : H.MOVSXD_RR);
      break;
    case 0xc7:
      if (opDigit(op) != 0) return;
      swapRegisters(op);
      set(op, (memory ? H.MOV_MI_32 : H.MOV_RI_32) + wide);
      break;
    case 0xc1: {
      const digit = opDigit(op);
      if (memory || digit < 4) return;
      swapRegisters(op);
      set(op, (digit == 5 ? H.SHR_RI_32 : digit == 7 ? H.SAR_RI_32 : H.SHL_RI_32) + wide);
      break;
    }
    case 0x1af:
      if (!memory) set(op, H.IMUL_RR_32 + wide);
      break;
    case 0x1b6:
      if (memory) set(op, H.MOVZX_RM8_32 + wide);
      else if ((opModrm(op) & 7) < 4 || load<u8>(op + OP_REX)) set(op, H.MOVZX_RR8_32 + wide);
      break;
    case 0x1b7:
      if (memory) set(op, H.MOVZX_RM16_32 + wide);
      break;
    case 0x11f:
      set(op, H.NOP);
      break;
    case 0xe9:
    case 0xeb:
      set(op, H.JMP);
      break;
    case 0xe8:
      if (is64) set(op, H.CALL_64);
      break;
    case 0xc3:
      if (is64) set(op, H.RET_64);
      break;
  }
}
