/** Immediate shifts, shuffles, blends, inserts, extracts, extensions, PTEST. Intel SDM volume 2, "Instruction Set Reference". */

import { setArithmeticFlags } from '../flags';
import { OP_IMMEDIATE, OP_OPCODE, opDigit, opIsMemory, opReg, opSize } from '../micro-op';
import { FLAG_CF, FLAG_ZF, SCRATCH, XMM } from '../state';
import {
  BLENDPD, BLENDPS, BLENDVPD, BLENDVPS, INSERTPS, MPSADBW, PALIGNR, PBLENDVB, PBLENDW, PCMPESTRI, PCMPESTRM, PCMPISTRI,
  PCMPISTRM, PEXTRB, PEXTRD, PEXTRW, PEXTRW_REG, PINSRB, PINSRD, PINSRW, PMOVXBD, PMOVXBQ, PMOVXBW, PMOVXDQ,
  PMOVXWQ, PSHUFD, PSHUFHW, PSHUFLW, PTEST, SHIFT_D, SHIFT_Q, SHIFT_W, SHUFPD, SHUFPS,
} from './opcodes';
import { source128, source32, source64, sourceGeneral, sourceRegister, storeGeneral, target } from './operands';
import { shiftDwords, shiftQwords, shiftWords } from './packed-helpers';
import { compareStrings } from './string-compare';

export function executeShuffle(vp: usize, op: usize, handler: u32): void {
  const imm = <u32>load<u8>(op + OP_IMMEDIATE);
  const to = target(vp, op);
  switch (handler) {
    case PSHUFD: {
      const from = source128(vp, op);
      v128.store(to, v128.swizzle(from, dwordPlaces(imm)));
      break;
    }
    case PSHUFLW: {
      const from = source128(vp, op);
      v128.store(to, i64x2.replace_lane(from, 0, <i64>shuffleWords(<u64>i64x2.extract_lane(from, 0), imm)));
      break;
    }
    case PSHUFHW: {
      const from = source128(vp, op);
      v128.store(to, i64x2.replace_lane(from, 1, <i64>shuffleWords(<u64>i64x2.extract_lane(from, 1), imm)));
      break;
    }
    case SHUFPS: {
      const places = dwordPlaces(imm);
      const from = v128.swizzle(source128(vp, op), places);
      v128.store(to, v128.shuffle<i32>(v128.swizzle(v128.load(to), places), from, 0, 1, 6, 7));
      break;
    }
    case SHUFPD: {
      const from = source128(vp, op);
      const high = imm & 2 ? i64x2.extract_lane(from, 1) : i64x2.extract_lane(from, 0);
      store<u64>(to, load<u64>(to + ((<usize>imm & 1) << 3)));
      store<i64>(to + 8, high);
      break;
    }
    case PALIGNR: alignRight(vp, to, source128(vp, op), imm); break;
    case SHIFT_W: shiftInPlace(vp, op, imm, 1); break;
    case SHIFT_D: shiftInPlace(vp, op, imm, 2); break;
    case SHIFT_Q: shiftInPlace(vp, op, imm, 3); break;
    case PTEST: {
      const from = source128(vp, op);
      const a = v128.load(to);
      const zero = v128.any_true(v128.and(a, from)) ? 0 : FLAG_ZF;
      setArithmeticFlags(vp, zero | (v128.any_true(v128.andnot(from, a)) ? 0 : FLAG_CF));
      break;
    }
    case PCMPESTRM: case PCMPESTRI: compareStrings(vp, op, true, handler == PCMPESTRM); break;
    case PCMPISTRM: case PCMPISTRI: compareStrings(vp, op, false, handler == PCMPISTRM); break;
    default:
      if (handler <= BLENDVPD) executeBlend(vp, op, handler, imm);
      else if (handler <= PEXTRD) executeElement(vp, op, handler, imm);
      else executeExtension(vp, op, handler);
  }
}

