/** FNSTENV, FLDENV, FNSAVE, FRSTOR in their four layouts, and the full tag word. Intel SDM volume 1, "Saving the x87 FPU's State with FSTENV/FNSTENV and FSAVE/FNSAVE". */

import { linearAddress } from '../memory/segment';
import { opSize } from '../micro-op';
import { MODE_PROTECTED } from '../mode-bits';
import { FCS, FCW, FDP, FDS, FIP, FOP, FSW, FTW, MODE_WORD, SCRATCH, X87 } from '../state';
import { initialize, setControl } from './control';
import { readBlock, writeBlock } from './memory';
import { BUSY, ES, EXCEPTIONS, top, updateSummary } from './registers';

const REGISTER_BYTES: u32 = 10;

/** Tag of one register: 0 valid, 1 zero, 2 special, 3 empty. */
function tag(vp: usize, register: u32): u32 {
  if (!((<u32>load<u8>(vp + FTW) >> register) & 1)) return 3;
  const at = vp + X87 + <usize>(register << 4);
  const exponent = <u32>load<u16>(at + 8) & 0x7fff;
  const significand = load<u64>(at);
  if (exponent == 0) return significand == 0 ? 1 : 2;
  return exponent == 0x7fff || <i64>significand >= 0 ? 2 : 0;
}

function tagWord(vp: usize): u32 {
  let word: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) word |= tag(vp, i) << (i * 2);
  return word;
}

function setTagWord(vp: usize, word: u32): void {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) if (((word >> (i * 2)) & 3) != 3) bits |= 1 << i;
  store<u8>(vp + FTW, <u8>bits);
}

// @ts-ignore: decorator
@inline
function isProtected(vp: usize): bool {
  return (load<u32>(vp + MODE_WORD) & MODE_PROTECTED) != 0;
}

/** Bytes of the environment: 14 or 28. */
// @ts-ignore: decorator
@inline
function environmentBytes(op: usize): u32 {
  return opSize(op) == 2 ? 14 : 28;
}

/** Lays the environment out at `area`. */
function storeEnvironment(vp: usize, op: usize, area: usize): void {
  const narrow = opSize(op) == 2;
  const step: usize = narrow ? 2 : 4;
  const instruction = load<u32>(vp + FIP);
  const data = load<u32>(vp + FDP);
  const opcode = <u32>load<u16>(vp + FOP) & 0x7ff;
  // The unused upper halves read as ones.
  memory.fill(area, 0xff, 28);
  store<u16>(area, load<u16>(vp + FCW));
  store<u16>(area + step, load<u16>(vp + FSW));
  store<u16>(area + step * 2, <u16>tagWord(vp));
  if (isProtected(vp)) {
    const selector = <u32>load<u16>(vp + FCS);
    put(area + step * 3, instruction, narrow);
    put(area + step * 4, narrow ? selector : selector | (opcode << 16), narrow);
    put(area + step * 5, data, narrow);
    put(area + step * 6, <u32>load<u16>(vp + FDS) | 0xffff0000, narrow);
    return;
  }
  const code = instruction + (<u32>load<u16>(vp + FCS) << 4);
  const operand = data + (<u32>load<u16>(vp + FDS) << 4);
  const high: u32 = narrow ? 0xf : 0xffff;
  put(area + step * 3, (code & 0xffff) | 0xffff0000, narrow);
  put(area + step * 4, (((code >> 16) & high) << 12) | opcode, narrow);
  put(area + step * 5, (operand & 0xffff) | 0xffff0000, narrow);
  put(area + step * 6, ((operand >> 16) & high) << 12, narrow);
}

// @ts-ignore: decorator
@inline
function put(at: usize, value: u32, narrow: bool): void {
  if (narrow) store<u16>(at, <u16>value);
  else store<u32>(at, value);
}

// @ts-ignore: decorator
@inline
function get(at: usize, narrow: bool): u32 {
  return narrow ? <u32>load<u16>(at) : load<u32>(at);
}

function loadEnvironment(vp: usize, op: usize, area: usize): void {
  const narrow = opSize(op) == 2;
  const step: usize = narrow ? 2 : 4;
  store<u16>(vp + FSW, load<u16>(area + step));
  setTagWord(vp, load<u16>(area + step * 2));
  const word = get(area + step * 4, narrow);
  if (isProtected(vp)) {
    store<u64>(vp + FIP, get(area + step * 3, narrow));
    store<u16>(vp + FCS, <u16>word);
    store<u16>(vp + FOP, <u16>(narrow ? 0 : (word >> 16) & 0x7ff));
    store<u64>(vp + FDP, get(area + step * 5, narrow));
    store<u16>(vp + FDS, load<u16>(area + step * 6));
  } else {
    store<u64>(vp + FIP, <u32>load<u16>(area + step * 3) | ((word & 0x0ffff000) << 4));
    store<u16>(vp + FOP, <u16>(word & 0x7ff));
    store<u64>(vp + FDP, <u32>load<u16>(area + step * 5) | ((get(area + step * 6, narrow) & 0x0ffff000) << 4));
    store<u16>(vp + FCS, 0);
    store<u16>(vp + FDS, 0);
  }
  setControl(vp, load<u16>(area));
}

/** FNSTENV: stores, then masks all exceptions. */
export function storeEnvironmentAt(vp: usize, op: usize): void {
  const bytes = environmentBytes(op);
  const linear = linearAddress(vp, op, bytes, true);
  storeEnvironment(vp, op, vp + SCRATCH);
  writeBlock(vp, linear, vp + SCRATCH, bytes);
  store<u16>(vp + FCW, <u16>(<u32>load<u16>(vp + FCW) | EXCEPTIONS));
  store<u16>(vp + FSW, <u16>(<u32>load<u16>(vp + FSW) & ~(ES | BUSY)));
}

/** FLDENV. */
export function loadEnvironmentAt(vp: usize, op: usize): void {
  const bytes = environmentBytes(op);
  readBlock(vp, linearAddress(vp, op, bytes, false), vp + SCRATCH, bytes);
  loadEnvironment(vp, op, vp + SCRATCH);
}

/** FNSAVE: stores environment and registers in stack order, then initializes. */
export function saveAll(vp: usize, op: usize): void {
  const head = environmentBytes(op);
  const bytes = head + 8 * REGISTER_BYTES;
  const linear = linearAddress(vp, op, bytes, true);
  const area = vp + SCRATCH;
  storeEnvironment(vp, op, area);
  const first = top(vp);
  for (let i: u32 = 0; i < 8; i++) {
    memory.copy(area + head + i * REGISTER_BYTES, vp + X87 + <usize>(((first + i) & 7) << 4), REGISTER_BYTES);
  }
  writeBlock(vp, linear, area, bytes);
  initialize(vp);
}

/** FRSTOR. */
export function restoreAll(vp: usize, op: usize): void {
  const head = environmentBytes(op);
  const bytes = head + 8 * REGISTER_BYTES;
  const area = vp + SCRATCH;
  readBlock(vp, linearAddress(vp, op, bytes, false), area, bytes);
  loadEnvironment(vp, op, area);
  const first = top(vp);
  for (let i: u32 = 0; i < 8; i++) {
    memory.copy(vp + X87 + <usize>(((first + i) & 7) << 4), area + head + i * REGISTER_BYTES, REGISTER_BYTES);
  }
  updateSummary(vp);
}
