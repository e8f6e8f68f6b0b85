/** What happens between instructions: faults on their way, traps, NMIs, interrupts. Intel SDM volume 3, "Priority Among Concurrent Events". */

import {
  unwindShutdown,
  unwindSuspend,
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_DF,
  VECTOR_GP,
  VECTOR_NMI,
  VECTOR_PF,
  VECTOR_TS,
} from '../exception';
import { getFlags } from '../flags';
import { exitToHost } from '../environment';
import {
  ACTIVITY,
  ACTIVITY_HALTED,
  ACTIVITY_RUNNING,
  CURRENT_OP,
  DELIVERING,
  DR6,
  DR7,
  EVENT_ERROR,
  EVENT_HAS_ERROR,
  EVENT_VECTOR,
  EXCEPTION_FILTER,
  EXIT_CODE,
  EXIT_FLAGS,
  EXIT_LENGTH,
  EXIT_VECTOR,
  FAULT_ERROR,
  FAULT_HAS_ERROR,
  FAULT_VECTOR,
  FLAG_IF,
  FLAG_RF,
  INJECT_ERROR,
  INJECT_HAS_ERROR,
  INJECT_VECTOR,
  INSTRUCTION_RIP,
  INTERRUPT_REQUEST,
  LAST_VECTOR,
  NMI_BLOCKED,
  NMI_PENDING,
  PENDING_DEBUG,
  RFLAGS,
  RIP,
  SHADOW,
  SHADOW_MOV_SS,
} from '../state';
import { EXIT_ACKNOWLEDGE, EXIT_EXCEPTION, OUTCOME_SUSPEND } from './core-access';
import { deliver, SOURCE_EXTERNAL } from './interrupt';

const NOTHING: i32 = -1;

/** 0 benign, 1 contributory, 2 page fault, 3 double fault. */
function severity(vector: i32): u32 {
  if (vector == VECTOR_DF) return 3;
  if (vector == VECTOR_PF) return 2;
  if (vector == VECTOR_DE || (vector >= VECTOR_TS && vector <= VECTOR_GP)) return 1;
  return 0;
}

/** Exceptions that push RF set, so that an instruction breakpoint does not hit again: all faults but #DB itself. */
function isFault(vector: i32): bool {
  return vector < 32 && ((0x000b7ce1 >> vector) & 1) != 0;
}

/** Notes the event whose delivery starts. */
function beginDelivery(vp: usize, vector: i32, hasError: bool, error: u32): void {
  store<u32>(vp + LAST_VECTOR, vector);
  store<i32>(vp + EVENT_VECTOR, vector);
  store<u32>(vp + EVENT_ERROR, error);
  store<u32>(vp + EVENT_HAS_ERROR, hasError ? 1 : 0);
}

function endDelivery(vp: usize): void {
  store<i32>(vp + EVENT_VECTOR, NOTHING);
  store<i32>(vp + DELIVERING, NOTHING);
}

/**
 * Delivers the exception of the fault record, combined with the one whose delivery it interrupted. May raise again:
 * the caller then calls it once more.
 */
export function deliverException(vp: usize): void {
  store<u32>(vp + CURRENT_OP, 0);
  let vector = load<i32>(vp + FAULT_VECTOR);
  let error = load<u32>(vp + FAULT_ERROR);
  let hasError = load<u32>(vp + FAULT_HAS_ERROR) != 0;
  const first = load<i32>(vp + DELIVERING);
  if (first >= 0) {
    const before = severity(first);
    const now = severity(vector);
    if (before == 3 && now > 0) {
      shutDown(vp);
      return;
    }
    if (now > 0 && (before == 2 || (before == 1 && now == 1))) {
      vector = VECTOR_DF;
      error = 0;
      hasError = true;
    }
  }
  deliverVector(vp, vector, hasError, error);
}

function shutDown(vp: usize): void {
  endDelivery(vp);
  unwindShutdown(vp);
}

/** Lets the hypervisor see an exception of its filter: false when it takes over. */
function passesFilter(vp: usize, vector: i32, hasError: bool, error: u32): bool {
  if (vector >= 32 || !((load<u32>(vp + EXCEPTION_FILTER) >> vector) & 1)) return true;
  store<u32>(vp + EXIT_VECTOR, vector);
  store<u32>(vp + EXIT_CODE, error);
  store<u32>(vp + EXIT_FLAGS, hasError ? 1 : 0);
  store<u32>(vp + EXIT_LENGTH, 0);
  return exitToHost(vp, EXIT_EXCEPTION) != OUTCOME_SUSPEND;
}

function filter(vp: usize, vector: i32, hasError: bool, error: u32): void {
  if (passesFilter(vp, vector, hasError, error)) return;
  store<i32>(vp + DELIVERING, NOTHING);
  unwindSuspend(vp);
}

function deliverVector(vp: usize, vector: i32, hasError: bool, error: u32): void {
  filter(vp, vector, hasError, error);
  deliverUnfiltered(vp, vector, hasError, error);
}

