/** Records of compiled regions: the pages they cover, the blocks they are entered at; and how they end. */

import { BLOCK_BYTES, BLOCK_REGION, BLOCK_WAIT } from '../blocks/invalidate';
import { add, COUNT_DROPPED } from './counters';
import { dropLinks } from './link-table';
import { MOST_REGIONS, PAGE_REGIONS, PAGE_REGIONS_BYTES, REGION_BYTES, REGION_OPS, REGIONS, RUNNING } from './memory-map';

/** 1 while the region may be entered (u32). */
export const REGION_LIVE: usize = 0;
/** Its place in the function table (u32). */
export const REGION_SLOT: usize = 4;
export const REGION_PAGE_COUNT: usize = 8;
export const REGION_ENTRY_COUNT: usize = 12;
/** Epoch of the translations under which its pages were last found where they belong (u32). */
export const REGION_EPOCH: usize = 16;
/** Entries refused since, because a page was elsewhere (u32). */
export const REGION_REFUSED: usize = 20;
/** Sum of the bytes that it was made of, and when it was checked last, in the epochs of blocks/validity.ts (u32 each). */
export const REGION_SUM: usize = 24;
export const REGION_CHECKED: usize = 28;
/** Where the places of those bytes are listed, from and to, and how many there are (u32 each). */
export const REGION_RANGES: usize = 504;
export const REGION_RANGE_COUNT: usize = 508;
/** Base that it was found in place at, and the distances of the farthest places it leaves for (i64). */
export const REGION_BASE: usize = 480;
export const REGION_LOWEST: usize = 488;
export const REGION_HIGHEST: usize = 496;
/** Pages: distance from the anchor page (i32), host page (u32), next page entry of that host page (u32). */
export const REGION_PAGES: usize = 32;
export const PAGE_DELTA: usize = 0;
export const PAGE_HOST: usize = 4;
export const PAGE_LINK: usize = 8;
export const REGION_PAGE_BYTES: usize = 16;
/** In what pages leave free: where the distances of its instructions are listed, failures of its groups, the time of the first (u32 each). */
export const REGION_DISTANCES: usize = REGION_PAGES + 12;
export const REGION_MISSES: usize = REGION_DISTANCES + REGION_PAGE_BYTES;
export const REGION_MISSES_FROM: usize = REGION_MISSES + REGION_PAGE_BYTES;
export const MOST_PAGES: u32 = 8;
/** Entries: block (u32), distance of its page from the anchor page (i32). */
export const REGION_ENTRIES: usize = 160;
export const ENTRY_BLOCK: usize = 0;
export const ENTRY_DELTA: usize = 4;
export const REGION_ENTRY_BYTES: usize = 8;
export const MOST_ENTRIES: u32 = 40;

/** Times that the interpreter follows a branch within a page before it is looked up, and counted, again. */
export const LEASE: u32 = 32;
/** Wait of blocks that are not to be compiled. */
export const WAIT_FOREVER: u32 = 0xffffffff;

/** Wait of new blocks; none are compiled while it is {@link WAIT_FOREVER}. */
export let firstWait: u32 = WAIT_FOREVER;

/** Whether regions are left alone: the lock-step engine interprets what it compares them with. */
export let interpreting: bool = false;

/** Leaves regions alone, or no longer. */
export function setInterpreting(on: u32): void {
  interpreting = on != 0;
}

/** Sets the entries after which a block is compiled: 0 at once, {@link WAIT_FOREVER} never. */
export function setJitThreshold(entries: u32): void {
  firstWait = entries;
}

/** Counts an entry of the block at `op`; true when its turn has come. */
// @ts-ignore: decorator
@inline
export function countEntry(op: usize, linked: bool): bool {
  const at = op - BLOCK_BYTES + BLOCK_WAIT;
  const wait = load<u32>(at);
  const spent: u32 = linked ? LEASE : 1;
  store<u32>(at, wait > spent ? wait - spent : 0);
  return wait <= spent;
}

/** Room that the micro-ops of one region may take. */
export const REGION_OPS_RESERVE: usize = 0x10000;

/** Where micro-ops of the next region go. */
export let nextOp: usize = REGION_OPS;
/** The region to use next. */
let hand: u32 = 0;
let anyUsed = false;

export function reserveOps(end: usize): void {
  nextOp = end;
}

/** The region in whose code the core is. Regions note it when they are entered. */
// @ts-ignore: decorator
@inline
export function running(): usize {
  return <usize>load<u32>(RUNNING);
}

/** Whether the region under way was dropped. */
// @ts-ignore: decorator
@inline
export function isOutdated(): bool {
  return load<u32>(running() + REGION_LIVE) == 0;
}

