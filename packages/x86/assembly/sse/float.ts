/** Arithmetic and comparisons in floating point. Intel SDM volume 1, "SIMD Floating-Point Exceptions". */

import { raiseUD, raiseXM } from '../exception';
import { setArithmeticFlags } from '../flags';
import { OP_IMMEDIATE } from '../micro-op';
import { CR4, CR4_OSXMMEXCPT, FLAG_CF, FLAG_PF, FLAG_ZF, MXCSR, SCRATCH } from '../state';
import { approximate } from './approximations';
import { dotProduct } from './dot-product';
import { fastDouble, fastDoubles, fastSingle, fastSingles, isPlain32, isPlain64 } from './float-fast';
import {
  FORM_SD, FORM_SS, KIND_ADD, KIND_ADDSUB, KIND_CMP, KIND_COMI, KIND_DIV, KIND_DP, KIND_HADD, KIND_HSUB, KIND_MAX,
  KIND_MIN, KIND_MUL, KIND_RCP, KIND_ROUND, KIND_RSQRT, KIND_SQRT, KIND_SUB, KIND_UCOMI,
} from './opcodes';
import { source128, source32, source64, target } from './operands';
import {
  add, beginFloat, control, divide, MASK_SHIFT, multiply, OPERAND_FLAGS, raised, squareRoot, subtract,
} from './softfloat';
import {
  extreme, relation, RELATION_EQUAL, RELATION_GREATER, RELATION_LESS, RELATION_UNORDERED, roundingMode, toIntegral,
} from './softfloat-convert';

// Within SCRATCH: the second operand and the result.
const SOURCE: usize = SCRATCH;
const RESULT: usize = SCRATCH + 16;