/** Byte places for `swizzle`, from two bits per dword. */
// @ts-ignore: decorator
@inline
function dwordPlaces(imm: u32): v128 {
  let places = i32x4.splat(<i32>(imm & 3));
  places = i32x4.replace_lane(places, 1, <i32>((imm >> 2) & 3));
  places = i32x4.replace_lane(places, 2, <i32>((imm >> 4) & 3));
  places = i32x4.replace_lane(places, 3, <i32>(imm >> 6));
  return i32x4.add(i32x4.mul(places, i32x4.splat(0x04040404)), i32x4.splat(0x03020100));
}

function shuffleWords(from: u64, imm: u32): u64 {
  const first = (from >> ((imm & 3) << 4)) & 0xffff;
  const second = (from >> (((imm >> 2) & 3) << 4)) & 0xffff;
  const third = (from >> (((imm >> 4) & 3) << 4)) & 0xffff;
  return first | (second << 16) | (third << 32) | ((from >> ((imm >> 6) << 4)) << 48);
}

/** 32 bytes of `to` above `from`, shifted right by bytes. */
function alignRight(vp: usize, to: usize, from: v128, bytes: u32): void {
  const scratch = vp + SCRATCH;
  v128.store(scratch, from);
  v128.store(scratch, v128.load(to), 16);
  v128.store(scratch, i64x2.splat(0), 32);
  v128.store(to, bytes < 32 ? v128.load(scratch + bytes) : i64x2.splat(0));
}

/** 66 0F 71–73 on the register of ModRM.rm. */
function shiftInPlace(vp: usize, op: usize, count: u32, width: u32): void {
  const at = sourceRegister(vp, op);
  const kind = opDigit(op);
  const a = v128.load(at);
  if (kind & 1) shiftBytes(vp, at, kind == 7, count > 16 ? 16 : count);
  else if (width == 1) v128.store(at, shiftWords(a, kind, count));
  else if (width == 2) v128.store(at, shiftDwords(a, kind, count));
  else v128.store(at, shiftQwords(a, kind, count));
}

/** PSLLDQ and PSRLDQ. */
function shiftBytes(vp: usize, at: usize, left: bool, bytes: u32): void {
  const scratch = vp + SCRATCH;
  v128.store(scratch, i64x2.splat(0));
  v128.store(scratch, v128.load(at), 16);
  v128.store(scratch, i64x2.splat(0), 32);
  v128.store(at, v128.load(scratch + (left ? 16 - bytes : 16 + bytes)));
}

function executeBlend(vp: usize, op: usize, handler: u32, imm: u32): void {
  const to = target(vp, op);
  const from = source128(vp, op);
  const a = v128.load(to);
  let mask = v128.load(vp, XMM);
  switch (handler) {
    case BLENDPS: mask = i32x4.ne(v128.and(i32x4.splat(<i32>imm), i32x4(1, 2, 4, 8)), i32x4.splat(0)); break;
    case BLENDPD: mask = i64x2.ne(v128.and(i64x2.splat(imm), i64x2(1, 2)), i64x2.splat(0)); break;
    case PBLENDW: mask = i16x8.ne(v128.and(i16x8.splat(<i16>imm), i16x8(1, 2, 4, 8, 16, 32, 64, 128)), i16x8.splat(0)); break;
    case PBLENDVB: mask = i8x16.shr_s(mask, 7); break;
    case BLENDVPS: mask = i32x4.shr_s(mask, 31); break;
    default: mask = i64x2.shr_s(mask, 63);
  }
  v128.store(to, v128.bitselect(from, a, mask));
}

