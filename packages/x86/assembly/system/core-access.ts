/**
 * The one place where this folder touches memory, the TLB and the hypervisor. Privileged code is rare compared with
 * plain accesses, so it speaks of sizes and of the privilege an access is made with, not of one function per size.
 */

import { noteDevices } from '../blocks/validity';
import { exitToHost } from '../environment';
import { raiseGP, raiseUD, unwindSuspend } from '../exception';
import { OP_LENGTH } from '../micro-op';
import { probeAs, readAs, writeAs } from '../memory/access';
import { readPhysical } from '../memory/physical';
import { flushAllTlb, flushNonGlobalTlb, flushPageTlb } from '../memory/tlb';
import { EXIT_ACCESS, EXIT_LENGTH, EXIT_REQUEST } from '../state';

// Kinds of exit to the hypervisor.
export const EXIT_CPUID: u32 = 0;
export const EXIT_RDMSR: u32 = 1;
export const EXIT_WRMSR: u32 = 2;
export const EXIT_PORT_IO: u32 = 3;
export const EXIT_HYPERCALL: u32 = 4;
export const EXIT_EXCEPTION: u32 = 5;
/** Asks for the interrupt vector to deliver, in EXIT_VECTOR; -1 when there is none any more. */
export const EXIT_ACKNOWLEDGE: u32 = 6;
/** PAUSE was executed. (7 is a memory access, of `memory/physical.ts`.) */
export const EXIT_PAUSE: u32 = 8;
/** Asks for 64 random bits, in EXIT_DATA. */
export const EXIT_RANDOM: u32 = 9;

/** EXIT_FLAGS of a port access. */
export const EXIT_FLAG_STRING: u32 = 1;
export const EXIT_FLAG_REPEAT: u32 = 2;

export const OUTCOME_DONE: u32 = 0;
export const OUTCOME_GP: u32 = 1;
export const OUTCOME_UD: u32 = 2;
export const OUTCOME_SUSPEND: u32 = 3;
export const OUTCOME_YIELD: u32 = 4;

/** Reads 1, 2, 4 or 8 bytes with the rights of user code (`user` 1) or of the system (0). May raise. */
export function readMemory(vp: usize, linear: u64, bytes: u32, user: u32): u64 {
  return readAs(vp, linear, bytes, user != 0);
}

/** Writes 1, 2, 4 or 8 bytes. May raise; then nothing was written. */
export function writeMemory(vp: usize, linear: u64, bytes: u32, user: u32, value: u64): void {
  writeAs(vp, linear, bytes, user != 0, value);
}

/** Raises if a write would. */
export function probeWrite(vp: usize, linear: u64, bytes: u32, user: u32): void {
  probeAs(vp, linear, bytes, user != 0);
}

/** Reads from a descriptor table or a task-state segment. */
export function readSystem(vp: usize, linear: u64, bytes: u32): u64 {
  return readMemory(vp, linear, bytes, 0);
}

export function writeSystem(vp: usize, linear: u64, bytes: u32, value: u64): void {
  writeMemory(vp, linear, bytes, 0, value);
}

/** Reads 8 bytes of guest-physical memory: entries of the page-directory-pointer table. */
export function readPhysical64(vp: usize, gpa: u64): u64 {
  return readPhysical(gpa, 8);
}

/** Forgets all translations, of global pages too. */
export function flushAll(vp: usize): void {
  flushAllTlb(vp);
}

export function flushNonGlobal(vp: usize): void {
  flushNonGlobalTlb(vp);
}

export function flushPage(vp: usize, linear: u64): void {
  flushPageTlb(vp, linear);
}

/** Leaves the interpreter after this instruction. */
export function requestExit(vp: usize): void {
  atomic.store<i32>(vp + EXIT_REQUEST, 1);
}

/** Lets the hypervisor handle an instruction; comes back when it is done, raises or unwinds otherwise. */
export function exitInstruction(vp: usize, op: usize, kind: u32): void {
  store<u32>(vp + EXIT_LENGTH, load<u8>(op + OP_LENGTH));
  const outcome = exitToHost(vp, kind);
  // A device may have worked at once and left code in memory.
  if (kind == EXIT_HYPERCALL || (kind == EXIT_PORT_IO && load<u32>(vp + EXIT_ACCESS) == 1)) noteDevices();
  if (outcome == OUTCOME_DONE) return;
  if (outcome == OUTCOME_GP) raiseGP(vp, 0);
  if (outcome == OUTCOME_UD) raiseUD(vp);
  if (outcome == OUTCOME_SUSPEND) unwindSuspend(vp);
  requestExit(vp);
}
