/** Self-modifying code: blocks whose bytes were written are void, and so is every micro-op of theirs. */

import { HANDLER_STALE } from '../decoder/handlers';
import { BLOCK_HASH, BLOCK_HASH_ENTRIES, CODE_TABLE, GRANULES, SLOW_WRITES } from '../layout';
import { dropRegionsOf } from '../jit/regions';
import { OP_BYTES, OP_HANDLER } from '../micro-op';

// A block: this header, then its micro-ops.
export const BLOCK_BYTES: usize = 48;
/** Host address of its first instruction (u32). */
export const BLOCK_HOST: usize = 0;
/** Mode bits that it was decoded for (u32). */
export const BLOCK_MODE: usize = 4;
/** Next block with the same hash, next block of the same page (u32). */
export const BLOCK_NEXT_HASH: usize = 8;
export const BLOCK_NEXT_IN_PAGE: usize = 12;
/** Micro-ops (u32). */
export const BLOCK_COUNT: usize = 16;
/** Host address behind its last instruction, sum of its bytes, epoch of their last check (u32 each). */
export const BLOCK_END: usize = 20;
export const BLOCK_SUM: usize = 24;
export const BLOCK_EPOCH: usize = 28;
/**
 * Entries until the JIT looks at it again, which the interpreter's loop counts down: 0 leads out of that loop. And its
 * region: number + 1 | entry << 24, 0 without one (u32 each).
 */
export const BLOCK_WAIT: usize = 32;
export const BLOCK_REGION: usize = 36;
/** 1 when its region is to check each access alone (u32). */
export const BLOCK_UNGROUPED: usize = 40;

/** Place in BLOCK_HASH of a block. */
// @ts-ignore: decorator
@inline
export function hashSlot(host: u32, mode: u32): usize {
  return BLOCK_HASH + ((<usize>(((host ^ (mode << 7)) * 0x9e3779b1) >> 16) & (BLOCK_HASH_ENTRIES - 1)) << 2);
}

/** Writes beside a page's code after which the code is dropped: memory that was freed and is used for data now. */
const MOST_SLOW_WRITES: u32 = 512;

/** Counts a write to a page with code, of bytes that are none; true when the page better had no code. */
export function isForgotten(host: usize): bool {
  const at = SLOW_WRITES + ((host >> 12) << 1);
  const writes = <u32>load<u16>(at) + 1;
  store<u16>(at, <u16>(writes < MOST_SLOW_WRITES ? writes : 0));
  return writes == MOST_SLOW_WRITES;
}

/** Drops the page's blocks when the written bytes touch decoded ones. */
export function invalidateWritten(host: usize, bytes: u32): void {
  const covered = load<u64>(GRANULES + ((host >> 12) << 3));
  const first = <u32>(host >> 6) & 63;
  const last = min<u32>(63, <u32>(((host & 0xfff) + bytes - 1) >> 6));
  const written = (<u64>-1 << first) & (<u64>-1 >> (63 - last));
  if (covered & written || isForgotten(host)) invalidatePage(host);
}

/** Drops all blocks of a host page. */
export function invalidatePage(host: usize): void {
  const page = host >> 12;
  dropRegionsOf(<u32>page);
  let block = <usize>load<u32>(CODE_TABLE + (page << 2));
  while (block != 0) {
    unhash(block);
    const count = load<u32>(block + BLOCK_COUNT);
    for (let i: usize = 0; i < count; i++) store<u16>(block + BLOCK_BYTES + i * OP_BYTES + OP_HANDLER, <u16>HANDLER_STALE);
    block = load<u32>(block + BLOCK_NEXT_IN_PAGE);
  }
  store<u32>(CODE_TABLE + (page << 2), 0);
  store<u64>(GRANULES + (page << 3), 0);
}

function unhash(block: usize): void {
  let slot = hashSlot(load<u32>(block + BLOCK_HOST), load<u32>(block + BLOCK_MODE));
  for (let other = <usize>load<u32>(slot); other != 0; other = load<u32>(slot)) {
    if (other == block) {
      store<u32>(slot, load<u32>(block + BLOCK_NEXT_HASH));
      return;
    }
    slot = other + BLOCK_NEXT_HASH;
  }
}
