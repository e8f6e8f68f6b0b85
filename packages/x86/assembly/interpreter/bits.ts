/** BT, BTS, BTR, BTC, BSF, BSR, TZCNT, LZCNT, POPCNT, BSWAP, CMPXCHG, XADD, CMPXCHG8B/16B, MOVBE, RDRAND. */

import { exitToHost } from '../environment';
import { raiseGP, raiseUD } from '../exception';
import { changeFlags, setArithmeticFlags } from '../flags';
import { probeWrite, readSized, writeSized } from '../memory/access';
import { effectiveAddress, linearAddress, segmentLinear } from '../memory/segment';
import { opAddressBits, opIsMemory, opPrefixes, opSegment, opSize, PREFIX_F3 } from '../micro-op';
import { EXIT_DATA, FLAG_AF, FLAG_CF, FLAG_OF, FLAG_PF, FLAG_SF, FLAG_ZF, RAX, RBX, RCX, RDX } from '../state';
import { EXIT_RANDOM } from '../system/core-access';
import { alu, signExtend } from './arithmetic';
import { loadSlot, readForUpdate, readReg, readRm, storeSlot, update, writeReg, writeRm } from './operands';

/** `kind`: 0 BT, 1 BTS, 2 BTR, 3 BTC; `index` is a register's bit string offset or an immediate. */
export function bitTest(vp: usize, op: usize, kind: u32, index: u64, isRegister: bool): void {
  const size = opSize(op);
  const bit = index & (size * 8 - 1);
  let address: u64 = 0;
  let value: u64;
  if (opIsMemory(op)) {
    let offset = effectiveAddress(vp, op);
    if (isRegister) offset += <u64>((signExtend(index, size) >> (3 + ctz<u32>(size))) * size);
    offset &= <u64>-1 >> (64 - opAddressBits(op));
    address = segmentLinear(vp, opSegment(op), offset, size, kind != 0);
    if (kind) probeWrite(vp, address, size);
    value = readSized(vp, address, size);
  } else value = readRm(vp, op, size);
  const carryOut = <u32>(value >> bit) & 1;
  const mask = <u64>1 << bit;
  if (kind) {
    const after = kind == 1 ? value | mask : kind == 2 ? value & ~mask : value ^ mask;
    if (opIsMemory(op)) writeSized(vp, address, size, after);
    else writeRm(vp, op, size, after);
  }
  changeFlags(vp, FLAG_CF, carryOut);
}

/** BSF and BSR, and with F3 TZCNT and LZCNT where `counts` says that they are offered. */
export function bitScan(vp: usize, op: usize, reverse: bool, counts: bool): void {
  const size = opSize(op);
  const value = readRm(vp, op, size);
  const bits = size * 8;
  if (counts && opPrefixes(op) & PREFIX_F3) {
    const result = value == 0 ? bits : <u32>(reverse ? clz<u64>(value) - (64 - bits) : ctz<u64>(value));
    writeReg(vp, op, size, result);
    changeFlags(vp, FLAG_CF | FLAG_ZF, (value == 0 ? FLAG_CF : 0) | (result == 0 ? FLAG_ZF : 0));
    return;
  }
  changeFlags(vp, FLAG_ZF, value == 0 ? FLAG_ZF : 0);
  if (value != 0) writeReg(vp, op, size, reverse ? 63 - clz<u64>(value) : ctz<u64>(value));
}

export function populationCount(vp: usize, op: usize): void {
  if (!(opPrefixes(op) & PREFIX_F3)) raiseUD(vp);
  const value = readRm(vp, op, opSize(op));
  writeReg(vp, op, opSize(op), popcnt<u64>(value));
  setArithmeticFlags(vp, value == 0 ? FLAG_ZF : 0);
}

/** Reverses the bytes of a value. */
export function swapBytes(value: u64, bytes: u32): u64 {
  let result: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) result |= ((value >> (i * 8)) & 0xff) << ((bytes - 1 - i) * 8);
  return result;
}

export function compareExchange(vp: usize, op: usize): void {
  const size = opSize(op);
  const value = readForUpdate(vp, op, size);
  const accumulator = loadSlot(vp, RAX, size);
  const source = readReg(vp, op, size);
  alu(vp, 7, accumulator, value, size);
  if (accumulator == value) update(vp, op, size, source);
  else {
    // Memory is written either way; a 32-bit register keeps its upper half then.
    if (opIsMemory(op)) update(vp, op, size, value);
    storeSlot(vp, RAX, size, value);
  }
}

export function exchangeAdd(vp: usize, op: usize): void {
  const size = opSize(op);
  const value = readForUpdate(vp, op, size);
  const source = readReg(vp, op, size);
  const sum = alu(vp, 0, value, source, size);
  writeReg(vp, op, size, value);
  update(vp, op, size, sum);
}

/** CMPXCHG8B and CMPXCHG16B. */
export function compareExchangeWide(vp: usize, op: usize): void {
  const half: u32 = opSize(op) == 8 ? 8 : 4;
  const at = linearAddress(vp, op, half * 2, true);
  if (half == 8 && at & 15) raiseGP(vp, 0);
  if (half == 4) probeWrite(vp, at, 8);
  else {
    probeWrite(vp, at, 8);
    probeWrite(vp, at + 8, 8);
  }
  const low = readSized(vp, at, half);
  const high = readSized(vp, at + half, half);
  const equal = low == loadSlot(vp, RAX, half) && high == loadSlot(vp, RDX, half);
  writeSized(vp, at, half, equal ? loadSlot(vp, RBX, half) : low);
  writeSized(vp, at + half, half, equal ? loadSlot(vp, RCX, half) : high);
  if (!equal) {
    storeSlot(vp, RAX, half, low);
    storeSlot(vp, RDX, half, high);
  }
  changeFlags(vp, FLAG_ZF, equal ? FLAG_ZF : 0);
}

/** RDRAND: a number from the host, which never runs dry. */
export function randomNumber(vp: usize, op: usize): void {
  exitToHost(vp, EXIT_RANDOM);
  writeRm(vp, op, opSize(op), load<u64>(vp + EXIT_DATA));
  changeFlags(vp, FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF, FLAG_CF);
}
