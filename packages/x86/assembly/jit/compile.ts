/** Makes regions of the blocks that run often. */

import { BLOCK_BYTES, BLOCK_HOST, BLOCK_MODE, BLOCK_REGION, BLOCK_WAIT } from '../blocks/invalidate';
import { coverCode } from '../blocks/find';
import { epoch } from '../blocks/validity';
import { installRegion } from '../environment';
import { MODE_64, MODE_CODE_32, MODE_FLAT, MODE_PROTECTED, MODE_SINGLE, MODE_STACK_32 } from '../mode-bits';
import { RIP_BASE } from '../state';
import { add, COMPILING, COUNT_BYTES, COUNT_COMPILED, COUNT_FAILED, COUNT_INSTRUCTIONS } from './counters';
import { analyse, entryCount, entryNode } from './flow';
import { sumRegion } from './enter';
import { beginFrame } from './frame';
import { grow } from './grow';
import { MODULE, REGION_OPS_END } from './memory-map';
import { writeModule } from './module';
import { node, NODE_BLOCK, NODE_CODE_BYTES, NODE_COUNT, NODE_DELTA, NODE_HOST, NODE_NEXT_DELTA, NODE_TAIL, NODE_TAKEN_DELTA, nodeCount } from './nodes';
import {
  dropRegion, dropRegions, ENTRY_BLOCK, ENTRY_DELTA, firstWait, nextOp, REGION_CHECKED, REGION_DISTANCES, REGION_ENTRIES, REGION_ENTRY_BYTES, REGION_ENTRY_COUNT, REGION_EPOCH, REGION_HIGHEST,
  REGION_LIVE, REGION_LOWEST, REGION_MISSES, REGION_OPS_RESERVE, REGION_PAGE_COUNT, REGION_RANGE_COUNT, REGION_RANGES, REGION_REFUSED, REGION_SLOT, REGION_SUM, regionAddress, reserveOps, takeRecord, WAIT_FOREVER,
} from './regions';
import { hasOverflown } from './structure';
import { beginRegion, distances } from './translate';

/** Instructions in a region at which it stops growing. */
const MOST_INSTRUCTIONS: u32 = 500;
const PROTECTED_FLAT: u32 = MODE_FLAT | MODE_CODE_32 | MODE_STACK_32 | MODE_PROTECTED;

/** The region of the block at `op`, compiled when its turn has come; 0 if there is none. */
export function regionOf(vp: usize, op: usize): u32 {
  const block = op - BLOCK_BYTES;
  const region = load<u32>(block + BLOCK_REGION);
  if (region != 0) return region;
  const wait = load<u32>(block + BLOCK_WAIT);
  if (wait != 0) {
    store<u32>(block + BLOCK_WAIT, wait - 1);
    return 0;
  }
  store<u32>(block + BLOCK_WAIT, WAIT_FOREVER);
  if (firstWait == WAIT_FOREVER) return 0;
  const mode = load<u32>(block + BLOCK_MODE);
  const suits = mode & MODE_64 ? true : (mode & PROTECTED_FLAT) == PROTECTED_FLAT;
  if (suits && !(mode & MODE_SINGLE)) {
    store<u32>(COMPILING, 1);
    compile(vp, block, mode);
    store<u32>(COMPILING, 0);
  }
  return load<u32>(block + BLOCK_REGION);
}

