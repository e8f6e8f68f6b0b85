/** From the interpreter's loop into a region and back. */

import { BLOCK_BYTES, BLOCK_REGION } from '../blocks/invalidate';
import { jumpTarget, modeKey } from '../blocks/jump-cache';
import { epoch, sumBytes } from '../blocks/validity';
import { GPA_EXECUTE } from '../layout';
import { HANDLER_SYSTEM } from '../decoder/handlers';
import { beginRegionCount, endRegionCount, isBelow, leftOf } from '../interpreter/progress';
import { OP_CODE16, OP_HANDLER } from '../micro-op';
import { add, COUNT_ENTERED, COUNT_TO_COLD } from './counters';
import { link, useLinks } from './link-table';
import { EXITS, HANDLER_CALL_KINDS } from './memory-map';
import { gpaEntry } from '../memory/physical';
import { walk, walkGlobal, walkGpa } from '../memory/walk';
import { MODE_64, MODE_CPL } from '../mode-bits';
import { JIT_EPOCHS, LINK_MODE, MODE_WORD, RIP, RIP_BASE, UPPER_NOT_GLOBAL } from '../state';
import {
  dropRegion, ENTRY_DELTA, PAGE_DELTA, PAGE_HOST, REGION_BASE, REGION_CHECKED, REGION_ENTRIES, REGION_ENTRY_BYTES, REGION_EPOCH, REGION_HIGHEST, REGION_LOWEST, REGION_PAGE_BYTES,
  REGION_PAGE_COUNT, REGION_PAGES, REGION_RANGE_COUNT, REGION_RANGES, REGION_REFUSED, REGION_SLOT, REGION_SUM, regionAddress,
} from './regions';

/** Left in front of a block that may be anything. */
export const REGION_LEFT: u32 = 0;
/** Left in front of an instruction that the interpreter has to execute. */
export const REGION_INTERPRET: u32 = 1;
/** Left behind an instruction that a handler executed. */
export const REGION_HANDLED: u32 = 2;
/** Not entered: its pages are elsewhere now. */
export const REGION_MISPLACED: u32 = 3;

/** Entries refused before a region is dropped. */
const MOST_REFUSED: u32 = 64;

function isCanonical(linear: u64): bool {
  return <u64>((<i64>linear << 16) >> 16) == linear;
}

/** Epoch of the translations of the half that `base` lies in. */
// @ts-ignore: decorator
@inline
function epochAt(vp: usize, base: u64): u32 {
  return load<u32>(vp + JIT_EPOCHS + (<usize>(base >> 63) << 2));
}

/** Sum of the bytes that a region was made of. */
export function sumRegion(region: usize): u32 {
  const count = load<u32>(region + REGION_RANGE_COUNT);
  let at = <usize>load<u32>(region + REGION_RANGES);
  let sum: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < count; i++, at += 8) sum = sumBytes(sum, load<u32>(at), load<u32>(at + 4));
  return sum;
}

/** Whether no device wrote over the region's code, as far as one may have worked since it was checked. */
function isUnchanged(region: usize): bool {
  if (sumRegion(region) != load<u32>(region + REGION_SUM)) return false;
  store<u32>(region + REGION_CHECKED, epoch);
  return true;
}

/** Whether all pages are where they were when the region was made, relative to each other. */
function isInPlace(vp: usize, region: usize, base: u64): bool {
  const pages = load<u32>(region + REGION_PAGE_COUNT);
  const mode = load<u32>(vp + MODE_WORD);
  // Branches do not check where they lead: none may leave the canonical addresses.
  if (mode & MODE_64) {
    if (!isCanonical(base + load<u64>(region + REGION_LOWEST)) || !isCanonical(base + load<u64>(region + REGION_HIGHEST))) return false;
  }
  if (pages > 1) {
    const user = (mode & MODE_CPL) == 3;
    for (let i: usize = 0; i < pages; i++) {
      const page = region + REGION_PAGES + i * REGION_PAGE_BYTES;
      let linear = base + <u64>(<i64>load<i32>(page + PAGE_DELTA));
      if (!(mode & MODE_64)) linear &= 0xffffffff;
      if (walk(vp, linear, 2, user, true)) return false;
      const entry = gpaEntry(walkGpa);
      if (!(entry & GPA_EXECUTE) || entry >> 12 != load<u32>(page + PAGE_HOST)) return false;
      if (<i64>base < 0 && !walkGlobal) store<u32>(vp + UPPER_NOT_GLOBAL, 1);
    }
  }
  if (load<u32>(region + REGION_CHECKED) != epoch && !isUnchanged(region)) return false;
  store<u32>(region + REGION_EPOCH, epochAt(vp, base));
  store<u64>(region + REGION_BASE, base);
  return true;
}

/**
 * Runs the region of a block, and others as long as one leads to the next; RIP, flags and the count of instructions are
 * right afterwards.
 */
export function runRegions(vp: usize, reference: u32, limit: i32): u32 {
  const key = modeKey(load<u32>(vp + MODE_WORD));
  if (load<u32>(vp + LINK_MODE) != key) useLinks(vp, key);
  while (true) {
    const how = enterRegion(vp, reference, leftOf(limit));
    if (how != REGION_LEFT || !isBelow(limit)) return how;
    // Regions exist in flat code only, where RIP is the linear address.
    const rip = load<u64>(vp + RIP);
    const op = jumpTarget(vp, rip, key);
    if (op == 0) return how;
    reference = load<u32>(op - BLOCK_BYTES + BLOCK_REGION);
    if (reference == 0) {
      noteExit(op);
      return how;
    }
    store<u64>(vp + RIP_BASE, rip & ~(<u64>0xfff));
  }
}

/** Counts why the interpreter goes on. */
function noteExit(op: usize): void {
  if (load<u16>(op + OP_HANDLER) != HANDLER_SYSTEM) add(COUNT_TO_COLD, 1);
  else {
    const at = EXITS + ((<usize>load<u16>(op + OP_CODE16) & (HANDLER_CALL_KINDS - 1)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

/** Runs the region of a block; RIP, flags and the count of instructions are right afterwards. */
function enterRegion(vp: usize, reference: u32, left: i32): u32 {
  const index = (reference & 0xffffff) - 1;
  const entry = reference >> 24;
  const region = regionAddress(index);
  const base = load<u64>(vp + RIP_BASE) - <u64>(<i64>load<i32>(region + REGION_ENTRIES + <usize>entry * REGION_ENTRY_BYTES + ENTRY_DELTA));
  const isKnown = load<u32>(region + REGION_EPOCH) == epochAt(vp, base) && load<u64>(region + REGION_BASE) == base;
  if (!isKnown && !isInPlace(vp, region, base)) {
    const refused = load<u32>(region + REGION_REFUSED) + 1;
    store<u32>(region + REGION_REFUSED, refused);
    add(COUNT_ENTERED + (<usize>REGION_MISPLACED << 2), 1);
    if (refused > MOST_REFUSED) dropRegion(index);
    return REGION_MISPLACED;
  }
  const slot = load<u32>(region + REGION_SLOT);
  link(vp, load<u64>(vp + RIP), slot, entry, base);
  beginRegionCount(left);
  const result = call_indirect<u32>(slot, vp, entry, base, left);
  endRegionCount(vp);
  add(COUNT_ENTERED + (<usize>result << 2), 1);
  return result;
}
