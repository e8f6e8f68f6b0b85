/** The state after power-up or INIT, and the start of an application processor. Intel SDM volume 3, "Processor State After Reset". */

import { updateMode } from '../mode';
import {
  ACTIVITY,
  ACTIVITY_RUNNING,
  ACTIVITY_WAIT_FOR_SIPI,
  BREAKPOINTS_ARMED,
  CC_OP,
  CR0,
  CR0_CD,
  CR0_ET,
  CR0_NW,
  CR2,
  CR3,
  CR4,
  CR8,
  CS,
  CURRENT_OP,
  DELIVERING,
  DR0,
  DR6,
  DR7,
  EFER,
  EVENT_VECTOR,
  GDTR,
  IDTR,
  INJECT_VECTOR,
  LDTR,
  MISC_ENABLE,
  MXCSR,
  NMI_BLOCKED,
  NMI_PENDING,
  PAT,
  PENDING_DEBUG,
  RAX,
  RDX,
  RFLAGS,
  RIP,
  SEG_LIMIT,
  SHADOW,
  TLB_EMPTY,
  TLB_ENTRIES,
  TLB_ENTRY_BYTES,
  TR,
  XCR0,
} from '../state';
import { clearTlb } from '../memory/tlb';
import { flushAll } from './core-access';
import { setRealSegment, setSegment } from './descriptor';

/** CPUID leaf 1 EAX: RDX holds it after reset. */
const SIGNATURE: u64 = 0x106ca;

function clearRegisters(vp: usize): void {
  memory.fill(vp + RAX, 0, 128);
  store<u64>(vp + RDX, SIGNATURE);
  store<u64>(vp + RIP, 0xfff0);
  store<u64>(vp + RFLAGS, 2);
  store<u32>(vp + CC_OP, 0);
  memory.fill(vp + DR0, 0, 32);
  store<u64>(vp + DR6, 0xffff0ff0);
  store<u64>(vp + DR7, 0x400);
  store<u64>(vp + CR2, 0);
  store<u64>(vp + CR3, 0);
  store<u64>(vp + CR4, 0);
  store<u64>(vp + CR8, 0);
  store<u64>(vp + EFER, 0);
}

function clearEvents(vp: usize): void {
  store<i32>(vp + DELIVERING, -1);
  store<i32>(vp + EVENT_VECTOR, -1);
  store<i32>(vp + INJECT_VECTOR, -1);
  store<u32>(vp + SHADOW, 0);
  store<u32>(vp + NMI_PENDING, 0);
  store<u32>(vp + NMI_BLOCKED, 0);
  store<u32>(vp + PENDING_DEBUG, 0);
  store<u32>(vp + BREAKPOINTS_ARMED, 0);
  store<u32>(vp + CURRENT_OP, 0);
}

function clearSegments(vp: usize): void {
  for (let segment: u32 = 0; segment < 6; segment++) setSegment(vp, segment, 0, 0, 0xffff, 0x93);
  setSegment(vp, CS, 0xf000, 0xffff0000, 0xffff, 0x9b);
  setSegment(vp, LDTR, 0, 0, 0xffff, 0x82);
  setSegment(vp, TR, 0, 0, 0xffff, 0x8b);
  store<u64>(vp + GDTR, 0);
  store<u32>(vp + GDTR + SEG_LIMIT, 0xffff);
  store<u64>(vp + IDTR, 0);
  store<u32>(vp + IDTR + SEG_LIMIT, 0xffff);
}

/** INIT: registers as after reset except for caches, MSRs and floating point; waits for SIPI. */
export function initialize(vp: usize): void {
  const caches = load<u64>(vp + CR0) & (CR0_CD | CR0_NW);
  clearRegisters(vp);
  clearEvents(vp);
  clearSegments(vp);
  store<u64>(vp + CR0, caches | CR0_ET);
  store<u32>(vp + ACTIVITY, ACTIVITY_WAIT_FOR_SIPI);
  updateMode(vp);
  flushAll(vp);
}

/** Power-up: everything, running at the reset vector. */
export function reset(vp: usize): void {
  clearTlb(vp);
  memory.fill(vp + TLB_EMPTY, 0xff, TLB_ENTRIES * TLB_ENTRY_BYTES);
  initialize(vp);
  store<u64>(vp + CR0, CR0_CD | CR0_NW | CR0_ET);
  store<u64>(vp + XCR0, 1);
  store<u64>(vp + PAT, 0x0007040600070406);
  store<u64>(vp + MISC_ENABLE, 1);
  store<u32>(vp + MXCSR, 0x1f80);
  store<u32>(vp + ACTIVITY, ACTIVITY_RUNNING);
  updateMode(vp);
}

/** SIPI: real mode at `vector` << 12, unless the processor does not wait for it. */
export function startUp(vp: usize, vector: u32): void {
  if (load<u32>(vp + ACTIVITY) != ACTIVITY_WAIT_FOR_SIPI) return;
  setRealSegment(vp, CS, (vector & 0xff) << 8, false);
  store<u64>(vp + RIP, 0);
  store<u32>(vp + ACTIVITY, ACTIVITY_RUNNING);
  updateMode(vp);
}