// @ts-ignore: decorator
@inline
export function element(at: usize, index: u32, d: bool): u64 {
  return d ? load<u64>(at + (<usize>index << 3)) : load<u32>(at + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
export function storeElement(at: usize, index: u32, d: bool, value: u64): void {
  if (d) store<u64>(at + (<usize>index << 3), value);
  else store<u32>(at + (<usize>index << 2), <u32>value);
}

/** Puts the exceptions raised into MXCSR, and forgets them. Raises #XM (or #UD) for one that is not masked. */
export function commitFlags(vp: usize): void {
  if (raised == 0) return;
  const unmasked = raised & ~(control >> MASK_SHIFT);
  // An operand that stops the instruction keeps it from computing, so from all other exceptions.
  const flags = unmasked & OPERAND_FLAGS ? raised & OPERAND_FLAGS : raised;
  store<u32>(vp + MXCSR, load<u32>(vp + MXCSR) | flags);
  beginFloat(control);
  if (unmasked == 0) return;
  if (load<u32>(vp + CR4) & CR4_OSXMMEXCPT) raiseXM(vp);
  raiseUD(vp);
}

/** `place` is kind × 4 + form. */
export function executeFloat(vp: usize, op: usize, place: u32): void {
  const kind = place >> 2;
  const form = place & 3;
  const d = (form & 1) != 0;
  const to = target(vp, op);
  const source = vp + SOURCE;
  if (form == FORM_SD) {
    const b = source64(vp, op);
    if (fastDouble(vp, to, kind, b)) return;
    store<u64>(source, b);
    computeElements(vp, op, kind, true, 1);
  } else if (form == FORM_SS) {
    const b = source32(vp, op);
    if (fastSingle(vp, to, kind, b)) return;
    store<u32>(source, b);
    computeElements(vp, op, kind, false, 1);
  } else if (kind == KIND_COMI || kind == KIND_UCOMI) {
    compareToFlags(vp, to, d ? source64(vp, op) : source32(vp, op), d, kind == KIND_COMI);
  } else {
    const b = source128(vp, op);
    const imm = <u32>load<u8>(op + OP_IMMEDIATE);
    if (d ? fastDoubles(vp, to, kind, b, imm) : fastSingles(vp, to, kind, b, imm)) return;
    v128.store(source, b);
    computeElements(vp, op, kind, d, d ? 2 : 4);
  }
}

/** Computes in integers, with all exceptions. */
function computeElements(vp: usize, op: usize, kind: u32, d: bool, count: u32): void {
  const to = target(vp, op);
  const imm = <u32>load<u8>(op + OP_IMMEDIATE);
  const source = vp + SOURCE;
  const result = vp + RESULT;
  v128.store(result, v128.load(to));
  beginFloat(load<u32>(vp + MXCSR));
  if (kind == KIND_RCP || kind == KIND_RSQRT) approximate(source, result, count, kind == KIND_RSQRT);
  else if (kind == KIND_DP) dotProduct(vp, to, source, result, d, imm);
  else for (let i: u32 = 0; i < count; i++) storeElement(result, i, d, compute(kind, to, source, i, d, imm));
  commitFlags(vp);
  v128.store(to, v128.load(result));
}

/** Element `i` of the result. */
function compute(kind: u32, to: usize, source: usize, i: u32, d: bool, imm: u32): u64 {
  const b = element(source, i, d);
  switch (kind) {
    case KIND_SQRT: return squareRoot(b, d);
    case KIND_ROUND: return toIntegral(b, d, imm & 4 ? roundingMode() : imm & 3, (imm & 8) != 0);
    case KIND_HADD: case KIND_HSUB: return horizontal(kind == KIND_HSUB, to, source, i, d);
  }
  const a = element(to, i, d);
  switch (kind) {
    case KIND_ADD: return add(a, b, d);
    case KIND_SUB: return subtract(a, b, d);
    case KIND_MUL: return multiply(a, b, d);
    case KIND_DIV: return divide(a, b, d);
    case KIND_MIN: return extreme(a, b, d, false);
    case KIND_MAX: return extreme(a, b, d, true);
    case KIND_ADDSUB: return i & 1 ? add(a, b, d) : subtract(a, b, d);
    case KIND_CMP: return compareToMask(a, b, d, imm);
  }
  unreachable();
  return 0;
}

/** HADD and HSUB: neighbours of the first operand, then those of the second. */
function horizontal(minus: bool, to: usize, source: usize, i: u32, d: bool): u64 {
  const half: u32 = d ? 1 : 2;
  const from = i < half ? to : source;
  const first = (i & (half - 1)) << 1;
  const a = element(from, first, d);
  const b = element(from, first + 1, d);
  return minus ? subtract(a, b, d) : add(a, b, d);
}

/** CMPccPS and its kin: predicates 4–7 are 0–3 negated; LT, LE and their opposites signal quiet NaNs. */
function compareToMask(a: u64, b: u64, d: bool, imm: u32): u64 {
  const predicate = imm & 3;
  const found = relation(a, b, d, predicate == 1 || predicate == 2);
  let holds: bool;
  if (predicate == 3) holds = found == RELATION_UNORDERED;
  else holds = (predicate < 2 && found == predicate) || (predicate == 2 && found <= RELATION_LESS);
  if (imm & 4) holds = !holds;
  return holds ? -1 : 0;
}

/** COMISS (`signals`) and UCOMISS: ZF, PF, CF as after an unsigned comparison; all three set when unordered. */
function compareToFlags(vp: usize, to: usize, b: u64, d: bool, signals: bool): void {
  const a = element(to, 0, d);
  let found: u32;
  if (d ? isPlain64(a) && isPlain64(b) : isPlain32(<u32>a) && isPlain32(<u32>b)) {
    const left = d ? reinterpret<f64>(a) : <f64>reinterpret<f32>(<u32>a);
    const right = d ? reinterpret<f64>(b) : <f64>reinterpret<f32>(<u32>b);
    found = left == right ? RELATION_EQUAL : left < right ? RELATION_LESS : RELATION_GREATER;
  } else {
    beginFloat(load<u32>(vp + MXCSR));
    found = relation(a, b, d, signals);
    commitFlags(vp);
  }
  let flags: u32 = 0;
  if (found == RELATION_UNORDERED) flags = FLAG_ZF | FLAG_PF | FLAG_CF;
  else if (found == RELATION_EQUAL) flags = FLAG_ZF;
  else if (found == RELATION_LESS) flags = FLAG_CF;
  setArithmeticFlags(vp, flags);
}