function executeElement(vp: usize, op: usize, handler: u32, imm: u32): void {
  const to = target(vp, op);
  switch (handler) {
    case INSERTPS: insertSingle(vp, op, to, imm); break;
    case MPSADBW: multipleDifferences(vp, to, source128(vp, op), imm); break;
    case PINSRB: store<u8>(to + (imm & 15), <u8>sourceGeneral(vp, op, 1)); break;
    case PINSRW: store<u16>(to + ((imm & 7) << 1), <u16>sourceGeneral(vp, op, 2)); break;
    case PINSRD:
      if (opSize(op) == 8) store<u64>(to + ((imm & 1) << 3), sourceGeneral(vp, op, 8));
      else store<u32>(to + ((imm & 3) << 2), <u32>sourceGeneral(vp, op, 4));
      break;
    case PEXTRB: storeGeneral(vp, op, 1, load<u8>(to + (imm & 15))); break;
    case PEXTRW: storeGeneral(vp, op, 2, load<u16>(to + ((imm & 7) << 1))); break;
    case PEXTRW_REG: store<u64>(vp + (<usize>opReg(op) << 3), load<u16>(sourceRegister(vp, op) + ((imm & 7) << 1))); break;
    default: // PEXTRD, PEXTRQ, EXTRACTPS
      if (opSize(op) == 8 && load<u8>(op + OP_OPCODE) == 0x16) storeGeneral(vp, op, 8, load<u64>(to + ((imm & 1) << 3)));
      else storeGeneral(vp, op, 4, load<u32>(to + ((imm & 3) << 2)));
  }
}

/** INSERTPS: which dword of a register 7:6, where to 5:4, which to clear 3:0. */
function insertSingle(vp: usize, op: usize, to: usize, imm: u32): void {
  const value = opIsMemory(op) ? source32(vp, op) : load<u32>(sourceRegister(vp, op) + (imm >> 6 << 2));
  store<u32>(to + (((imm >> 4) & 3) << 2), value);
  for (let i: usize = 0; i < 4; i++) if ((imm >> <u32>i) & 1) store<u32>(to + (i << 2), 0);
}

/** MPSADBW: eight sums of four absolute differences between a block of `from` and a window that moves over `to`. */
function multipleDifferences(vp: usize, to: usize, from: v128, imm: u32): void {
  const block = vp + SCRATCH;
  const window = block + 16;
  v128.store(block, from);
  v128.store(window, v128.load(to));
  for (let i: usize = 0; i < 8; i++) {
    let sum: i32 = 0;
    for (let j: usize = 0; j < 4; j++) {
      const a: i32 = load<u8>(window + (imm & 4) + i + j);
      sum += abs<i32>(a - <i32>load<u8>(block + ((imm & 3) << 2) + j));
    }
    store<u16>(to + (i << 1), <u16>sum);
  }
}

/** PMOVSX (opcodes 2xh) and PMOVZX (3xh). */
function executeExtension(vp: usize, op: usize, handler: u32): void {
  const signed = load<u8>(op + OP_OPCODE) < 0x30;
  let narrow: u64;
  if (handler == PMOVXBQ) narrow = source16(vp, op);
  else narrow = handler == PMOVXBD || handler == PMOVXWQ ? source32(vp, op) : source64(vp, op);
  let value = i64x2.splat(<i64>narrow);
  if (handler == PMOVXBW || handler == PMOVXBD || handler == PMOVXBQ) {
    value = signed ? i16x8.extend_low_i8x16_s(value) : i16x8.extend_low_i8x16_u(value);
  }
  if (handler != PMOVXBW && handler != PMOVXDQ) {
    value = signed ? i32x4.extend_low_i16x8_s(value) : i32x4.extend_low_i16x8_u(value);
  }
  if (handler == PMOVXBQ || handler == PMOVXWQ || handler == PMOVXDQ) {
    value = signed ? i64x2.extend_low_i32x4_s(value) : i64x2.extend_low_i32x4_u(value);
  }
  v128.store(target(vp, op), value);
}

/** The low 2 bytes of an XMM register or of memory. */
function source16(vp: usize, op: usize): u32 {
  return opIsMemory(op) ? <u32>sourceGeneral(vp, op, 2) : load<u16>(sourceRegister(vp, op));
}
