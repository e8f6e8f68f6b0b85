/**
 * Raising exceptions: the fault record is stored, RIP is put back to the faulting instruction, and the stack of the
 * core is unwound by a throw in TypeScript, which then calls `deliverException` and runs on.
 * Intel SDM volume 3, "Interrupt and Exception Handling".
 */

import { raiseToHost } from './environment';
import { countUnwound } from './interpreter/progress';
import { OP_OFFSET, OP_SEGMENT } from './micro-op';
import {
  CR2,
  CURRENT_OP,
  DELIVERING,
  EVENT_ERROR,
  EVENT_HAS_ERROR,
  EVENT_VECTOR,
  FAULT_ERROR,
  FAULT_HAS_ERROR,
  FAULT_VECTOR,
  INJECT_ERROR,
  INJECT_HAS_ERROR,
  INJECT_VECTOR,
  INSTRUCTION_RIP,
  MODE_WORD,
  RIP,
  RIP_BASE,
  SS,
} from './state';
import { MODE_64 } from './mode-bits';

export const VECTOR_DE: i32 = 0;
export const VECTOR_DB: i32 = 1;
export const VECTOR_NMI: i32 = 2;
export const VECTOR_BP: i32 = 3;
export const VECTOR_OF: i32 = 4;
export const VECTOR_BR: i32 = 5;
export const VECTOR_UD: i32 = 6;
export const VECTOR_NM: i32 = 7;
export const VECTOR_DF: i32 = 8;
export const VECTOR_TS: i32 = 10;
export const VECTOR_NP: i32 = 11;
export const VECTOR_SS: i32 = 12;
export const VECTOR_GP: i32 = 13;
export const VECTOR_PF: i32 = 14;
export const VECTOR_MF: i32 = 16;
export const VECTOR_AC: i32 = 17;
export const VECTOR_XM: i32 = 19;

/** FAULT_VECTOR when no exception was raised: the instruction stays unfinished and the VP leaves `run`. */
export const UNWIND_SUSPEND: i32 = -1;
/** FAULT_VECTOR: the VP is shut down (triple fault). */
export const UNWIND_SHUTDOWN: i32 = -2;
/** FAULT_VECTOR: state is consistent, look at everything again (a mode change in the middle, code made void …). */
export const UNWIND_RESTART: i32 = -3;

/** RIP of the instruction that CURRENT_OP belongs to. */
export function instructionRip(vp: usize): u64 {
  const op = load<u32>(vp + CURRENT_OP);
  if (op == 0) return load<u64>(vp + RIP);
  const rip = load<u64>(vp + RIP_BASE) + load<u16>(<usize>op + OP_OFFSET);
  return load<u32>(vp + MODE_WORD) & MODE_64 ? rip : rip & 0xffffffff;
}

/** Unwinds with RIP at the current instruction. Never returns. */
function unwind(vp: usize, vector: i32, errorCode: u32, hasErrorCode: u32): void {
  const rip = instructionRip(vp);
  store<u64>(vp + RIP, rip);
  store<u64>(vp + INSTRUCTION_RIP, rip);
  store<i32>(vp + FAULT_VECTOR, vector);
  store<u32>(vp + FAULT_ERROR, errorCode);
  store<u32>(vp + FAULT_HAS_ERROR, hasErrorCode);
  countUnwound(vp);
  raiseToHost();
}

/** Raises an exception without an error code. Never returns. */
export function raise(vp: usize, vector: i32): void {
  unwind(vp, vector, 0, 0);
}

/** Raises an exception with an error code. Never returns. */
export function raiseWithCode(vp: usize, vector: i32, errorCode: u32): void {
  unwind(vp, vector, errorCode, 1);
}

/**
 * Leaves `run` with RIP at the current instruction, which is executed again later; an event whose delivery was under way
 * is delivered again. Never returns.
 */
export function unwindSuspend(vp: usize): void {
  const event = load<i32>(vp + EVENT_VECTOR);
  if (event >= 0) {
    store<i32>(vp + INJECT_VECTOR, event);
    store<u32>(vp + INJECT_ERROR, load<u32>(vp + EVENT_ERROR));
    store<u32>(vp + INJECT_HAS_ERROR, load<u32>(vp + EVENT_HAS_ERROR));
    store<i32>(vp + EVENT_VECTOR, -1);
    store<i32>(vp + DELIVERING, -1);
  }
  unwind(vp, UNWIND_SUSPEND, 0, 0);
}

/** Shuts the VP down: triple fault. Never returns. */
export function unwindShutdown(vp: usize): void {
  unwind(vp, UNWIND_SHUTDOWN, 0, 0);
}

export function raiseDE(vp: usize): void {
  unwind(vp, VECTOR_DE, 0, 0);
}

/** #DB as a fault (instruction breakpoint, general detect): the caller has set DR6. Traps use PENDING_DEBUG. */
export function raiseDB(vp: usize): void {
  unwind(vp, VECTOR_DB, 0, 0);
}

export function raiseBR(vp: usize): void {
  unwind(vp, VECTOR_BR, 0, 0);
}

export function raiseUD(vp: usize): void {
  unwind(vp, VECTOR_UD, 0, 0);
}

export function raiseNM(vp: usize): void {
  unwind(vp, VECTOR_NM, 0, 0);
}

export function raiseTS(vp: usize, errorCode: u32): void {
  unwind(vp, VECTOR_TS, errorCode, 1);
}

export function raiseNP(vp: usize, errorCode: u32): void {
  unwind(vp, VECTOR_NP, errorCode, 1);
}

export function raiseSS(vp: usize, errorCode: u32): void {
  unwind(vp, VECTOR_SS, errorCode, 1);
}

export function raiseGP(vp: usize, errorCode: u32): void {
  unwind(vp, VECTOR_GP, errorCode, 1);
}

/** #PF: CR2 becomes `linear`. */
export function raisePF(vp: usize, linear: u64, errorCode: u32): void {
  store<u64>(vp + CR2, linear);
  unwind(vp, VECTOR_PF, errorCode, 1);
}

export function raiseMF(vp: usize): void {
  unwind(vp, VECTOR_MF, 0, 0);
}

export function raiseAC(vp: usize): void {
  unwind(vp, VECTOR_AC, 0, 1);
}

export function raiseXM(vp: usize): void {
  unwind(vp, VECTOR_XM, 0, 0);
}

/** A non-canonical address: #SS(0) through the stack segment, else #GP(0). */
export function raiseNonCanonical(vp: usize): void {
  const op = load<u32>(vp + CURRENT_OP);
  const viaStack = op != 0 && (load<u8>(<usize>op + OP_SEGMENT) & 7) == SS;
  unwind(vp, viaStack ? VECTOR_SS : VECTOR_GP, 0, 1);
}

/** A segment's own checks failed: #SS(0) for the stack segment, else #GP(0). */
export function raiseSegment(vp: usize, segment: u32): void {
  unwind(vp, segment == SS ? VECTOR_SS : VECTOR_GP, 0, 1);
}
