/** Reads and writes of linear addresses, with everything that can happen to them. Faults leave nothing written. */

import { raiseAC, raiseNonCanonical, raisePF } from '../exception';
import { GPA_READ, GPA_WRITE, GRANULES } from '../layout';
import { MODE_64, MODE_CPL } from '../mode-bits';
import { ARMED_DATA, noteDataAccess } from '../system/breakpoints';
import {
  BREAKPOINTS_ARMED, CR0, CR0_AM, CR4, CR4_SMAP, FLAG_AC, MODE_WORD, RFLAGS, TLB_CURRENT, TLB_SUPERVISOR, TLB_USER,
} from '../state';
import { noteWrite } from './journal';
import { gpaEntry, readDevice, touched, writeDevice } from './physical';
import { fillTlb, TAG_READ, TAG_WRITE, TLB_ADDEND, tlbEntry } from './tlb';
import { walk, walkGpa, walkUser, walkWritable } from './walk';

/** The address of what {@link translate} found when it is no RAM. */
let deviceGpa: u64 = 0;

/** Host address of one byte, or 0 with `deviceGpa` set. Raises what the access deserves. */
function translate(vp: usize, linear: u64, write: bool, user: bool): usize {
  // What a privilege's table holds is right for it, whatever the current one: exceptions, locked operations, bulk saves.
  const entry = tlbEntry(vp + (user ? TLB_USER : TLB_SUPERVISOR), linear);
  if (load<u64>(entry + (write ? TAG_WRITE : TAG_READ)) == (linear & ~(<u64>0xfff))) {
    return <usize>(<u32>linear + load<u32>(entry + TLB_ADDEND));
  }
  return translateByWalk(vp, linear, write, user);
}

function translateByWalk(vp: usize, linear: u64, write: bool, user: bool): usize {
  if (load<u32>(vp + MODE_WORD) & MODE_64 && <u64>((<i64>linear << 16) >> 16) != linear) raiseNonCanonical(vp);
  const failure = walk(vp, linear, write ? 1 : 0, user, true);
  if (failure) raisePF(vp, linear, failure & 0xff);
  const entry = gpaEntry(walkGpa);
  if (!(entry & (write ? GPA_WRITE : GPA_READ))) {
    deviceGpa = walkGpa;
    return 0;
  }
  const host = <usize>(entry & 0xfffff000) + (<usize>walkGpa & 0xfff);
  if (write) noteWrite(host);
  // Under SMAP a user page may stop being accessible without a flush: it is never cached for the supervisor.
  if (!user && walkUser && load<u32>(vp + CR4) & CR4_SMAP) return host;
  const plain = (entry & GPA_WRITE) != 0 && walkWritable && load<u64>(GRANULES + ((host >> 12) << 3)) == 0;
  fillTlb(vp, vp + (user ? TLB_USER : TLB_SUPERVISOR), linear, host, (entry & GPA_READ) != 0, plain);
  return host;
}

function checkAlignment(vp: usize, linear: u64, bytes: u32): void {
  if (!(linear & (bytes - 1))) return;
  if (!(load<u32>(vp + RFLAGS) & FLAG_AC) || !(load<u32>(vp + CR0) & CR0_AM)) return;
  // An address that is none comes first.
  if (load<u32>(vp + MODE_WORD) & MODE_64 && <u64>((<i64>linear << 16) >> 16) != linear) raiseNonCanonical(vp);
  raiseAC(vp);
}

/** Reads 1, 2, 4 or 8 bytes as user code or as the system, whatever the current privilege. */
export function readAs(vp: usize, linear: u64, bytes: u32, user: bool): u64 {
  if (user) checkAlignment(vp, linear, bytes);
  if (load<u32>(vp + BREAKPOINTS_ARMED) & ARMED_DATA) noteDataAccess(vp, linear, bytes, false);
  const room: u32 = 4096 - (<u32>linear & 0xfff);
  if (bytes <= room) return readWithin(vp, linear, bytes, user);
  const low = readWithin(vp, linear, room, user);
  const next = (linear + room) & mask(vp);
  return low | (readWithin(vp, next, bytes - room, user) << (room * 8));
}

// @ts-ignore: decorator
@inline
function mask(vp: usize): u64 {
  return load<u32>(vp + MODE_WORD) & 0x100 ? <u64>-1 : 0xffffffff;
}

function readWithin(vp: usize, linear: u64, bytes: u32, user: bool): u64 {
  const host = translate(vp, linear, false, user);
  if (host == 0) return readDevice(vp, deviceGpa, linear, bytes);
  return loadBytes(host, bytes);
}

function loadBytes(host: usize, bytes: u32): u64 {
  switch (bytes) {
    case 1: return load<u8>(host);
    case 2: return load<u16>(host);
    case 4: return load<u32>(host);
    case 8: return load<u64>(host);
  }
  let value: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) value |= <u64>load<u8>(host + i) << (i * 8);
  return value;
}

/** Raises if a write would. */
export function probeAs(vp: usize, linear: u64, bytes: u32, user: bool): void {
  if (user) checkAlignment(vp, linear, bytes);
  translate(vp, linear, true, user);
  const room: u32 = 4096 - (<u32>linear & 0xfff);
  if (bytes > room) translate(vp, (linear + room) & mask(vp), true, user);
}

