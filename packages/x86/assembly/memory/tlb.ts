/**
 * The software TLB: direct-mapped, one table per privilege. A log names the entries in use, each once, so that a flush
 * costs as much as was filled since the last one.
 */

import { flushJumpCache, flushJumpPage } from '../blocks/jump-cache';
import {
  FLUSH_LOG, FLUSH_LOG_USED, LARGE_1G, LARGE_2M, STAT_FILLS, STAT_FLUSHES, TLB_ENTRIES, TLB_ENTRY_BYTES,
  TLB_SUPERVISOR, TLB_USER,
} from '../state';
import { noteWrite } from './journal';
import { walkGlobal, walkShift } from './walk';

export const TAG_READ: usize = 0;
export const TAG_WRITE: usize = 8;
/** Host address = low half of the linear address + this (wraps). */
export const TLB_ADDEND: usize = 16;
const GLOBAL: usize = 20;
/** 1 while the log names the entry (u32). */
const LOGGED: usize = 24;
const NO_TAG: u64 = -1;

/** Entry of a linear address within the table at `tlb`. */
// @ts-ignore: decorator
@inline
export function tlbEntry(tlb: usize, linear: u64): usize {
  return tlb + (<usize>(linear >> 7) & ((TLB_ENTRIES - 1) << 5));
}

/** Enters the last walk's result. A write tag only where `writable`. */
export function fillTlb(vp: usize, tlb: usize, linear: u64, host: usize, readable: bool, writable: bool): void {
  if (writable) noteWrite(host);
  const entry = tlbEntry(tlb, linear);
  const tag = linear & ~(<u64>0xfff);
  store<u64>(entry + TAG_READ, readable ? tag : NO_TAG);
  store<u64>(entry + TAG_WRITE, writable ? tag : NO_TAG);
  store<u32>(entry + TLB_ADDEND, <u32>((host & 0xfffff000) - <usize>tag));
  store<u32>(entry + GLOBAL, <u32>walkGlobal);
  store<u32>(vp + STAT_FILLS, load<u32>(vp + STAT_FILLS) + 1);
  if (walkShift > 12) noteLarge(vp, linear);
  if (load<u32>(entry + LOGGED) == 1) return;
  const used = load<u32>(vp + FLUSH_LOG_USED);
  store<u32>(vp + FLUSH_LOG + (<usize>used << 2), <u32>entry);
  store<u32>(vp + FLUSH_LOG_USED, used + 1);
  store<u32>(entry + LOGGED, 1);
}

function noteLarge(vp: usize, linear: u64): void {
  const small = <usize>(linear >> 21) & 4095;
  const large = <usize>(linear >> 30) & 1023;
  const at = vp + LARGE_2M + (small >> 3);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(small & 7)));
  if (walkShift < 30) return;
  const above = vp + LARGE_1G + (large >> 3);
  store<u8>(above, load<u8>(above) | (<u8>1 << <u8>(large & 7)));
}

/** Empties the tables whatever they hold: for a processor whose memory is new. */
export function clearTlb(vp: usize): void {
  memory.fill(vp + TLB_SUPERVISOR, 0xff, TLB_ENTRIES * TLB_ENTRY_BYTES);
  memory.fill(vp + TLB_USER, 0xff, TLB_ENTRIES * TLB_ENTRY_BYTES);
  store<u32>(vp + FLUSH_LOG_USED, 0);
}

/** Forgets all translations. */
export function flushAllTlb(vp: usize): void {
  const used = load<u32>(vp + FLUSH_LOG_USED);
  for (let i: u32 = 0; i < used; i++) {
    const entry = <usize>load<u32>(vp + FLUSH_LOG + (<usize>i << 2));
    dropEntry(entry);
    store<u32>(entry + LOGGED, 0);
  }
  if (used != 0) {
    memory.fill(vp + LARGE_2M, 0, 512);
    memory.fill(vp + LARGE_1G, 0, 128);
  }
  store<u32>(vp + FLUSH_LOG_USED, 0);
  store<u32>(vp + STAT_FLUSHES, load<u32>(vp + STAT_FLUSHES) + 1);
  flushJumpCache(vp, true);
}

/** Forgets translations of pages that are not global. */
export function flushNonGlobalTlb(vp: usize): void {
  const used = load<u32>(vp + FLUSH_LOG_USED);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < used; i++) {
    const entry = <usize>load<u32>(vp + FLUSH_LOG + (<usize>i << 2));
    if (load<u32>(entry + GLOBAL) == 1) {
      store<u32>(vp + FLUSH_LOG + (<usize>kept << 2), <u32>entry);
      kept += 1;
    } else {
      dropEntry(entry);
      store<u32>(entry + LOGGED, 0);
    }
  }
  store<u32>(vp + FLUSH_LOG_USED, kept);
  flushJumpCache(vp, false);
}

/** INVLPG: one page, or everything where large pages were filled as pieces. */
export function flushPageTlb(vp: usize, linear: u64): void {
  const small = <usize>(linear >> 21) & 4095;
  const large = <usize>(linear >> 30) & 1023;
  if (
    (load<u8>(vp + LARGE_2M + (small >> 3)) >> (<u8>small & 7)) & 1 ||
    (load<u8>(vp + LARGE_1G + (large >> 3)) >> (<u8>large & 7)) & 1
  ) {
    flushAllTlb(vp);
    return;
  }
  dropEntry(tlbEntry(vp + TLB_SUPERVISOR, linear));
  dropEntry(tlbEntry(vp + TLB_USER, linear));
  flushJumpPage(vp, linear);
}

function dropEntry(entry: usize): void {
  store<u64>(entry + TAG_READ, NO_TAG);
  store<u64>(entry + TAG_WRITE, NO_TAG);
}

/** The page at `host` has code from now on: writes to it take the slow path. */
export function dropWriteTags(vp: usize, host: usize): void {
  dropWriteTagsOf(vp + TLB_SUPERVISOR, host);
  dropWriteTagsOf(vp + TLB_USER, host);
}

function dropWriteTagsOf(tlb: usize, host: usize): void {
  for (let i: usize = 0; i < TLB_ENTRIES; i++) {
    const entry = tlb + (i << 5);
    const tag = load<u64>(entry + TAG_WRITE);
    if (tag != NO_TAG && ((<usize>tag + load<u32>(entry + TLB_ADDEND)) ^ host) < 4096) store<u64>(entry + TAG_WRITE, NO_TAG);
  }
}
