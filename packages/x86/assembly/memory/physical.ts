/** Guest-physical memory as the core sees it: RAM by table, all else by exits. */

import { invalidateWritten } from '../blocks/invalidate';
import { noteDevices } from '../blocks/validity';
import { exitToHost } from '../environment';
import { instructionRip, raiseGP, raiseUD, unwindSuspend } from '../exception';
import { hurry } from '../interpreter/progress';
import { GPA_TABLE, GPA_TABLE_PAGES, GRANULES } from '../layout';
import { OP_LENGTH } from '../micro-op';
import {
  CURRENT_OP,
  EXIT_ACCESS,
  EXIT_DATA,
  EXIT_GPA,
  EXIT_GVA,
  EXIT_LENGTH,
  EXIT_REQUEST,
  EXIT_SIZE,
  RIP,
} from '../state';
import { materializeFlags } from '../flags';
import { noteTableWrite } from './journal';

/** Exit kind: an access to guest-physical memory that is no RAM. */
export const EXIT_MEMORY: u32 = 7;
export const ACCESS_READ: u32 = 0;
export const ACCESS_WRITE: u32 = 1;
export const ACCESS_EXECUTE: u32 = 2;

/** Entry of the GPA table, 0 where no RAM is. */
export function gpaEntry(gpa: u64): u32 {
  const gpn = gpa >> 12;
  return gpn < GPA_TABLE_PAGES ? load<u32>(GPA_TABLE + (<usize>gpn << 2)) : 0;
}

/** A page-table entry; what is no RAM reads as zero: not present. */
export function readPhysical(gpa: u64, bytes: u32): u64 {
  const entry = gpaEntry(gpa);
  if (!(entry & 1)) return 0;
  const host = <usize>(entry & 0xfffff000) + (<usize>gpa & 0xfff);
  return bytes == 4 ? load<u32>(host) : load<u64>(host);
}

/** Sets bits of a page-table entry. */
export function orPhysical(gpa: u64, bits: u32): void {
  const entry = gpaEntry(gpa);
  if (!(entry & 2)) return;
  const host = <usize>(entry & 0xfffff000) + (<usize>gpa & 0xfff);
  noteTableWrite(host);
  store<u32>(host, load<u32>(host) | bits);
  touched(host, 4);
}

/** To be called after a write to RAM: drops code that was decoded from the written bytes. */
// @ts-ignore: decorator
@inline
export function touched(host: usize, bytes: u32): void {
  if (load<u64>(GRANULES + ((host >> 12) << 3)) != 0) invalidateWritten(host, bytes);
}

/** Exit for an access that no RAM answers; the data is in EXIT_DATA before (write) or after (read). May not return. */
export function exitMemory(vp: usize, gpa: u64, linear: u64, bytes: u32, access: u32): void {
  const op = <usize>load<u32>(vp + CURRENT_OP);
  const after = load<u64>(vp + RIP);
  store<u64>(vp + RIP, instructionRip(vp));
  materializeFlags(vp);
  store<u64>(vp + EXIT_GPA, gpa);
  store<u64>(vp + EXIT_GVA, linear);
  store<u32>(vp + EXIT_SIZE, bytes);
  store<u32>(vp + EXIT_ACCESS, access);
  store<u32>(vp + EXIT_LENGTH, op == 0 ? 0 : load<u8>(op + OP_LENGTH));
  const outcome = exitToHost(vp, EXIT_MEMORY);
  if (outcome == 1) raiseGP(vp, 0);
  if (outcome == 2) raiseUD(vp);
  if (outcome == 3) unwindSuspend(vp);
  store<u64>(vp + RIP, after);
  if (outcome == 4) atomic.store<i32>(vp + EXIT_REQUEST, 1);
  if (access == ACCESS_WRITE) noteDevices();
  // The access may have raised an interrupt, or asked for a stop.
  hurry();
}

/** Reads 1–8 bytes within a page by an exit. */
export function readDevice(vp: usize, gpa: u64, linear: u64, bytes: u32): u64 {
  store<u64>(vp + EXIT_DATA, 0);
  exitMemory(vp, gpa, linear, bytes, ACCESS_READ);
  return load<u64>(vp + EXIT_DATA) & (<u64>-1 >> (64 - bytes * 8));
}

/** Writes 1–8 bytes within a page by an exit. */
export function writeDevice(vp: usize, gpa: u64, linear: u64, bytes: u32, value: u64): void {
  store<u64>(vp + EXIT_DATA, value);
  exitMemory(vp, gpa, linear, bytes, ACCESS_WRITE);
}