/** INT3, INTO, INT1: the hypervisor may see them first, in front of the instruction. */
export function softwareException(vp: usize, vector: u32, source: u32): void {
  const returnRip = load<u64>(vp + RIP);
  store<u64>(vp + RIP, load<u64>(vp + INSTRUCTION_RIP));
  if (!passesFilter(vp, vector, false, 0)) unwindSuspend(vp);
  store<u64>(vp + RIP, returnRip);
  // The instruction counts as completed: it has cleared RF.
  store<u32>(vp + RFLAGS, load<u32>(vp + RFLAGS) & ~FLAG_RF);
  deliver(vp, vector, source, returnRip, false, 0);
}

function deliverUnfiltered(vp: usize, vector: i32, hasError: bool, error: u32): void {
  store<i32>(vp + DELIVERING, vector);
  beginDelivery(vp, vector, hasError, error);
  const flags = getFlags(vp);
  // RF belongs into the pushed image only; a failed delivery must not leave it behind, and setting it twice is harmless.
  if (isFault(vector)) store<u32>(vp + RFLAGS, flags | FLAG_RF);
  store<u32>(vp + SHADOW, 0);
  deliver(vp, vector, SOURCE_EXTERNAL, load<u64>(vp + RIP), hasError, error);
  // General detect is off in the handler of debug exceptions.
  if (vector == VECTOR_DB) store<u64>(vp + DR7, load<u64>(vp + DR7) & ~(<u64>0x2000));
  endDelivery(vp);
}

/** Raises what a parent or the hypervisor injected. */
function deliverInjected(vp: usize): void {
  const vector = load<i32>(vp + INJECT_VECTOR);
  store<i32>(vp + INJECT_VECTOR, NOTHING);
  wake(vp);
  deliverUnfiltered(vp, vector, load<u32>(vp + INJECT_HAS_ERROR) != 0, load<u32>(vp + INJECT_ERROR));
}

function wake(vp: usize): void {
  if (load<u32>(vp + ACTIVITY) == ACTIVITY_HALTED) store<u32>(vp + ACTIVITY, ACTIVITY_RUNNING);
}

function deliverDebugTrap(vp: usize): void {
  const bits = load<u32>(vp + PENDING_DEBUG);
  store<u64>(vp + DR6, (load<u64>(vp + DR6) & ~(<u64>0xf)) | bits);
  wake(vp);
  // Pending until it is delivered, or taken over: who takes it over clears it.
  filter(vp, VECTOR_DB, false, 0);
  store<u32>(vp + PENDING_DEBUG, 0);
  deliverUnfiltered(vp, VECTOR_DB, false, 0);
}

function deliverNmi(vp: usize): void {
  store<u32>(vp + NMI_PENDING, 0);
  store<u32>(vp + NMI_BLOCKED, 1);
  wake(vp);
  deliverUnfiltered(vp, VECTOR_NMI, false, 0);
}

function deliverExternal(vp: usize): bool {
  store<i32>(vp + EXIT_VECTOR, NOTHING);
  exitToHost(vp, EXIT_ACKNOWLEDGE);
  const vector = load<i32>(vp + EXIT_VECTOR);
  if (vector < 0) return false;
  wake(vp);
  beginDelivery(vp, vector, false, 0);
  // Interrupts are benign in the double-fault rules, whatever their vector.
  store<i32>(vp + DELIVERING, NOTHING);
  deliver(vp, vector, SOURCE_EXTERNAL, load<u64>(vp + RIP), false, 0);
  endDelivery(vp);
  return true;
}

/** True when `serviceEvents` would do something. */
export function hasEvent(vp: usize): bool {
  if (load<i32>(vp + INJECT_VECTOR) >= 0) return true;
  const shadow = load<u32>(vp + SHADOW);
  if (load<u32>(vp + PENDING_DEBUG) != 0 && shadow != SHADOW_MOV_SS) return true;
  if (shadow != 0) return false;
  if (load<u32>(vp + NMI_PENDING) != 0 && load<u32>(vp + NMI_BLOCKED) == 0) return true;
  return load<u32>(vp + INTERRUPT_REQUEST) != 0 && (load<u32>(vp + RFLAGS) & FLAG_IF) != 0;
}

/**
 * Delivers the most urgent event that may be delivered now, between two instructions: RIP is right and CURRENT_OP 0.
 * Gives true when RIP or the activity has changed. May raise.
 */
export function serviceEvents(vp: usize): bool {
  store<u32>(vp + CURRENT_OP, 0);
  if (load<i32>(vp + INJECT_VECTOR) >= 0) {
    deliverInjected(vp);
    return true;
  }
  const shadow = load<u32>(vp + SHADOW);
  if (load<u32>(vp + PENDING_DEBUG) != 0 && shadow != SHADOW_MOV_SS) {
    deliverDebugTrap(vp);
    return true;
  }
  if (shadow != 0) return false;
  if (load<u32>(vp + NMI_PENDING) != 0 && load<u32>(vp + NMI_BLOCKED) == 0) {
    deliverNmi(vp);
    return true;
  }
  if (load<u32>(vp + INTERRUPT_REQUEST) != 0 && (load<u32>(vp + RFLAGS) & FLAG_IF) != 0) return deliverExternal(vp);
  return false;
}
