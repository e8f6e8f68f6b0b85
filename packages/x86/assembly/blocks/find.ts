/** From RIP to micro-ops: jump cache, hash of blocks by physical address and mode, decoder. */

import { decode } from '../decoder/decode';
import { fuse, specialise } from '../decoder/specialise';
import { HANDLER_NEXT_BLOCK, HANDLER_SYSTEM } from '../decoder/handlers';
import { raiseGP, raiseNonCanonical, raisePF } from '../exception';
import { dropAllRegions, firstWait } from '../jit/regions';
import { ARENA, ARENA_END, BLOCK_HASH, BLOCK_HASH_ENTRIES, CODE_TABLE, GPA_EXECUTE, GRANULES } from '../layout';
import { ACCESS_EXECUTE, exitMemory, gpaEntry } from '../memory/physical';
import { dropWriteTags } from '../memory/tlb';
import { flushJumpCache, fullKey, jumpTarget, knownCode, modeKey, rememberCodePage, rememberJump } from './jump-cache';
import { walk, walkGpa } from '../memory/walk';
import { OP_BYTES, OP_CODE16, OP_COUNT, OP_HANDLER, OP_IMMEDIATE, OP_LENGTH, OP_LINK, OP_MODRM, OP_OFFSET } from '../micro-op';
import { MODE_64, MODE_CPL, MODE_FLAT, MODE_SINGLE } from '../mode-bits';
import { segmentAddress } from '../mode';
import {
  CS, CURRENT_OP, MODE_WORD, RIP, RIP_BASE, SEG_BASE, SEG_LIMIT, STAT_BLOCKS, VP_BASE,
  VP_STRIDE,
} from '../state';
import {
  BLOCK_BYTES, BLOCK_COUNT, BLOCK_END, BLOCK_HOST, BLOCK_MODE, BLOCK_NEXT_HASH, BLOCK_NEXT_IN_PAGE, BLOCK_REGION, BLOCK_UNGROUPED, BLOCK_WAIT,
  hashSlot,
  invalidatePage,
} from './invalidate';
import { isValid, seal } from './validity';

const MOST_INSTRUCTIONS: u32 = 64;
// An instruction that crosses pages has a slot within the VP block, by where it is:
const CROSSINGS: usize = 0x60000;
const CROSSING_SLOTS: u32 = 128;
const SLOT_BYTES: usize = 256;
/** Its bytes, and its block of one micro-op. */
const SLOT_CODE: usize = 0;
const SLOT_BLOCK: usize = 64;
/** Linear address (u64), key, host addresses of its two parts (u32 each). */
const SLOT_LINEAR: usize = 192;
const SLOT_KEY: usize = 200;
const SLOT_HOST: usize = 204;
const SLOT_AFTER: usize = 208;

let next: usize = ARENA;
/** Processors of the core. */
export let vps: usize = 0;
/** Counts the times that all blocks were dropped: a micro-op of before is gone. */
export let arenaGeneration: u32 = 0;

/** Announces the number of VPs whose caches refer to blocks. */
export function setVpCount(count: u32): void {
  vps = count;
}

/** Drops every block. */
export function dropAllBlocks(): void {
  // Tables that no block was ever entered in are not touched, so that the host need not commit them.
  if (load<u32>(ARENA + BLOCK_HOST) != 0) {
    memory.fill(BLOCK_HASH, 0, BLOCK_HASH_ENTRIES * 4);
    memory.fill(CODE_TABLE, 0, 1 << 22);
    memory.fill(GRANULES, 0, 1 << 23);
  }
  dropAllRegions();
  for (let i: usize = 0; i < vps; i++) flushJumpCache(VP_BASE + i * VP_STRIDE, true);
  next = ARENA;
  arenaGeneration += 1;
}

/** Whether a micro-op lies in the arena, where a link to it may be kept. */
export function isLasting(op: usize): bool {
  return op >= ARENA && op < ARENA_END;
}

/** Host address of code at a linear address. Raises #PF; exits where no RAM is. */
function fetchHost(vp: usize, linear: u64): usize {
  const key = modeKey(load<u32>(vp + MODE_WORD));
  const known = knownCode(vp, linear, key);
  if (known != 0) return known;
  const failure = walk(vp, linear, 2, (load<u32>(vp + MODE_WORD) & MODE_CPL) == 3, true);
  if (failure) raisePF(vp, linear, failure & 0xff);
  const entry = gpaEntry(walkGpa);
  if (!(entry & GPA_EXECUTE)) {
    exitMemory(vp, walkGpa, linear, 1, ACCESS_EXECUTE);
    raiseGP(vp, 0);
  }
  const host = <usize>(entry & 0xfffff000) + (<usize>walkGpa & 0xfff);
  rememberCodePage(vp, linear, key, host);
  return host;
}

