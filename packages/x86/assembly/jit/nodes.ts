/** Basic blocks of the region under construction: flat records, found by their distance from the anchor page. */

import { MOST_NODES, NODE_BYTES, NODE_HASH, NODE_HASH_ENTRIES, NODES } from './memory-map';

/** Distance of the first instruction from the anchor page (i32), its host address (u32). */
export const NODE_DELTA: usize = 0;
export const NODE_HOST: usize = 4;
/** First micro-op and their number, the ending branch included (u32). */
export const NODE_OPS: usize = 8;
export const NODE_COUNT: usize = 12;
/** END_*: how it ends (u32). */
export const NODE_END: usize = 16;
/** Successors: node taken and node behind, -1 where the region is left (i32); and their distances (i64). */
export const NODE_TAKEN: usize = 20;
export const NODE_NEXT: usize = 24;
export const NODE_TAKEN_DELTA: usize = 32;
export const NODE_NEXT_DELTA: usize = 40;
/** Place in reverse post-order, -1 when not reached (i32). */
export const NODE_PLACE: usize = 48;
/** Immediate dominator (i32). */
export const NODE_DOMINATOR: usize = 52;
/** Forward edges into it (u32). */
export const NODE_EDGES: usize = 56;
/** IS_* (u32). */
export const NODE_FLAGS: usize = 60;
/** Number among the dispatcher's targets, -1 (i32). */
export const NODE_ENTRY: usize = 64;
/** First node that it dominates immediately, and the next of its dominator's (i32), latest in order first. */
export const NODE_CHILD: usize = 68;
export const NODE_SIBLING: usize = 72;
/** Block of the interpreter at the same place (u32). */
export const NODE_BLOCK: usize = 76;

/** Bytes of its instructions, and host address of the next page where the last of them ends there, else 0 (u32). */
export const NODE_CODE_BYTES: usize = 80;
export const NODE_TAIL: usize = 84;

export const IS_LOOP: u32 = 1;

/** The next instruction follows (a limit or the page's end is reached). */
export const END_NEXT: u32 = 0;
export const END_JUMP: u32 = 1;
export const END_CONDITION: u32 = 2;
export const END_CALL: u32 = 3;
export const END_RETURN: u32 = 4;
export const END_JUMP_INDIRECT: u32 = 5;
export const END_CALL_INDIRECT: u32 = 6;
/** The last instruction is executed by the interpreter's handler, which says where to go on. */
export const END_HANDLER: u32 = 7;
/** The last instruction is not part of the region: it leaves in front of it. */
export const END_LEAVE: u32 = 8;

export let nodeCount: u32 = 0;

export function clearNodes(): void {
  nodeCount = 0;
  memory.fill(NODE_HASH, 0, <usize>NODE_HASH_ENTRIES * 4);
}

// @ts-ignore: decorator
@inline
export function node(index: i32): usize {
  return NODES + <usize>index * NODE_BYTES;
}

function slotOf(delta: i32): u32 {
  return ((<u32>delta * 0x9e3779b1) >> 20) & (NODE_HASH_ENTRIES - 1);
}

/** The node at a distance, -1 if there is none. */
export function findNode(delta: i32): i32 {
  let slot = slotOf(delta);
  while (true) {
    const index = load<u32>(NODE_HASH + (<usize>slot << 2));
    if (index == 0) return -1;
    if (load<i32>(node(index - 1) + NODE_DELTA) == delta) return index - 1;
    slot = (slot + 1) & (NODE_HASH_ENTRIES - 1);
  }
}

/** A new node; -1 when there are too many. */
export function addNode(delta: i32, host: u32, block: u32): i32 {
  if (nodeCount == MOST_NODES) return -1;
  const index = <i32>nodeCount;
  nodeCount += 1;
  const at = node(index);
  memory.fill(at, 0, NODE_BYTES);
  store<i32>(at + NODE_DELTA, delta);
  store<u32>(at + NODE_HOST, host);
  store<u32>(at + NODE_BLOCK, block);
  store<i32>(at + NODE_ENTRY, -1);
  let slot = slotOf(delta);
  while (load<u32>(NODE_HASH + (<usize>slot << 2)) != 0) slot = (slot + 1) & (NODE_HASH_ENTRIES - 1);
  store<u32>(NODE_HASH + (<usize>slot << 2), index + 1);
  return index;
}
