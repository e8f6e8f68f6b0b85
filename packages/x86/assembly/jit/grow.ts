/** Which code a region has: grown from a block over direct branches, calls and return sites that have run before. */

import { BLOCK_HOST, BLOCK_WAIT } from '../blocks/invalidate';
import { decode } from '../decoder/decode';
import { HANDLER_SYSTEM } from '../decoder/handlers';
import { GPA_EXECUTE } from '../layout';
import { gpaEntry } from '../memory/physical';
import { walk, walkGpa } from '../memory/walk';
import {
  OP_BYTES, OP_CODE16, OP_COUNT, OP_HANDLER, OP_IMMEDIATE, OP_LENGTH, OP_MODRM, OP_OFFSET, OP_PREFIXES, OP_SIZE,
  PREFIX_LOCK,
} from '../micro-op';
import { MODE_64, MODE_CPL, MODE_SINGLE } from '../mode-bits';
import { MODE_WORD } from '../state';
import { DECODED, EDGE_BYTES, MOST_DECODED } from './memory-map';
import { blockAt } from './misses';
import {
  addNode, clearNodes, END_CALL, END_CALL_INDIRECT, END_CONDITION, END_HANDLER, END_JUMP, END_JUMP_INDIRECT, END_LEAVE, END_NEXT,
  END_RETURN, findNode, node, NODE_CODE_BYTES, NODE_COUNT, NODE_DELTA, NODE_END, NODE_HOST, NODE_NEXT, NODE_NEXT_DELTA, NODE_OPS, NODE_TAIL, NODE_TAKEN,
  NODE_TAKEN_DELTA, nodeCount,
} from './nodes';
import { addPage, firstWait, WAIT_FOREVER } from './regions';

/** Instructions in a basic block; they are counted in 7 bits. */
const MOST_IN_NODE: u32 = 64;
/** Code further away than this from the anchor page is left to other regions. */
const REACH: i64 = 0x40000000;

let used: u32 = 0;
let mode: u32 = 0;
let processor: usize = 0;
/** Linear address and RIP of the anchor page. */
let anchor: u64 = 0;
let record: usize = 0;
let recordIndex: u32 = 0;

/** How a micro-op ends a basic block: END_*, END_NEXT when it does not. */
function endOf(op: usize): u32 {
  if (load<u16>(op + OP_HANDLER) == HANDLER_SYSTEM) return END_LEAVE;
  const code = <u32>load<u16>(op + OP_CODE16);
  const plain = load<u8>(op + OP_SIZE) == (mode & MODE_64 ? 8 : 4) && !(load<u8>(op + OP_PREFIXES) & PREFIX_LOCK);
  if ((code >= 0x70 && code < 0x80) || (code >= 0x180 && code < 0x190)) return plain ? END_CONDITION : END_HANDLER;
  switch (code) {
    case 0xe0: case 0xe1: case 0xe2: case 0xe3: case 0xc2:
      return END_HANDLER;
    case 0xc3: return plain ? END_RETURN : END_HANDLER;
    case 0xe8: return plain ? END_CALL : END_HANDLER;
    case 0xe9: case 0xeb: return plain ? END_JUMP : END_HANDLER;
    case 0xff: {
      const digit = (load<u8>(op + OP_MODRM) >> 3) & 7;
      if (digit == 2) return plain ? END_CALL_INDIRECT : END_HANDLER;
      if (digit == 4) return plain ? END_JUMP_INDIRECT : END_HANDLER;
    }
  }
  return END_NEXT;
}

/** Whether a block ran less than an eighth of what makes one hot. */
function isRare(block: u32): bool {
  const wait = load<u32>(<usize>block + BLOCK_WAIT);
  return wait != WAIT_FOREVER && wait > firstWait - firstWait / 64;
}

/** Host address of code at a distance from the anchor page, 0 when it cannot be executed now. */
function hostAt(delta: i64, from: usize): u32 {
  // Within the page of the instruction that leads there.
  if (delta >> 12 == <i64>load<i32>(from + NODE_DELTA) >> 12) return (load<u32>(from + NODE_HOST) & 0xfffff000) | (<u32>delta & 0xfff);
  let linear = anchor + <u64>delta;
  if (!(mode & MODE_64)) linear &= 0xffffffff;
  if (walk(processor, linear, 2, (load<u32>(processor + MODE_WORD) & MODE_CPL) == 3, false)) return 0;
  const entry = gpaEntry(walkGpa);
  return entry & GPA_EXECUTE ? (entry & 0xfffff000) + (<u32>walkGpa & 0xfff) : 0;
}

/** The node at a distance, made if its code has run; -1 where the region ends. */
function reach(delta: i64, from: usize): i32 {
  if (delta > REACH || delta < -REACH) return -1;
  const known = findNode(<i32>delta);
  if (known >= 0) return known;
  const host = hostAt(delta, from);
  if (host == 0) return -1;
  const block = blockAt(host, mode);
  if (block == 0 || isRare(block)) return -1;
  if (!addPage(record, recordIndex, <i32>(delta >> 12 << 12), host >> 12)) return -1;
  return addNode(<i32>delta, host, block);
}

