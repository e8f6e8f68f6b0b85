/** Loads, stores, exchanges, conditional moves, constants, sign changes. Intel SDM volume 1, "Data Transfer Instructions"; "Load Constant Instructions". */

import { condition } from '../flags';
import { probeWrite, readSized, writeSized } from '../memory/access';
import { linearAddress } from '../memory/segment';
import { SCRATCH } from '../state';
import {
  DECIMAL_INDEFINITE_HIGH, DECIMAL_INDEFINITE_LOW, DOUBLE_INDEFINITE, fromDecimal, integerIndefinite, narrow,
  SINGLE_INDEFINITE, toDecimal, toInteger, widen, widenInteger,
} from './convert';
import {
  INDEFINITE, INDEFINITE_SE, R, ROUND_CHOP, ROUND_NEAREST, ROUND_UP, roundingMode, setResult, special1,
} from './number';
import { probeBlock, readBlock, writeBlock } from './memory';
import {
  begin, C1, DE, Fpu, free, IE, isEmpty, isUnmasked, OE, pop, push, setCondition, settle, setTop, significandOf,
  signExponentOf, stackOverflow, stackUnderflow, top, UE, writeSt, ZE,
} from './registers';
import { Wide } from './wide';

/** Unmasked, these keep a store from happening. */
const NO_STORE: u32 = IE | DE | ZE | OE | UE;

/** Pushes the result, or what a stack overflow leaves of it. */
function pushResult(vp: usize): void {
  if (!isEmpty(vp, 7)) {
    Fpu.raised = 0;
    stackOverflow();
    setResult(INDEFINITE_SE, INDEFINITE);
  }
  // A denormal operand in memory is loaded even where its exception is not masked.
  if (settle(vp) || !isUnmasked(IE)) push(vp, R.se, R.sig);
}

/** FLD m32 and m64. */
export function loadReal(vp: usize, op: usize, bytes: u32): void {
  const value = readSized(vp, linearAddress(vp, op, bytes, false), bytes);
  begin(vp);
  widen(value, bytes * 8);
  if (R.memoryDenormal) Fpu.raised |= DE;
  else special1(R.se, R.sig);
  pushResult(vp);
}

/** FLD m80: no exception but a stack fault. */
export function loadExtended(vp: usize, op: usize): void {
  readBlock(vp, linearAddress(vp, op, 10, false), vp + SCRATCH, 10);
  begin(vp);
  setResult(load<u16>(vp + SCRATCH + 8), load<u64>(vp + SCRATCH));
  pushResult(vp);
}

/** FILD. */
export function loadInteger(vp: usize, op: usize, bytes: u32): void {
  const value = readSized(vp, linearAddress(vp, op, bytes, false), bytes);
  begin(vp);
  widenInteger(bytes == 2 ? <i64>(<i16>value) : bytes == 4 ? <i64>(<i32>value) : <i64>value);
  pushResult(vp);
}

/** FBLD. */
export function loadDecimal(vp: usize, op: usize): void {
  readBlock(vp, linearAddress(vp, op, 10, false), vp + SCRATCH, 10);
  begin(vp);
  fromDecimal(load<u64>(vp + SCRATCH), load<u16>(vp + SCRATCH + 8));
  pushResult(vp);
}

/** FLD ST(i). */
export function loadRegister(vp: usize, i: u32): void {
  begin(vp);
  setResult(signExponentOf(vp, i), significandOf(vp, i));
  if (isEmpty(vp, i)) {
    stackUnderflow();
    setResult(INDEFINITE_SE, INDEFINITE);
    if (settle(vp)) push(vp, R.se, R.sig);
  } else pushResult(vp);
}

/** Ends a store of up to 8 bytes. Memory comes first: its faults leave everything as it was. */
function storeValue(vp: usize, op: usize, value: u64, bytes: u32, popping: bool): void {
  const stores = !isUnmasked(NO_STORE);
  const linear = linearAddress(vp, op, bytes, true);
  if (stores) writeSized(vp, linear, bytes, value);
  else probeWrite(vp, linear, bytes);
  settle(vp);
  if (stores && popping) pop(vp);
}

/** FST and FSTP to m32 and m64. */
export function storeReal(vp: usize, op: usize, bytes: u32, popping: bool): void {
  begin(vp);
  let value: u64;
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    value = bytes == 8 ? DOUBLE_INDEFINITE : SINGLE_INDEFINITE;
  } else value = narrow(signExponentOf(vp, 0), significandOf(vp, 0), bytes * 8);
  storeValue(vp, op, value, bytes, popping);
}

/** FIST, FISTP, and FISTTP by `mode`. */
function storeRounded(vp: usize, op: usize, bytes: u32, mode: u32, popping: bool): void {
  let value: u64;
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    value = integerIndefinite(bytes * 8);
  } else value = toInteger(signExponentOf(vp, 0), significandOf(vp, 0), mode, bytes * 8);
  storeValue(vp, op, value, bytes, popping);
}

export function storeInteger(vp: usize, op: usize, bytes: u32, popping: bool): void {
  begin(vp);
  storeRounded(vp, op, bytes, roundingMode(), popping);
}

/** FISTTP. */
export function storeTruncated(vp: usize, op: usize, bytes: u32): void {
  begin(vp);
  storeRounded(vp, op, bytes, ROUND_CHOP, true);
}

