/** Conversions between single and double precision and integers; loads and stores of MXCSR. Intel SDM volume 2, "CVT…". */

import { opIsMemory, opReg, opSize } from '../micro-op';
import { read } from '../memory/access';
import { MXCSR, SCRATCH } from '../state';
import { enterMmx, requireMmx } from '../x87/mmx';
import { operandAddress } from './address';
import { loadMxcsr, storeMxcsr } from './control';
import { fastFromInteger, fastFromIntegers, fastInteger, fastNarrow, fastToInteger, fastWiden } from './conversion-fast';
import { commitFlags, element, storeElement } from './float';
import { mmxSource, storeMmx } from './mmx-registers';
import {
  CVTDQ2PD, CVTDQ2PS, CVTPD2DQ, CVTPD2PI, CVTPD2PS, CVTPI2PD, CVTPI2PS, CVTPS2DQ, CVTPS2PD, CVTPS2PI, CVTSD2SI, CVTSD2SS,
  CVTSI2SD, CVTSI2SS, CVTSS2SD, CVTSS2SI, CVTTPD2DQ, CVTTPD2PI, CVTTPS2DQ, CVTTPS2PI, CVTTSD2SI, CVTTSS2SI, LDMXCSR,
  STMXCSR,
} from './opcodes';
import { source128, source32, source64, sourceGeneral, target } from './operands';
import { beginFloat, ROUND_ZERO } from './softfloat';
import { fromInteger, narrow, roundingMode, toInteger, widen } from './softfloat-convert';

// Within SCRATCH: the source's elements and the result's.
const SOURCE: usize = SCRATCH;
const RESULT: usize = SCRATCH + 16;

export function executeConversion(vp: usize, op: usize, handler: u32): void {
  beginFloat(load<u32>(vp + MXCSR));
  const to = target(vp, op);
  switch (handler) {
    case LDMXCSR: loadMxcsr(vp, op); break;
    case STMXCSR: storeMxcsr(vp, op); break;
    case CVTSI2SS: case CVTSI2SD: {
      const d = handler == CVTSI2SD;
      const wide = opSize(op) == 8;
      const bits = sourceGeneral(vp, op, wide ? 8 : 4);
      const value = wide ? <i64>bits : <i64>(<i32>bits);
      if (fastFromInteger(vp, to, value, d)) break;
      const result = fromInteger(value, d);
      commitFlags(vp);
      storeElement(to, 0, d, result);
      break;
    }
    case CVTSS2SI: toGeneral(vp, op, source32(vp, op), false, roundingMode()); break;
    case CVTTSS2SI: toGeneral(vp, op, source32(vp, op), false, ROUND_ZERO); break;
    case CVTSD2SI: toGeneral(vp, op, source64(vp, op), true, roundingMode()); break;
    case CVTTSD2SI: toGeneral(vp, op, source64(vp, op), true, ROUND_ZERO); break;
    case CVTSS2SD: {
      const value = source32(vp, op);
      if (fastWiden(to, value)) break;
      const result = widen(value);
      commitFlags(vp);
      store<u64>(to, result);
      break;
    }
    case CVTSD2SS: {
      const value = source64(vp, op);
      if (fastNarrow(vp, to, value)) break;
      const result = narrow(value);
      commitFlags(vp);
      store<u32>(to, <u32>result);
      break;
    }
    case CVTPI2PS: case CVTPI2PD: fromMmx(vp, op, handler == CVTPI2PD, to); break;
    case CVTPS2PI: case CVTTPS2PI: toMmx(vp, op, false, handler == CVTTPS2PI ? ROUND_ZERO : roundingMode()); break;
    case CVTPD2PI: case CVTTPD2PI: toMmx(vp, op, true, handler == CVTTPD2PI ? ROUND_ZERO : roundingMode()); break;
    default: packed(vp, op, handler, to);
  }
}

/** The conversions of whole registers. */
function packed(vp: usize, op: usize, handler: u32, to: usize): void {
  const source = vp + SOURCE;
  const result = vp + RESULT;
  if (handler == CVTDQ2PD) {
    // Every integer of 32 bits is a number of double precision.
    v128.store(to, f64x2.convert_low_i32x4_s(i64x2.splat(<i64>source64(vp, op))));
    return;
  }
  if (handler == CVTPS2PD) store<u64>(source, source64(vp, op));
  else v128.store(source, source128(vp, op));
  if (handler == CVTDQ2PS && fastFromIntegers(vp, to, v128.load(source))) return;
  v128.store(result, i64x2.splat(0));
  switch (handler) {
    case CVTPS2PD: for (let i: u32 = 0; i < 2; i++) storeElement(result, i, true, widen(element(source, i, false))); break;
    case CVTPD2PS: for (let i: u32 = 0; i < 2; i++) storeElement(result, i, false, narrow(element(source, i, true))); break;
    case CVTDQ2PS: fromIntegers(source, result, 4, false); break;
    case CVTPS2DQ: toIntegers(source, result, 4, false, roundingMode()); break;
    case CVTTPS2DQ: toIntegers(source, result, 4, false, ROUND_ZERO); break;
    case CVTPD2DQ: toIntegers(source, result, 2, true, roundingMode()); break;
    case CVTTPD2DQ: toIntegers(source, result, 2, true, ROUND_ZERO); break;
  }
  commitFlags(vp);
  v128.store(to, v128.load(result));
}

/** Numbers to integers of 32 bits. */
function toIntegers(source: usize, result: usize, count: u32, d: bool, mode: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    storeElement(result, i, false, <u64>toInteger(element(source, i, d), d, mode, false));
  }
}

/** Integers of 32 bits to numbers. */
function fromIntegers(source: usize, result: usize, count: u32, d: bool): void {
  for (let i: u32 = 0; i < count; i++) {
    storeElement(result, i, d, fromInteger(load<i32>(source + (<usize>i << 2)), d));
  }
}

function toGeneral(vp: usize, op: usize, value: u64, d: bool, mode: u32): void {
  const wide = opSize(op) == 8;
  let result: u64;
  if (fastToInteger(vp, value, d, mode, wide)) result = <u64>fastInteger;
  else {
    result = <u64>toInteger(value, d, mode, wide);
    commitFlags(vp);
  }
  store<u64>(vp + (<usize>opReg(op) << 3), wide ? result : result & 0xffffffff);
}

/** CVTPI2PS, CVTPI2PD. The latter leaves the x87 registers alone when its source is memory. */
function fromMmx(vp: usize, op: usize, d: bool, to: usize): void {
  const memory = opIsMemory(op);
  const usesMmx = !memory || !d;
  if (usesMmx) requireMmx(vp);
  const source = vp + SOURCE;
  store<u64>(source, memory ? read<u64>(vp, operandAddress(vp, op, 8, false)) : load<u64>(mmxSource(vp, op)));
  if (usesMmx) enterMmx(vp);
  const result = vp + RESULT;
  fromIntegers(source, result, 2, d);
  commitFlags(vp);
  if (d) v128.store(to, v128.load(result));
  else store<u64>(to, load<u64>(result));
}

function toMmx(vp: usize, op: usize, d: bool, mode: u32): void {
  requireMmx(vp);
  const source = vp + SOURCE;
  if (d) v128.store(source, source128(vp, op));
  else store<u64>(source, source64(vp, op));
  const result = vp + RESULT;
  toIntegers(source, result, 2, d, mode);
  commitFlags(vp);
  storeMmx(vp, op, load<u64>(result));
}