/** Decodes an instruction that ends in the page behind a node's; 0 when that page has no code for the region. */
function decodeAcross(at: usize, host: usize, offset: u32, op: usize): u32 {
  const room: u32 = 4096 - offset;
  if (room >= 15) return 0;
  const next = (load<i32>(at + NODE_DELTA) & ~0xfff) + 4096;
  const after = hostAt(next, at);
  if (after == 0) return 0;
  memory.copy(EDGE_BYTES, host, room);
  memory.copy(EDGE_BYTES + room, after, 16);
  const length = decode(mode | MODE_SINGLE, EDGE_BYTES, offset, op);
  if (length > 15 || !addPage(record, recordIndex, next, after >> 12)) return 0;
  store<u32>(at + NODE_TAIL, after);
  return length;
}

/** Decodes from a node's start to its end, or with `split` to where another node starts. */
function scan(index: i32, split: bool): bool {
  const at = node(index);
  const delta = load<i32>(at + NODE_DELTA);
  const page = <usize>load<u32>(at + NODE_HOST) & ~(<usize>0xfff);
  let offset = <u32>delta & 0xfff;
  const first = DECODED + <usize>used * OP_BYTES;
  let op = first;
  let count: u32 = 0;
  let end = END_NEXT;
  store<u32>(at + NODE_TAIL, 0);
  while (count < MOST_IN_NODE && offset < 4096 && end == END_NEXT) {
    if (split && count != 0 && findNode((delta & ~0xfff) + <i32>offset) >= 0) break;
    // As for single steps: micro-ops of no hot handler, which name the instruction itself.
    let length = decode(mode | MODE_SINGLE, page + offset, offset, op);
    if (offset + length > 4096) length = decodeAcross(at, page + offset, offset, op);
    if (length == 0 || length > 15) break;
    end = endOf(op);
    if (end == END_LEAVE) break;
    count++;
    store<u16>(op + OP_OFFSET, <u16>offset);
    store<u8>(op + OP_COUNT, <u8>count);
    offset += length;
    op += OP_BYTES;
  }
  store<u32>(at + NODE_OPS, <u32>first);
  store<u32>(at + NODE_COUNT, count);
  store<u32>(at + NODE_CODE_BYTES, offset - (<u32>delta & 0xfff));
  store<u32>(at + NODE_END, end);
  const next = <i64>(delta & ~0xfff) + offset;
  store<i64>(at + NODE_NEXT_DELTA, next);
  let target = next;
  if (end >= END_JUMP && end <= END_CALL) target = next + load<i64>(op - OP_BYTES + OP_IMMEDIATE);
  store<i64>(at + NODE_TAKEN_DELTA, target);
  used += count;
  return used < MOST_DECODED - MOST_IN_NODE;
}

function hasTarget(end: u32): bool {
  return end >= END_JUMP && end <= END_CALL;
}

function hasNext(end: u32): bool {
  return end == END_NEXT || end == END_CONDITION || end == END_CALL || end == END_CALL_INDIRECT || end == END_HANDLER;
}

/**
 * Finds the code of a region that starts at `host`, `delta` bytes into its anchor page with RIP `rip`. The nodes and
 * their micro-ops are in place afterwards; false when there is nothing worth compiling.
 */
export function grow(vp: usize, blockMode: u32, block: usize, rip: u64, delta: i32, most: u32, region: usize, index: u32): bool {
  processor = vp;
  mode = blockMode;
  anchor = rip;
  record = region;
  recordIndex = index;
  used = 0;
  clearNodes();
  const host = load<u32>(block + BLOCK_HOST);
  addPage(region, index, 0, host >> 12);
  addNode(delta, host, <u32>block);
  for (let i: i32 = 0; i < <i32>nodeCount; i++) {
    if (!scan(i, false)) break;
    const at = node(i);
    const end = load<u32>(at + NODE_END);
    if (i == 0 && load<u32>(at + NODE_COUNT) == 0) return false;
    if (used > most) continue;
    if (hasNext(end)) reach(load<i64>(at + NODE_NEXT_DELTA), at);
    if (hasTarget(end)) reach(load<i64>(at + NODE_TAKEN_DELTA), at);
  }
  // Again, now that all starts are known.
  used = 0;
  for (let i: i32 = 0; i < <i32>nodeCount; i++) {
    if (!scan(i, true)) return false;
  }
  for (let i: i32 = 0; i < <i32>nodeCount; i++) connect(node(i));
  return true;
}

/** Finds the nodes that a node leads to. One without instructions is none. */
function connect(at: usize): void {
  const end = load<u32>(at + NODE_END);
  store<i32>(at + NODE_TAKEN, hasTarget(end) ? target(load<i64>(at + NODE_TAKEN_DELTA)) : -1);
  store<i32>(at + NODE_NEXT, hasNext(end) ? target(load<i64>(at + NODE_NEXT_DELTA)) : -1);
}

function target(delta: i64): i32 {
  if (delta > REACH || delta < -REACH) return -1;
  const found = findNode(<i32>delta);
  return found >= 0 && load<u32>(node(found) + NODE_COUNT) != 0 ? found : -1;
}
