/** The interpreter's loop: events, blocks, micro-ops. */

import { arenaGeneration, findBlock, isLasting } from '../blocks/find';
import { HANDLER_SYSTEM } from '../decoder/handlers';
import { instructionRip, raiseDB } from '../exception';
import { materializeFlags } from '../flags';
import { regionOf } from '../jit/compile';
import { IN_REGIONS } from '../jit/counters';
import { REGION_HANDLED, REGION_LEFT, runRegions } from '../jit/enter';
import { interpreting, LEASE } from '../jit/regions';
import { OP_CODE16, OP_COUNT, OP_HANDLER, OP_LENGTH, OP_LINK, OP_LINK_NEXT, OP_OFFSET } from '../micro-op';
import { MODE_64, MODE_SINGLE } from '../mode-bits';
import {
  ACTIVITY, ACTIVITY_RUNNING, BREAKPOINTS_ARMED, CURRENT_OP, DR6, EXIT_REQUEST, FLAG_RF, FLAG_TF, INSTRUCTION_RIP,
  MODE_WORD, PENDING_DEBUG, RFLAGS, RIP, RIP_BASE, SHADOW, SHADOW_MOV_SS,
} from '../state';
import { executeSse } from '../sse/execute';
import { HANDLER_SSE } from '../sse/opcodes';
import {
  ARMED_CODE, ARMED_DATA, armBreakpoints, codeBreakpoints, forgetDataHits, isPageWatched, takeDataHits,
} from '../system/breakpoints';
import { hasEvent, serviceEvents } from '../system/events';
import { executeSystem } from '../system/execute';
import { branched, hot } from '../generated/hot';
import { executeInteger } from './integer';
import { count, isBelow, takeCount } from './progress';
import { isRepeating, startInstruction } from './repeat';

/** Results of `run`. */
export const RUN_BUDGET: u32 = 0;
export const RUN_INACTIVE: u32 = 1;
export const RUN_REQUESTED: u32 = 2;

/** Elements of a repeated string instruction that are executed before events are looked at again. */
const MOST_ELEMENTS: u32 = 65536;
/** DR6.BS. */
const SINGLE_STEP: u32 = 0x4000;

// @ts-ignore: decorator
@inline
function ripAt(vp: usize, offset: u32): u64 {
  const rip = load<u64>(vp + RIP_BASE) + offset;
  // 16-bit code does not wrap by itself: it runs against the limit.
  return load<u32>(vp + MODE_WORD) & MODE_64 ? rip : rip & 0xffffffff;
}

/** Executes about `budget` instructions, and exactly one for 1. RIP and RFLAGS are whole afterwards. May unwind. */
export function run(vp: usize, budget: i32): u32 {
  armBreakpoints(vp);
  store<u32>(vp + CURRENT_OP, 0);
  while (budget > 0) {
    if (hasEvent(vp)) serviceEvents(vp);
    if (load<u32>(vp + ACTIVITY) != ACTIVITY_RUNNING) {
      materializeFlags(vp);
      return RUN_INACTIVE;
    }
    if (budget == 1 || mustStep(vp)) {
      step(vp);
      budget -= 1;
    } else budget -= runBlocks(vp, budget);
    if (atomic.load<i32>(vp + EXIT_REQUEST) != 0) {
      atomic.store<i32>(vp + EXIT_REQUEST, 0);
      materializeFlags(vp);
      return RUN_REQUESTED;
    }
  }
  materializeFlags(vp);
  return RUN_BUDGET;
}

/** Whether something hangs on the end of the next instruction, or on its address. */
function mustStep(vp: usize): bool {
  if (load<u32>(vp + SHADOW) != 0 || load<u32>(vp + RFLAGS) & (FLAG_TF | FLAG_RF)) return true;
  const armed = load<u32>(vp + BREAKPOINTS_ARMED);
  if (armed == 0) return false;
  return (armed & ARMED_DATA) != 0 || isPageWatched(vp);
}

/** One instruction, with breakpoints on it and what hangs on its end: debug traps, end of a shadow, RF. */
export function step(vp: usize): void {
  if (load<u32>(vp + BREAKPOINTS_ARMED) & ARMED_CODE) checkBreakpoint(vp);
  const op = findBlock(vp, MODE_SINGLE);
  const stepping = load<u32>(vp + RFLAGS) & FLAG_TF;
  const code = <u32>load<u16>(op + OP_CODE16);
  forgetDataHits();
  const exact = stepping != 0 || (load<u32>(vp + BREAKPOINTS_ARMED) & ARMED_DATA) != 0;
  startInstruction(exact ? 1 : MOST_ELEMENTS);
  execute(vp, op);
  takeCount(vp);
  // A fault unwound before this: shadow and RF last until an instruction completes.
  let traps = takeDataHits();
  if (stepping && !endsStepping(vp, code)) traps |= SINGLE_STEP;
  if (traps) store<u32>(vp + PENDING_DEBUG, load<u32>(vp + PENDING_DEBUG) | traps);
}

