/**
 * From a linear address to the micro-op found there last: direct-mapped. The key holds the mode and a generation, so
 * that a flush is an increment; addresses of the upper half, where systems keep global pages, have a generation of their
 * own, which outlives writes to CR3.
 */

import { HANDLER_STALE } from '../decoder/handlers';
import { walkGlobal } from '../memory/walk';
import { OP_HANDLER } from '../micro-op';
import { MODE_BLOCK, MODE_CPL } from '../mode-bits';
import { JIT_EPOCHS, JUMP_CACHE, JUMP_CACHE_ENTRIES, JUMP_GENERATIONS, JUMP_PAGES, LINK_KEYS, UPPER_NOT_GLOBAL } from '../state';

/** Above the mode bits of a key. */
const GENERATION: u32 = 1 << 12;

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
  return vp + JUMP_CACHE + (((<u32>linear * 0x9e3779b1) >> 14) & ((<u32>JUMP_CACHE_ENTRIES - 1) << 4));
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
  const at = place(vp, linear);
  if (load<u64>(at) != linear || load<u32>(at + 8) != (key | load<u32>(generationAt(vp, linear)))) return 0;
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

/** Remembers a micro-op that the last walk led to. */
export function rememberJump(vp: usize, linear: u64, key: u32, op: usize): void {
  const at = place(vp, linear);
  watchPage(vp, linear);
  store<u64>(at, linear);
  store<u32>(at + 8, fullKey(vp, linear, key));
  store<u32>(at + 12, <u32>op);
  if (<i64>linear < 0 && !walkGlobal) store<u32>(vp + UPPER_NOT_GLOBAL, 1);
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
  if (value == 0) memory.fill(vp + JUMP_CACHE, 0xff, JUMP_CACHE_ENTRIES * 16);
}
