/** Moves of SSE, SSE2, SSE3. Intel SDM volume 2, "Instruction Set Reference", MOVAPS and its kin. */

import { raiseUD } from '../exception';
import { probeWrite, write } from '../memory/access';
import { segmentLinear } from '../memory/segment';
import { opAddressBits, opIsMemory, opReg, opSegment, opSize } from '../micro-op';
import { RDI } from '../state';
import { enterMmx, requireMmx } from '../x87/mmx';
import { alignedAddress, operandAddress } from './address';
import { mmxSource, storeMmx } from './mmx-registers';
import {
  MASKMOVDQU, MOVA_LOAD, MOVA_STORE, MOVD_LOAD, MOVD_STORE, MOVDDUP, MOVDQ2Q, MOVHPS_LOAD, MOVHPS_STORE, MOVLPS_LOAD,
  MOVLPS_STORE, MOVMSKPD, MOVMSKPS, MOVQ2DQ, MOVQ_LOAD, MOVQ_STORE, MOVSD_LOAD, MOVSD_STORE, MOVSHDUP, MOVSLDUP, MOVSS_LOAD,
  MOVSS_STORE, MOVU_LOAD, MOVU_STORE, PMOVMSKB,
} from './opcodes';
import {
  source128, source32, source64, sourceGeneral, sourceRegister, storeGeneral, target, unaligned128, write128,
} from './operands';

export function executeMove(vp: usize, op: usize, handler: u32): void {
  const to = target(vp, op);
  switch (handler) {
    case MOVU_LOAD: v128.store(to, unaligned128(vp, op)); break;
    case MOVA_LOAD: v128.store(to, source128(vp, op)); break;
    case MOVU_STORE:
      if (opIsMemory(op)) write128(vp, operandAddress(vp, op, 16, true), v128.load(to));
      else v128.store(sourceRegister(vp, op), v128.load(to));
      break;
    case MOVA_STORE:
      if (opIsMemory(op)) write128(vp, alignedAddress(vp, op, true), v128.load(to));
      else v128.store(sourceRegister(vp, op), v128.load(to));
      break;
    case MOVSS_LOAD: {
      const value = source32(vp, op);
      if (opIsMemory(op)) storeQwords(to, value, 0);
      else store<u32>(to, value);
      break;
    }
    case MOVSD_LOAD: {
      const value = source64(vp, op);
      if (opIsMemory(op)) storeQwords(to, value, 0);
      else store<u64>(to, value);
      break;
    }
    case MOVSS_STORE:
      if (opIsMemory(op)) write<u32>(vp, operandAddress(vp, op, 4, true), load<u32>(to));
      else store<u32>(sourceRegister(vp, op), load<u32>(to));
      break;
    case MOVSD_STORE:
      if (opIsMemory(op)) write<u64>(vp, operandAddress(vp, op, 8, true), load<u64>(to));
      else store<u64>(sourceRegister(vp, op), load<u64>(to));
      break;
    // MOVHLPS where the operand is a register, and MOVLHPS.
    case MOVLPS_LOAD: store<u64>(to, opIsMemory(op) ? source64(vp, op) : load<u64>(sourceRegister(vp, op) + 8)); break;
    case MOVHPS_LOAD: store<u64>(to + 8, source64(vp, op)); break;
    case MOVLPS_STORE: write<u64>(vp, operandAddress(vp, op, 8, true), load<u64>(to)); break;
    case MOVHPS_STORE: write<u64>(vp, operandAddress(vp, op, 8, true), load<u64>(to + 8)); break;
    case MOVD_LOAD: storeQwords(to, sourceGeneral(vp, op, wide(op)), 0); break;
    case MOVD_STORE: storeGeneral(vp, op, wide(op), load<u64>(to)); break;
    case MOVQ_LOAD: storeQwords(to, source64(vp, op), 0); break;
    case MOVQ_STORE:
      if (opIsMemory(op)) write<u64>(vp, operandAddress(vp, op, 8, true), load<u64>(to));
      else storeQwords(sourceRegister(vp, op), load<u64>(to), 0);
      break;
    default: executeRareMove(vp, op, handler, to);
  }
}

function executeRareMove(vp: usize, op: usize, handler: u32, to: usize): void {
  switch (handler) {
    case MOVSLDUP: {
      const from = source128(vp, op);
      v128.store(to, v128.shuffle<i32>(from, from, 0, 0, 2, 2));
      break;
    }
    case MOVSHDUP: {
      const from = source128(vp, op);
      v128.store(to, v128.shuffle<i32>(from, from, 1, 1, 3, 3));
      break;
    }
    case MOVDDUP: {
      const value = source64(vp, op);
      storeQwords(to, value, value);
      break;
    }
    case MOVMSKPS: storeRegister(vp, op, i32x4.bitmask(v128.load(sourceRegister(vp, op)))); break;
    case MOVMSKPD: storeRegister(vp, op, i64x2.bitmask(v128.load(sourceRegister(vp, op)))); break;
    case PMOVMSKB: storeRegister(vp, op, i8x16.bitmask(v128.load(sourceRegister(vp, op)))); break;
    case MASKMOVDQU: maskedMove(vp, op, to); break;
    case MOVQ2DQ:
      requireMmx(vp);
      enterMmx(vp);
      storeQwords(to, load<u64>(mmxSource(vp, op)), 0);
      break;
    case MOVDQ2Q:
      requireMmx(vp);
      storeMmx(vp, op, load<u64>(sourceRegister(vp, op)));
      break;
    default: raiseUD(vp);
  }
}

/** MOVD or MOVQ, by REX.W. */
// @ts-ignore: decorator
@inline
function wide(op: usize): u32 {
  return opSize(op) == 8 ? 8 : 4;
}

// @ts-ignore: decorator
@inline
function storeQwords(at: usize, low: u64, high: u64): void {
  store<u64>(at, low);
  store<u64>(at + 8, high);
}

/** Writes the general register of ModRM.reg. */
// @ts-ignore: decorator
@inline
function storeRegister(vp: usize, op: usize, value: i32): void {
  store<u64>(vp + (<usize>opReg(op) << 3), <u64>(<u32>value));
}

/** Stores the bytes of ModRM.reg whose mask byte in ModRM.rm has its top bit set, at rDI. */
function maskedMove(vp: usize, op: usize, from: usize): void {
  const mask = <u32>i8x16.bitmask(v128.load(sourceRegister(vp, op)));
  if (mask == 0) return;
  const offset = load<u64>(vp + RDI) & (<u64>-1 >> (64 - opAddressBits(op)));
  const linear = segmentLinear(vp, opSegment(op), offset, 16, true);
  // The first and the last byte may lie in different pages: nothing is stored before a fault.
  probeWrite(vp, linear + ctz(mask), 1);
  probeWrite(vp, linear + (31 - clz(mask)), 1);
  for (let i: u32 = 0; i < 16; i++) if ((mask >> i) & 1) write<u8>(vp, linear + i, load<u8>(from + i));
}