/** The micro-op at RIP; sets RIP_BASE. Raises what fetching there deserves. */
export function findBlock(vp: usize, single: u32): usize {
  store<u32>(vp + CURRENT_OP, 0);
  const rip = load<u64>(vp + RIP);
  const word = load<u32>(vp + MODE_WORD);
  const linear = word & MODE_64 ? rip : (load<u64>(segmentAddress(vp, CS) + SEG_BASE) + rip) & 0xffffffff;
  store<u64>(vp + RIP_BASE, rip - (linear & 0xfff));
  if (!(word & MODE_FLAT) && isLimitNear(vp, rip, linear)) single = MODE_SINGLE;
  const key = modeKey(word) | single;
  const known = jumpTarget(vp, linear, key);
  if (known != 0) {
    if (!(word & MODE_FLAT)) checkLimit(vp, rip, known);
    return known;
  }
  if (word & MODE_64) {
    if (<u64>((<i64>linear << 16) >> 16) != linear) raiseNonCanonical(vp);
  }
  if ((linear & 0xfff) > 4096 - 15) {
    const slot = crossingSlot(vp, linear);
    if (isCrossing(vp, slot, linear, key)) {
      if (!(word & MODE_FLAT)) checkLimit(vp, rip, slot + SLOT_BLOCK + BLOCK_BYTES);
      return slot + SLOT_BLOCK + BLOCK_BYTES;
    }
  }
  const host = fetchHost(vp, linear);
  const mode = key & ~MODE_CPL;
  let block = <usize>load<u32>(hashSlot(<u32>host, mode));
  while (block != 0 && (load<u32>(block + BLOCK_HOST) != <u32>host || load<u32>(block + BLOCK_MODE) != mode)) {
    block = load<u32>(block + BLOCK_NEXT_HASH);
  }
  if (block != 0 && !isValid(block)) {
    invalidatePage(host);
    block = 0;
  }
  if (block == 0) {
    block = build(vp, host, mode, linear);
    if (!isLasting(block)) {
      if (!(word & MODE_FLAT)) checkLimit(vp, rip, block + BLOCK_BYTES);
      return block + BLOCK_BYTES;
    }
  }
  rememberJump(vp, linear, key, block + BLOCK_BYTES);
  if (!(word & MODE_FLAT)) checkLimit(vp, rip, block + BLOCK_BYTES);
  return block + BLOCK_BYTES;
}

/** Whether the code segment ends in the page of RIP: its instructions are found one by one, and checked. */
function isLimitNear(vp: usize, rip: u64, linear: u64): bool {
  const limit = <u64>load<u32>(segmentAddress(vp, CS) + SEG_LIMIT);
  if (rip > limit) raiseGP(vp, 0);
  return limit - rip < 4095 - (linear & 0xfff);
}

/** #GP(0) for an instruction that reaches over the end of its segment. */
function checkLimit(vp: usize, rip: u64, op: usize): void {
  if (rip + load<u8>(op + OP_LENGTH) > <u64>load<u32>(segmentAddress(vp, CS) + SEG_LIMIT) + 1) raiseGP(vp, 0);
}

/** Branches, system instructions and all that may change the mode end a block. */
function endsBlock(op: usize): bool {
  if (load<u16>(op + OP_HANDLER) == HANDLER_SYSTEM) return true;
  const code = load<u16>(op + OP_CODE16);
  if (code >= 0x180 && code < 0x190) return true;
  if ((code >= 0x70 && code < 0x80) || (code >= 0xe0 && code < 0xe4)) return true;
  switch (code) {
    case 0xc2: case 0xc3: case 0xe8: case 0xe9: case 0xeb:
      return true;
    case 0xff: {
      const digit = (load<u8>(op + OP_MODRM) >> 3) & 7;
      return digit == 2 || digit == 4;
    }
  }
  return false;
}

function build(vp: usize, host: usize, mode: u32, linear: u64): usize {
  if (next + BLOCK_BYTES + OP_BYTES * (MOST_INSTRUCTIONS + 2) > ARENA_END) dropAllBlocks();
  const block = next;
  const page = host & ~(<usize>0xfff);
  let offset = <u32>host & 0xfff;
  let op = block + BLOCK_BYTES;
  let count: u32 = 0;
  const most: u32 = mode & MODE_SINGLE ? 1 : MOST_INSTRUCTIONS;
  while (count < most && offset < 4096) {
    const length = decode(mode, page + offset, offset, op);
    if (offset + length > 4096 || length > 15) {
      if (count == 0) return buildCrossing(vp, host, mode, linear);
      break;
    }
    count++;
    store<u16>(op + OP_OFFSET, <u16>offset);
    store<u8>(op + OP_COUNT, <u8>count);
    offset += length;
    op += OP_BYTES;
    const ends = endsBlock(op - OP_BYTES);
    specialise(op - OP_BYTES, mode);
    if (count > 1) fuse(op - 2 * OP_BYTES, op - OP_BYTES);
    if (ends) break;
  }
  finish(op, offset, count);
  next = op + OP_BYTES;
  enter(vp, block, host, mode, count + 1, offset);
  return block;
}

function finish(op: usize, offset: u32, count: u32): void {
  store<u16>(op + OP_HANDLER, <u16>HANDLER_NEXT_BLOCK);
  store<u32>(op + OP_LINK, 0);
  store<u64>(op + OP_IMMEDIATE, 0);
  store<u16>(op + OP_OFFSET, <u16>offset);
  store<u8>(op + OP_LENGTH, 0);
  store<u8>(op + OP_COUNT, <u8>count);
}