function compile(vp: usize, block: usize, mode: u32): void {
  if (nextOp + REGION_OPS_RESERVE > REGION_OPS_END) dropRegions();
  const index = takeRecord();
  const region = regionAddress(index);
  store<u32>(region + REGION_PAGE_COUNT, 0);
  store<u32>(region + REGION_ENTRY_COUNT, 0);
  store<u32>(region + REGION_SLOT, 0);
  const delta = <i32>load<u32>(block + BLOCK_HOST) & 0xfff;
  if (!grow(vp, mode, block, load<u64>(vp + RIP_BASE), delta, MOST_INSTRUCTIONS, region, index) || !analyse()) {
    add(COUNT_FAILED, 1);
    dropRegion(index);
    return;
  }
  beginRegion((mode & MODE_64) != 0);
  store<u32>(region + REGION_DISTANCES, <u32>distances);
  store<u32>(region + REGION_MISSES, 0);
  beginFrame(region);
  const length = writeModule();
  const slot = hasOverflown() ? 0 : installRegion(index, <u32>MODULE, length);
  if (slot == 0) {
    add(COUNT_FAILED, 1);
    dropRegion(index);
    return;
  }
  store<u32>(region + REGION_SLOT, slot);
  store<u32>(region + REGION_EPOCH, 0);
  store<u32>(region + REGION_REFUSED, 0);
  store<u32>(region + REGION_LIVE, 1);
  add(COUNT_COMPILED, 1);
  add(COUNT_BYTES, length);
  for (let i: i32 = 0; i < <i32>nodeCount; i++) add(COUNT_INSTRUCTIONS, load<u32>(node(i) + NODE_COUNT));
  noteTargets(region);
  noteRanges(region);
  enterBlocks(region, index);
}

/** Notes how far the region's branches lead. */
function noteTargets(region: usize): void {
  let lowest: i64 = 0;
  let highest: i64 = 0;
  for (let i: i32 = 0; i < <i32>nodeCount; i++) {
    const taken = load<i64>(node(i) + NODE_TAKEN_DELTA);
    const next = load<i64>(node(i) + NODE_NEXT_DELTA);
    lowest = min<i64>(lowest, min<i64>(taken, next));
    highest = max<i64>(highest, max<i64>(taken, next));
  }
  store<i64>(region + REGION_LOWEST, lowest);
  store<i64>(region + REGION_HIGHEST, highest);
}

function noteRange(at: usize, from: u32, to: u32): usize {
  store<u32>(at, from);
  store<u32>(at + 4, to);
  return at + 8;
}

/** Notes which bytes the region is made of. */
function noteRanges(region: usize): void {
  let at = nextOp;
  store<u32>(region + REGION_RANGES, <u32>at);
  for (let i: i32 = 0; i < <i32>nodeCount; i++) {
    const host = load<u32>(node(i) + NODE_HOST);
    const tail = load<u32>(node(i) + NODE_TAIL);
    let end = host + load<u32>(node(i) + NODE_CODE_BYTES);
    if (tail != 0) {
      const edge = (host | 0xfff) + 1;
      at = noteRange(at, tail, tail + (end - edge));
      // No block need begin there: the region alone has these bytes.
      coverCode(tail >> 12, 1);
      end = edge;
    }
    at = noteRange(at, host, end);
  }
  store<u32>(region + REGION_RANGE_COUNT, <u32>(at - load<u32>(region + REGION_RANGES)) >> 3);
  // Micro-ops stay aligned.
  reserveOps((at + 31) & ~(<usize>31));
  store<u32>(region + REGION_SUM, sumRegion(region));
  store<u32>(region + REGION_CHECKED, epoch);
}

/** Hangs the region on the blocks at its entries that have none yet. */
function enterBlocks(region: usize, index: u32): void {
  for (let i: u32 = 0; i < entryCount; i++) {
    const at = node(entryNode(i));
    const block = <usize>load<u32>(at + NODE_BLOCK);
    const entry = region + REGION_ENTRIES + <usize>i * REGION_ENTRY_BYTES;
    const isFree = load<u32>(block + BLOCK_REGION) == 0;
    store<u32>(entry + ENTRY_BLOCK, isFree ? <u32>block : 0);
    store<i32>(entry + ENTRY_DELTA, load<i32>(at + NODE_DELTA) & ~0xfff);
    if (!isFree) continue;
    store<u32>(block + BLOCK_REGION, (index + 1) | (i << 24));
    store<u32>(block + BLOCK_WAIT, 0);
  }
  store<u32>(region + REGION_ENTRY_COUNT, entryCount);
}