/** Ends FSTP m80 and FBSTP. */
function storeTen(vp: usize, op: usize, low: u64, high: u32): void {
  const stores = !isUnmasked(NO_STORE);
  const linear = linearAddress(vp, op, 10, true);
  if (stores) {
    store<u64>(vp + SCRATCH, low);
    store<u16>(vp + SCRATCH + 8, <u16>high);
    writeBlock(vp, linear, vp + SCRATCH, 10);
  } else probeBlock(vp, linear, 10);
  settle(vp);
  if (stores) pop(vp);
}

/** FSTP m80. */
export function storeExtended(vp: usize, op: usize): void {
  begin(vp);
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    storeTen(vp, op, INDEFINITE, INDEFINITE_SE);
  } else storeTen(vp, op, significandOf(vp, 0), signExponentOf(vp, 0));
}

/** FBSTP. */
export function storeDecimal(vp: usize, op: usize): void {
  begin(vp);
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    storeTen(vp, op, DECIMAL_INDEFINITE_LOW, DECIMAL_INDEFINITE_HIGH);
    return;
  }
  toDecimal(signExponentOf(vp, 0), significandOf(vp, 0));
  storeTen(vp, op, Wide.lo, <u32>Wide.hi);
}

/** FST and FSTP to ST(i). */
export function storeRegister(vp: usize, i: u32, popping: bool): void {
  begin(vp);
  setResult(signExponentOf(vp, 0), significandOf(vp, 0));
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    setResult(INDEFINITE_SE, INDEFINITE);
  }
  if (!settle(vp)) return;
  writeSt(vp, i, R.se, R.sig);
  if (popping) pop(vp);
}

/** The undocumented D9 D8: as FSTP, but an empty register is popped without a stack fault. */
export function storePopQuiet(vp: usize, i: u32): void {
  if (isEmpty(vp, 0)) {
    pop(vp);
    setCondition(vp, C1, 0);
  } else storeRegister(vp, i, true);
}

/** FXCH. */
export function exchange(vp: usize, i: u32): void {
  begin(vp);
  const empty0 = isEmpty(vp, 0);
  const emptyI = isEmpty(vp, i);
  if (empty0 || emptyI) stackUnderflow();
  const se = empty0 ? INDEFINITE_SE : signExponentOf(vp, 0);
  const sig = empty0 ? INDEFINITE : significandOf(vp, 0);
  const otherSe = emptyI ? INDEFINITE_SE : signExponentOf(vp, i);
  const otherSig = emptyI ? INDEFINITE : significandOf(vp, i);
  if (!settle(vp)) return;
  writeSt(vp, i, se, sig);
  writeSt(vp, 0, otherSe, otherSig);
}

/** FCMOVcc: `kind` 0 below, 1 equal, 2 below or equal, 3 unordered; negated with bit 2. */
export function moveIf(vp: usize, kind: u32, i: u32): void {
  begin(vp);
  if (isEmpty(vp, 0) || isEmpty(vp, i)) {
    stackUnderflow();
    if (settle(vp)) writeSt(vp, 0, INDEFINITE_SE, INDEFINITE);
    return;
  }
  // Codes of Jcc: B 2, E 4, BE 6, P 10.
  const code = (kind & 3) == 3 ? 10 : ((kind & 3) + 1) << 1;
  if (condition(vp, code | (kind >> 2))) writeSt(vp, 0, signExponentOf(vp, i), significandOf(vp, i));
}

/** FCHS and FABS. */
export function changeSign(vp: usize, clearing: bool): void {
  begin(vp);
  const se = signExponentOf(vp, 0);
  setResult(clearing ? se & 0x7fff : se ^ 0x8000, significandOf(vp, 0));
  if (isEmpty(vp, 0)) {
    stackUnderflow();
    setResult(INDEFINITE_SE, INDEFINITE);
  }
  if (settle(vp)) writeSt(vp, 0, R.se, R.sig);
}

/** FINCSTP and FDECSTP. */
export function rotate(vp: usize, by: u32): void {
  setTop(vp, top(vp) + by);
  setCondition(vp, C1, 0);
}

/** FFREE, and the undocumented FFREEP. */
export function freeRegister(vp: usize, i: u32, popping: bool): void {
  free(vp, i);
  setCondition(vp, C1, 0);
  if (popping) pop(vp);
}

/** FLD1 … FLDZ: exponent, the first 64 bits, and whether the rest is more than half of the last bit. */
export function loadConstant(vp: usize, index: u32): void {
  begin(vp);
  switch (index) {
    case 0: setResult(0x3fff, 0x8000000000000000); break;
    case 1: rounded(0x4000, 0xd49a784bcd1b8afe, false); break; // log2 10
    case 2: rounded(0x3fff, 0xb8aa3b295c17f0bb, true); break; // log2 e
    case 3: rounded(0x4000, 0xc90fdaa22168c234, true); break; // pi
    case 4: rounded(0x3ffd, 0x9a209a84fbcff798, true); break; // log10 2
    case 5: rounded(0x3ffe, 0xb17217f7d1cf79ab, true); break; // ln 2
    default: setResult(0, 0);
  }
  pushResult(vp);
}

function rounded(exponent: u32, sig: u64, aboveHalf: bool): void {
  const mode = roundingMode();
  const up = mode == ROUND_UP || (mode == ROUND_NEAREST && aboveHalf);
  setResult(exponent, up ? sig + 1 : sig);
}
