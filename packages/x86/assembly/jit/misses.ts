/** Groups of accesses that often turn out to lie on more than one page: their basic block is compiled anew without groups. */

import { BLOCK_HOST, BLOCK_MODE, BLOCK_NEXT_HASH, BLOCK_UNGROUPED, BLOCK_WAIT, hashSlot } from '../blocks/invalidate';
import { modeKey } from '../blocks/jump-cache';
import { MODE_CPL } from '../mode-bits';
import { INSTRUCTIONS, MODE_WORD } from '../state';
import { REGION_BYTES, REGIONS } from './memory-map';
import {
  dropRegion, ENTRY_BLOCK, PAGE_DELTA, PAGE_HOST, REGION_DISTANCES, REGION_ENTRIES, REGION_LIVE, REGION_MISSES, REGION_MISSES_FROM,
  REGION_PAGE_BYTES, REGION_PAGE_COUNT, REGION_PAGES, running,
} from './regions';

/** Failures that a region may have within so many guest instructions: each costs about as much as a hundred accesses by themselves. */
const MOST_MISSES: u32 = 200;
const MISSES_WITHIN: u32 = 4000000;

/** The block at a host address, 0 when there is none. */
export function blockAt(host: u32, mode: u32): u32 {
  let block = <usize>load<u32>(hashSlot(host, mode));
  while (block != 0 && (load<u32>(block + BLOCK_HOST) != host || load<u32>(block + BLOCK_MODE) != mode)) {
    block = load<u32>(block + BLOCK_NEXT_HASH);
  }
  return <u32>block;
}

/** Host address of the basic block that an access belongs to (`site` of operands.ts). */
function nodeHost(region: usize, site: u32): u32 {
  const first = (site >> 11) - ((site >> 4) & 127);
  const delta = load<i32>(<usize>load<u32>(region + REGION_DISTANCES) + (<usize>first << 2));
  const pages = load<u32>(region + REGION_PAGE_COUNT);
  for (let i: usize = 0; i < pages; i++) {
    const page = region + REGION_PAGES + i * REGION_PAGE_BYTES;
    if (load<i32>(page + PAGE_DELTA) == (delta & ~0xfff)) return (load<u32>(page + PAGE_HOST) << 12) | (delta & 0xfff);
  }
  return 0;
}

/** Notes that the region under way could not check accesses together. */
export function noteMiss(vp: usize, site: u32): void {
  const region = running();
  const misses = load<u32>(region + REGION_MISSES) + 1;
  store<u32>(region + REGION_MISSES, misses);
  const now = load<u32>(vp + INSTRUCTIONS);
  if (misses == 1) store<u32>(region + REGION_MISSES_FROM, now);
  if (misses < MOST_MISSES || load<u32>(region + REGION_LIVE) == 0) return;
  store<u32>(region + REGION_MISSES, 0);
  if (now - load<u32>(region + REGION_MISSES_FROM) > MISSES_WITHIN) return;
  const block = <usize>blockAt(nodeHost(region, site), modeKey(load<u32>(vp + MODE_WORD)) & ~MODE_CPL);
  if (block == 0) return;
  store<u32>(block + BLOCK_UNGROUPED, 1);
  const start = <usize>load<u32>(region + REGION_ENTRIES + ENTRY_BLOCK);
  dropRegion(<u32>((region - REGIONS) / REGION_BYTES));
  if (start != 0) store<u32>(start + BLOCK_WAIT, 0);
}
