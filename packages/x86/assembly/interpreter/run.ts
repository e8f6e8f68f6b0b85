/** The interpreter's loop: events, blocks, micro-ops. */

import { arenaGeneration, findBlock, isLasting } from '../blocks/find';
import { HANDLER_INTEGER, HANDLER_NEXT_BLOCK, HANDLER_STALE, HANDLER_SYSTEM } from '../decoder/handlers';
import { instructionRip } from '../exception';
import { materializeFlags } from '../flags';
import { OP_BYTES, OP_COUNT, OP_HANDLER, OP_LENGTH, OP_LINK, OP_OFFSET } from '../micro-op';
import { updateMode } from '../mode';
import { MODE_64, MODE_CODE_32, MODE_SINGLE } from '../mode-bits';
import {
  ACTIVITY, ACTIVITY_RUNNING, CURRENT_OP, EXIT_REQUEST, FLAG_RF, FLAG_TF, INSTRUCTION_RIP, INSTRUCTIONS, MODE_WORD,
  PENDING_DEBUG, RFLAGS, RIP, RIP_BASE, SHADOW,
} from '../state';
import { hasEvent, serviceEvents } from '../system/events';
import { executeSystem } from '../system/execute';
import { branched, executed, hot, resetExecuted } from './hot';
import { executeInteger } from './integer';

/** Results of `run`. */
export const RUN_BUDGET: u32 = 0;
export const RUN_INACTIVE: u32 = 1;
export const RUN_REQUESTED: u32 = 2;

/** DR6.BS. */
const SINGLE_STEP: u32 = 0x4000;

// @ts-ignore: decorator
@inline
function ripAt(vp: usize, offset: u32): u64 {
  const rip = load<u64>(vp + RIP_BASE) + offset;
  const mode = load<u32>(vp + MODE_WORD);
  return mode & MODE_64 ? rip : mode & MODE_CODE_32 ? rip & 0xffffffff : rip & 0xffff;
}

/** Executes about `budget` instructions. RIP and RFLAGS are whole afterwards. May unwind. */
export function run(vp: usize, budget: i32): u32 {
  updateMode(vp);
  store<u32>(vp + CURRENT_OP, 0);
  while (budget > 0) {
    if (hasEvent(vp)) serviceEvents(vp);
    if (load<u32>(vp + ACTIVITY) != ACTIVITY_RUNNING) {
      materializeFlags(vp);
      return RUN_INACTIVE;
    }
    if (load<u32>(vp + SHADOW) != 0 || load<u32>(vp + RFLAGS) & (FLAG_TF | FLAG_RF)) {
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

/** One instruction, with what hangs on its end: single-step trap, end of a shadow, RF. */
export function step(vp: usize): void {
  const op = findBlock(vp, MODE_SINGLE);
  const stepping = load<u32>(vp + RFLAGS) & FLAG_TF;
  execute(vp, op);
  // A fault unwound before this: shadow and RF last until an instruction completes.
  if (stepping) store<u32>(vp + PENDING_DEBUG, load<u32>(vp + PENDING_DEBUG) | SINGLE_STEP);
}

/** Executes one micro-op with RIP ready; leaves RIP at the next instruction. */
function execute(vp: usize, op: usize): void {
  const shadow = load<u32>(vp + SHADOW);
  store<u32>(vp + CURRENT_OP, <u32>op);
  store<u64>(vp + INSTRUCTION_RIP, instructionRip(vp));
  store<u64>(vp + RIP, ripAt(vp, <u32>load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH)));
  const wasSystem = load<u16>(op + OP_HANDLER) == HANDLER_SYSTEM;
  const resume = load<u32>(vp + RFLAGS) & FLAG_RF;
  if (!wasSystem) executeInteger(vp, op);
  else {
    store<u32>(vp + SHADOW, 0);
    executeSystem(vp, op);
  }
  if (shadow && !wasSystem) store<u32>(vp + SHADOW, 0);
  if (resume && !wasSystem) store<u32>(vp + RFLAGS, load<u32>(vp + RFLAGS) & ~FLAG_RF);
  store<u32>(vp + CURRENT_OP, 0);
  store<u64>(vp + INSTRUCTIONS, load<u64>(vp + INSTRUCTIONS) + 1);
}

/** The page that a branch's target must be in for a link; and the arena that both are in. */
let linkPage: u64 = 0;

/** Runs blocks to the next event or until about `limit` instructions; gives the instructions executed. */
function runBlocks(vp: usize, limit: i32): i32 {
  resetExecuted();
  let total: i32 = 0;
  let from: usize = 0;
  while (total + executed < limit) {
    const generation = arenaGeneration;
    let op = findBlock(vp, 0);
    if (from != 0 && generation == arenaGeneration && load<u64>(vp + RIP_BASE) == linkPage && isLasting(op)) {
      store<u32>(from + OP_LINK, <u32>op);
    }
    from = 0;
    while (true) {
      op = hot(vp, op, limit - total);
      if (op == 0) {
        from = branched;
        linkPage = load<u64>(vp + RIP_BASE);
        break;
      }
      const handler = <u32>load<u16>(op + OP_HANDLER);
      if (handler == HANDLER_INTEGER) {
        const next = ripAt(vp, <u32>load<u16>(op + OP_OFFSET) + load<u8>(op + OP_LENGTH));
        store<u64>(vp + RIP, next);
        executeInteger(vp, op);
        // A branch taken, or a string instruction with elements left.
        if (load<u64>(vp + RIP) != next) {
          total += load<u8>(op + OP_COUNT);
          break;
        }
        op += OP_BYTES;
      } else if (handler == HANDLER_SYSTEM) {
        total += load<u8>(op + OP_COUNT);
        execute(vp, op);
        // Everything may have changed; not counted twice.
        store<u64>(vp + INSTRUCTIONS, load<u64>(vp + INSTRUCTIONS) - 1);
        limit = 0;
        break;
      } else {
        // HANDLER_NEXT_BLOCK and HANDLER_STALE.
        store<u64>(vp + RIP, ripAt(vp, load<u16>(op + OP_OFFSET)));
        total += handler == HANDLER_NEXT_BLOCK ? load<u8>(op + OP_COUNT) : load<u8>(op + OP_COUNT) - 1;
        break;
      }
    }
    store<u32>(vp + CURRENT_OP, 0);
    if (atomic.load<i32>(vp + EXIT_REQUEST) != 0 || hasEvent(vp)) break;
  }
  total += executed;
  store<u64>(vp + INSTRUCTIONS, load<u64>(vp + INSTRUCTIONS) + total);
  return max<i32>(1, total);
}
