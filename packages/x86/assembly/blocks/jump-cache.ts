/**
 * From a linear address to the micro-op found there last: sets of two, the newer one first. The key holds the mode and a
 * generation, so that a flush is an increment; addresses of the upper half, where systems keep global pages, have a
 * generation of their own, which outlives writes to CR3. Beside it, where pages of code lie, under the same keys.
 */

import { HANDLER_STALE } from '../decoder/handlers';
import { walkGlobal } from '../memory/walk';
import { OP_HANDLER } from '../micro-op';
import { MODE_BLOCK, MODE_CPL } from '../mode-bits';
import {
  CODE_PAGES, CODE_PAGE_ENTRIES, JIT_EPOCHS, JUMP_CACHE, JUMP_CACHE_ENTRIES, JUMP_GENERATIONS, JUMP_PAGES, LINK_KEYS,
  UPPER_NOT_GLOBAL,
} from '../state';

/** Above the mode bits of a key. */
const GENERATION: u32 = 1 << 12;
const ENTRY_BYTES: usize = 16;

/** The part of a key that depends on the mode. */
// @ts-ignore: decorator
@inline
export function modeKey(word: u32): u32 {
  return word & (MODE_BLOCK | MODE_CPL);
}

// @ts-ignore: decorator
@inline
function place(vp: usize, linear: u64): usize {
  // Loops that call functions in other pages come with equal low bits: a product spreads them.
  return vp + JUMP_CACHE + (((<u32>linear * 0x9e3779b1) >> 14) & ((<u32>JUMP_CACHE_ENTRIES / 2 - 1) << 5));
}

// @ts-ignore: decorator
@inline
function generationAt(vp: usize, linear: u64): usize {
  return vp + JUMP_GENERATIONS + (<usize>(linear >> 63) << 2);
}

/** The micro-op known at `linear`, or 0. */
// @ts-ignore: decorator
@inline
export function jumpTarget(vp: usize, linear: u64, key: u32): usize {
  let at = place(vp, linear);
  const full = key | load<u32>(generationAt(vp, linear));
  if (load<u64>(at) != linear || load<u32>(at + 8) != full) {
    at += ENTRY_BYTES;
    if (load<u64>(at) != linear || load<u32>(at + 8) != full) return 0;
  }
  const op = <usize>load<u32>(at + 12);
  return load<u16>(op + OP_HANDLER) == HANDLER_STALE ? 0 : op;
}

/** The byte of a filter that holds a page's bit. */
// @ts-ignore: decorator
@inline
function filterByte(vp: usize, linear: u64): usize {
  return vp + JUMP_PAGES + (<usize>(linear >> 63) << 9) + (pageHash(linear) >> 3);
}

// @ts-ignore: decorator
@inline
function pageHash(linear: u64): usize {
  return <usize>((linear >> 12) ^ (linear >> 24)) & 4095;
}

/** A key as entries hold it: with the generation of an address's half. */
export function fullKey(vp: usize, linear: u64, key: u32): u32 {
  return key | load<u32>(generationAt(vp, linear));
}

/** Makes INVLPG of a page begin a new generation. */
export function watchPage(vp: usize, linear: u64): void {
  const filter = filterByte(vp, linear);
  store<u8>(filter, load<u8>(filter) | (<u8>1 << <u8>(pageHash(linear) & 7)));
}

/** Remembers a micro-op in a page that {@link rememberCodePage} knows. */
export function rememberJump(vp: usize, linear: u64, key: u32, op: usize): void {
  const at = place(vp, linear);
  const full = fullKey(vp, linear, key);
  // An address is in its set once: the older entry of a stale micro-op is overwritten.
  if (load<u64>(at) != linear || load<u32>(at + 8) != full) memory.copy(at + ENTRY_BYTES, at, ENTRY_BYTES);
  store<u64>(at, linear);
  store<u32>(at + 8, full);
  store<u32>(at + 12, <u32>op);
}

// @ts-ignore: decorator
@inline
function codePage(vp: usize, linear: u64): usize {
  return vp + CODE_PAGES + (((<u32>(linear >> 12) * 0x9e3779b1) >> 16) & ((CODE_PAGE_ENTRIES - 1) << 4));
}

/** Host address of code at a linear address whose page is known, else 0. */
export function knownCode(vp: usize, linear: u64, key: u32): usize {
  const at = codePage(vp, linear);
  if (load<u64>(at) != linear >> 12 || load<u32>(at + 8) != fullKey(vp, linear, key)) return 0;
  return <usize>load<u32>(at + 12) + (<usize>linear & 0xfff);
}

/** Remembers where the last walk found a page of code. */
export function rememberCodePage(vp: usize, linear: u64, key: u32, host: usize): void {
  const at = codePage(vp, linear);
  watchPage(vp, linear);
  if (<i64>linear < 0 && !walkGlobal) store<u32>(vp + UPPER_NOT_GLOBAL, 1);
  store<u64>(at, linear >> 12);
  store<u32>(at + 8, fullKey(vp, linear, key));
  store<u32>(at + 12, <u32>host & 0xfffff000);
}

/** Forgets where code was found; without `all`, only what a write to CR3 makes void. */
export function flushJumpCache(vp: usize, all: bool): void {
  next(vp, 0);
  nextEpoch(vp, 0);
  if (!all && !load<u32>(vp + UPPER_NOT_GLOBAL)) return;
  store<u32>(vp + UPPER_NOT_GLOBAL, 0);
  next(vp, 1);
  nextEpoch(vp, 1);
}

/** Forgets code of one page: little to do for the pages of data that INVLPG usually is about. */
export function flushJumpPage(vp: usize, linear: u64): void {
  const half = <usize>(linear >> 63);
  nextEpoch(vp, half);
  if ((load<u8>(filterByte(vp, linear)) >> (<u8>pageHash(linear) & 7)) & 1) next(vp, half);
}

let epoch: u32 = 0;

function nextEpoch(vp: usize, half: usize): void {
  epoch += 1;
  store<u32>(vp + JIT_EPOCHS + (half << 2), epoch);
  store<u32>(vp + LINK_KEYS + (half << 2), epoch);
}

/** Makes links between regions void, and no more. */
export function nextLinkKeys(vp: usize): void {
  epoch += 1;
  store<u32>(vp + LINK_KEYS, epoch);
  store<u32>(vp + LINK_KEYS + 4, epoch);
}

/** Begins the next generation of a half. */
function next(vp: usize, half: usize): void {
  const generation = vp + JUMP_GENERATIONS + (half << 2);
  const value = load<u32>(generation) + GENERATION;
  store<u32>(generation, value);
  memory.fill(vp + JUMP_PAGES + (half << 9), 0, 512);
  // Generations that come again would meet entries of long ago.
  if (value == 0) {
    memory.fill(vp + JUMP_CACHE, 0xff, JUMP_CACHE_ENTRIES * ENTRY_BYTES);
    memory.fill(vp + CODE_PAGES, 0xff, <usize>CODE_PAGE_ENTRIES * ENTRY_BYTES);
  }
}