// @ts-ignore: decorator
@inline
export function regionAddress(index: u32): usize {
  return REGIONS + <usize>index * REGION_BYTES;
}

/** A free record: the oldest region makes room. */
export function takeRecord(): u32 {
  const index = hand;
  hand = (hand + 1) % MOST_REGIONS;
  if (load<u32>(regionAddress(index) + REGION_LIVE)) dropRegion(index);
  anyUsed = true;
  return index;
}

/** Makes a page of a region known; gives false when it has too many. */
export function addPage(region: usize, index: u32, delta: i32, host: u32): bool {
  const count = load<u32>(region + REGION_PAGE_COUNT);
  for (let i: usize = 0; i < count; i++) {
    if (load<i32>(region + REGION_PAGES + i * REGION_PAGE_BYTES + PAGE_DELTA) == delta) return true;
  }
  if (count == MOST_PAGES) return false;
  const page = region + REGION_PAGES + <usize>count * REGION_PAGE_BYTES;
  const head = PAGE_REGIONS + (<usize>host << 2);
  store<i32>(page + PAGE_DELTA, delta);
  store<u32>(page + PAGE_HOST, host);
  store<u32>(page + PAGE_LINK, load<u32>(head));
  store<u32>(head, 1 + index * MOST_PAGES + count);
  store<u32>(region + REGION_PAGE_COUNT, count + 1);
  return true;
}

/** Makes a region void: nobody enters it any more. */
export function dropRegion(index: u32): void {
  const region = regionAddress(index);
  store<u32>(region + REGION_LIVE, 0);
  dropLinks();
  add(COUNT_DROPPED, 1);
  const entries = load<u32>(region + REGION_ENTRY_COUNT);
  for (let i: usize = 0; i < entries; i++) {
    const block = <usize>load<u32>(region + REGION_ENTRIES + i * REGION_ENTRY_BYTES + ENTRY_BLOCK);
    if (block != 0 && (load<u32>(block + BLOCK_REGION) & 0xffffff) == index + 1) {
      store<u32>(block + BLOCK_REGION, 0);
      store<u32>(block + BLOCK_WAIT, firstWait);
    }
  }
  const pages = load<u32>(region + REGION_PAGE_COUNT);
  for (let i: u32 = 0; i < pages; i++) {
    const page = region + REGION_PAGES + <usize>i * REGION_PAGE_BYTES;
    unlinkPage(load<u32>(page + PAGE_HOST), 1 + index * MOST_PAGES + i);
  }
  store<u32>(region + REGION_PAGE_COUNT, 0);
  store<u32>(region + REGION_ENTRY_COUNT, 0);
}

function pageOf(reference: u32): usize {
  return regionAddress((reference - 1) / MOST_PAGES) + REGION_PAGES + <usize>((reference - 1) % MOST_PAGES) * REGION_PAGE_BYTES;
}

function unlinkPage(host: u32, reference: u32): void {
  let at = PAGE_REGIONS + (<usize>host << 2);
  for (let other = load<u32>(at); other != 0; other = load<u32>(at)) {
    const page = pageOf(other);
    if (other == reference) {
      store<u32>(at, load<u32>(page + PAGE_LINK));
      return;
    }
    at = page + PAGE_LINK;
  }
}

/** Drops all regions with code on a host page. */
export function dropRegionsOf(host: u32): void {
  const head = PAGE_REGIONS + (<usize>host << 2);
  for (let reference = load<u32>(head); reference != 0; reference = load<u32>(head)) {
    dropRegion((reference - 1) / MOST_PAGES);
  }
}

/** Drops every region, one by one. */
export function dropRegions(): void {
  for (let index: u32 = 0; index < MOST_REGIONS; index++) {
    if (load<u32>(regionAddress(index) + REGION_LIVE)) dropRegion(index);
  }
  nextOp = REGION_OPS;
}

/** Forgets every region. The blocks that they hang on go at the same time. */
export function dropAllRegions(): void {
  if (!anyUsed) return;
  dropLinks();
  for (let index: u32 = 0; index < MOST_REGIONS; index++) {
    const region = regionAddress(index);
    if (load<u32>(region + REGION_LIVE)) add(COUNT_DROPPED, 1);
    store<u32>(region + REGION_LIVE, 0);
    store<u32>(region + REGION_PAGE_COUNT, 0);
    store<u32>(region + REGION_ENTRY_COUNT, 0);
  }
  memory.fill(PAGE_REGIONS, 0, PAGE_REGIONS_BYTES);
  nextOp = REGION_OPS;
  hand = 0;
  anyUsed = false;
}