/** Makes writes to some granules of a host page noticed. */
export function coverCode(page: u32, covered: u64): void {
  const granules = GRANULES + (<usize>page << 3);
  const before = load<u64>(granules);
  store<u64>(granules, before | covered);
  if (before == 0) for (let i: usize = 0; i < vps; i++) dropWriteTags(VP_BASE + i * VP_STRIDE, <usize>page << 12);
}

/** Makes a block known. */
function enter(vp: usize, block: usize, host: usize, mode: u32, count: u32, end: u32): void {
  const slot = hashSlot(<u32>host, mode);
  const page = host >> 12;
  store<u32>(block + BLOCK_HOST, <u32>host);
  store<u32>(block + BLOCK_WAIT, firstWait);
  store<u32>(block + BLOCK_REGION, 0);
  store<u32>(block + BLOCK_UNGROUPED, 0);
  store<u32>(block + BLOCK_MODE, mode);
  store<u32>(block + BLOCK_COUNT, count);
  store<u32>(block + BLOCK_NEXT_HASH, load<u32>(slot));
  store<u32>(slot, <u32>block);
  store<u32>(block + BLOCK_NEXT_IN_PAGE, load<u32>(CODE_TABLE + (page << 2)));
  store<u32>(CODE_TABLE + (page << 2), <u32>block);
  store<u32>(block + BLOCK_END, <u32>((page << 12) + end));
  seal(block);
  const first = <u32>(host >> 6) & 63;
  const last = (end - 1) >> 6;
  coverCode(<u32>page, (<u64>-1 << first) & (<u64>-1 >> (63 - last)));
  store<u32>(vp + STAT_BLOCKS, load<u32>(vp + STAT_BLOCKS) + 1);
}

// @ts-ignore: decorator
@inline
function crossingSlot(vp: usize, linear: u64): usize {
  return vp + CROSSINGS + <usize>((<u32>(linear >> 4) * 0x9e3779b1) >> (32 - ctz(CROSSING_SLOTS))) * SLOT_BYTES;
}

/** Whether a slot holds the instruction wanted, and its bytes are what they were. */
function isCrossing(vp: usize, slot: usize, linear: u64, key: u32): bool {
  if (load<u64>(slot + SLOT_LINEAR) != linear || load<u32>(slot + SLOT_KEY) != fullKey(vp, linear, key)) return false;
  const room: u32 = 4096 - (<u32>linear & 0xfff);
  const length = <u32>load<u8>(slot + SLOT_BLOCK + BLOCK_BYTES + OP_LENGTH);
  const host = <usize>load<u32>(slot + SLOT_HOST);
  const after = <usize>load<u32>(slot + SLOT_AFTER) - room;
  for (let i: u32 = 0; i < length; i++) {
    if (load<u8>((i < room ? host : after) + i) != load<u8>(slot + SLOT_CODE + i)) return false;
  }
  return true;
}

/** Remembers where a crossing instruction's parts lie, until a flush. */
function rememberCrossing(vp: usize, slot: usize, linear: u64, key: u32, host: usize, after: usize): void {
  store<u64>(slot + SLOT_LINEAR, linear);
  store<u32>(slot + SLOT_KEY, fullKey(vp, linear, key));
  store<u32>(slot + SLOT_HOST, <u32>host);
  store<u32>(slot + SLOT_AFTER, <u32>after);
}

/** An instruction that crosses a page, or is too long: decoded from a copy of its bytes. */
function buildCrossing(vp: usize, host: usize, mode: u32, linear: u64): usize {
  const slot = crossingSlot(vp, linear);
  const block = slot + SLOT_BLOCK;
  const op = block + BLOCK_BYTES;
  const offset = <u32>host & 0xfff;
  const room: u32 = 4096 - offset;
  // Void while it is made: fetching the second part may raise.
  store<u64>(slot + SLOT_LINEAR, 0);
  memory.fill(slot + SLOT_CODE, 0, 32);
  memory.copy(slot + SLOT_CODE, host, min<u32>(room, 16));
  let length = decode(mode, slot + SLOT_CODE, offset, op);
  if (length > room && room < 15) {
    // The segment's end comes before the missing page.
    if (!(mode & MODE_FLAT) && load<u64>(vp + RIP) + room > load<u32>(segmentAddress(vp, CS) + SEG_LIMIT)) raiseGP(vp, 0);
    const after = fetchHost(vp, mode & MODE_64 ? linear + room : (linear + room) & 0xffffffff);
    memory.copy(slot + SLOT_CODE + room, after, 16 - room);
    length = decode(mode, slot + SLOT_CODE, offset, op);
    rememberCrossing(vp, slot, linear, modeKey(load<u32>(vp + MODE_WORD)) | (mode & MODE_SINGLE), host, after);
  }
  if (length > 15) raiseGP(vp, 0);
  store<u16>(op + OP_OFFSET, <u16>offset);
  store<u8>(op + OP_COUNT, 1);
  finish(op + OP_BYTES, offset + length, 1);
  return block;
}