/** Writes 1, 2, 4 or 8 bytes; all or nothing. */
export function writeAs(vp: usize, linear: u64, bytes: u32, user: bool, value: u64): void {
  if (user) checkAlignment(vp, linear, bytes);
  if (load<u32>(vp + BREAKPOINTS_ARMED) & ARMED_DATA) noteDataAccess(vp, linear, bytes, true);
  const room: u32 = 4096 - (<u32>linear & 0xfff);
  if (bytes <= room) {
    writeWithin(vp, linear, bytes, user, value);
    return;
  }
  const next = (linear + room) & mask(vp);
  // Both pages first, in order: a fault leaves nothing written.
  translate(vp, linear, true, user);
  translate(vp, next, true, user);
  writeWithin(vp, linear, room, user, value);
  writeWithin(vp, next, bytes - room, user, value >> (room * 8));
}

function writeWithin(vp: usize, linear: u64, bytes: u32, user: bool, value: u64): void {
  const host = translate(vp, linear, true, user);
  if (host == 0) {
    writeDevice(vp, deviceGpa, linear, bytes, value);
    return;
  }
  switch (bytes) {
    case 1: store<u8>(host, <u8>value); break;
    case 2: store<u16>(host, <u16>value); break;
    case 4: store<u32>(host, <u32>value); break;
    case 8: store<u64>(host, value); break;
    default:
      for (let i: u32 = 0; i < bytes; i++) store<u8>(host + i, <u8>(value >> (i * 8)));
  }
  touched(host, bytes);
}

// @ts-ignore: decorator
@inline
function isUser(vp: usize): bool {
  return (load<u32>(vp + MODE_WORD) & MODE_CPL) == 3;
}

/** Reads at the current privilege: the TLB first. */
// @ts-ignore: decorator
@inline
export function read<T>(vp: usize, linear: u64): u64 {
  const entry = tlbEntry(load<u32>(vp + TLB_CURRENT), linear);
  if (load<u64>(entry + TAG_READ) == ((linear + (sizeof<T>() - 1)) & ~(<u64>0xfff))) {
    return <u64>load<T>(<usize>(<u32>linear + load<u32>(entry + TLB_ADDEND)));
  }
  return readAs(vp, linear, sizeof<T>(), isUser(vp));
}

/** Writes at the current privilege: the TLB first. */
// @ts-ignore: decorator
@inline
export function write<T>(vp: usize, linear: u64, value: u64): void {
  const entry = tlbEntry(load<u32>(vp + TLB_CURRENT), linear);
  if (load<u64>(entry + TAG_WRITE) == ((linear + (sizeof<T>() - 1)) & ~(<u64>0xfff))) {
    store<T>(<usize>(<u32>linear + load<u32>(entry + TLB_ADDEND)), <T>value);
  } else writeAs(vp, linear, sizeof<T>(), isUser(vp), value);
}

/** Host address where a write at the current privilege needs no check, or 0. */
// @ts-ignore: decorator
@inline
export function writable<T>(vp: usize, linear: u64): usize {
  const entry = tlbEntry(load<u32>(vp + TLB_CURRENT), linear);
  if (load<u64>(entry + TAG_WRITE) != ((linear + (sizeof<T>() - 1)) & ~(<u64>0xfff))) return 0;
  return <usize>(<u32>linear + load<u32>(entry + TLB_ADDEND));
}

export function readU8(vp: usize, linear: u64): u8 { return <u8>read<u8>(vp, linear); }
export function readU16(vp: usize, linear: u64): u16 { return <u16>read<u16>(vp, linear); }
export function readU32(vp: usize, linear: u64): u32 { return <u32>read<u32>(vp, linear); }
export function readU64(vp: usize, linear: u64): u64 { return read<u64>(vp, linear); }
export function writeU8(vp: usize, linear: u64, value: u8): void { write<u8>(vp, linear, value); }
export function writeU16(vp: usize, linear: u64, value: u16): void { write<u16>(vp, linear, value); }
export function writeU32(vp: usize, linear: u64, value: u32): void { write<u32>(vp, linear, value); }
export function writeU64(vp: usize, linear: u64, value: u64): void { write<u64>(vp, linear, value); }

/** Raises if a write at the current privilege would. */
export function probeWrite(vp: usize, linear: u64, bytes: u32): void {
  probeAs(vp, linear, bytes, isUser(vp));
}

/** Size chosen at run time: 1, 2, 4 or 8. */
export function readSized(vp: usize, linear: u64, bytes: u32): u64 {
  switch (bytes) {
    case 1: return read<u8>(vp, linear);
    case 2: return read<u16>(vp, linear);
    case 4: return read<u32>(vp, linear);
    default: return read<u64>(vp, linear);
  }
}

export function writeSized(vp: usize, linear: u64, bytes: u32, value: u64): void {
  switch (bytes) {
    case 1: write<u8>(vp, linear, value); break;
    case 2: write<u16>(vp, linear, value); break;
    case 4: write<u32>(vp, linear, value); break;
    default: write<u64>(vp, linear, value); break;
  }
}