/** #DB in front of an instruction with a code breakpoint, unless RF or MOV SS holds it off. */
function checkBreakpoint(vp: usize): void {
  if (load<u32>(vp + RFLAGS) & FLAG_RF || load<u32>(vp + SHADOW) == SHADOW_MOV_SS) return;
  const hits = codeBreakpoints(vp);
  if (hits == 0) return;
  store<u64>(vp + DR6, (load<u64>(vp + DR6) & ~(<u64>15)) | hits);
  raiseDB(vp);
}

/** Software interrupts clear TF before the trap would come; SYSCALL and SYSRET go by the new TF and see to it themselves. */
function endsStepping(vp: usize, code: u32): bool {
  switch (code) {
    case 0xcc: case 0xcd: case 0xf1: case 0x105: case 0x107:
      return true;
    case 0xce:
      return !(load<u32>(vp + RFLAGS) & FLAG_TF);
  }
  return false;
}

/** Executes one generic micro-op with RIP ready; leaves RIP at the next instruction. */
function execute(vp: usize, op: usize): void {
  const shadow = load<u32>(vp + SHADOW);
  const resume = load<u32>(vp + RFLAGS) & FLAG_RF;
  const isIret = load<u16>(op + OP_CODE16) == 0xcf;
  store<u32>(vp + CURRENT_OP, <u32>op);
  store<u64>(vp + INSTRUCTION_RIP, instructionRip(vp));
  store<u64>(vp + RIP, ripAt(vp, <u32>load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)));
  const handler = <u32>load<u16>(op + OP_HANDLER);
  if (handler >= HANDLER_SSE) executeSse(vp, op, handler);
  else if (handler == HANDLER_SYSTEM) executeSystem(vp, op);
  else executeInteger(vp, op);
  // One shadow does not follow another of its kind.
  if (shadow != 0 && load<u32>(vp + SHADOW) == shadow) store<u32>(vp + SHADOW, 0);
  if (resume && !isIret && !isRepeating()) store<u32>(vp + RFLAGS, load<u32>(vp + RFLAGS) & ~FLAG_RF);
  count(load<u8>(op + OP_COUNT));
  store<u32>(vp + CURRENT_OP, 0);
}

/** The page that a branch's target must be in for a link; and the arena that both are in. */
let linkPage: u64 = 0;

/** Runs blocks to the next event or until about `limit` instructions; gives the instructions executed. */
function runBlocks(vp: usize, limit: i32): i32 {
  let from: usize = 0;
  const watched = (load<u32>(vp + BREAKPOINTS_ARMED) & ARMED_CODE) != 0;
  startInstruction(MOST_ELEMENTS);
  while (isBelow(limit)) {
    if (watched && isPageWatched(vp)) break;
    const generation = arenaGeneration;
    let op = findBlock(vp, 0);
    const lasting = isLasting(op);
    const region = lasting && !watched && !interpreting ? regionOf(vp, op) : 0;
    if (region != 0) {
      from = 0;
      store<u32>(IN_REGIONS, 1);
      const how = runRegions(vp, region, limit);
      store<u32>(IN_REGIONS, 0);
      if (how == REGION_LEFT || (how == REGION_HANDLED && !isRepeating())) {
        if (atomic.load<i32>(vp + EXIT_REQUEST) != 0 || hasEvent(vp)) break;
        continue;
      }
      if (how == REGION_HANDLED) break;
      op = findBlock(vp, 0);
    } else if (from != 0 && generation == arenaGeneration && load<u64>(vp + RIP_BASE) == linkPage && lasting) {
      store<u32>(from + OP_LINK, <u32>op);
      store<u32>(from + OP_LINK_NEXT, LEASE);
    }
    op = hot(vp, op, limit);
    from = 0;
    if (op == 0) {
      if (isRepeating()) break;
      from = branched;
      linkPage = load<u64>(vp + RIP_BASE);
    } else if (leaveBlock(vp, op)) break;
    store<u32>(vp + CURRENT_OP, 0);
    if (atomic.load<i32>(vp + EXIT_REQUEST) != 0 || hasEvent(vp)) break;
  }
  return max<i32>(1, takeCount(vp));
}

/** Where `hot` does not go on: a system instruction, true since it may change everything; or code that has changed. */
function leaveBlock(vp: usize, op: usize): bool {
  if (load<u16>(op + OP_HANDLER) == HANDLER_SYSTEM) {
    execute(vp, op);
    return true;
  }
  store<u64>(vp + RIP, ripAt(vp, load<u16>(op + OP_OFFSET)));
  count(load<u8>(op + OP_COUNT) - 1);
  return false;
}
