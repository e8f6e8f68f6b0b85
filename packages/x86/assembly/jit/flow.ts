/**
 * The shape of a region's control flow: order, dominators, loops. Edges that no loop explains go through the dispatcher,
 * whose targets count as successors of a root that dominates everything.
 */

import { MOST_NODES, NODE_BYTES, ORDER } from './memory-map';
import {
  END_CALL, END_CALL_INDIRECT, IS_LOOP, node, NODE_CHILD, NODE_DOMINATOR, NODE_EDGES, NODE_END, NODE_ENTRY,
  NODE_FLAGS, NODE_NEXT, NODE_PLACE, NODE_SIBLING, NODE_TAKEN, nodeCount,
} from './nodes';

/** The node that stands for the dispatcher. */
export const ROOT: i32 = <i32>MOST_NODES;
/** Targets of the dispatcher, and nodes reached. */
export let entryCount: u32 = 0;
export let orderCount: u32 = 0;
/** Whether a RET may lead to a return site of this region. */
export let hasReturnSites: bool = false;

/** Node that is the dispatcher's target number i. */
const ENTRIES: usize = ORDER + 0x400;
const MOST_TARGETS: u32 = 40;

// @ts-ignore: decorator
@inline
export function entryNode(index: u32): i32 {
  return load<i32>(ENTRIES + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
export function ordered(place: u32): i32 {
  return load<i32>(ORDER + (<usize>place << 2));
}

function addEntry(index: i32): bool {
  if (load<i32>(node(index) + NODE_ENTRY) >= 0) return true;
  if (entryCount == MOST_TARGETS) return false;
  store<i32>(node(index) + NODE_ENTRY, entryCount);
  store<i32>(ENTRIES + (<usize>entryCount << 2), index);
  entryCount += 1;
  return true;
}

/** Successor that control reaches without leaving or returning first: 0 the taken one, 1 the next one; -1 none. */
export function successor(index: i32, which: u32): i32 {
  const at = node(index);
  if (which == 0) return load<i32>(at + NODE_TAKEN);
  const end = load<u32>(at + NODE_END);
  return end == END_CALL || end == END_CALL_INDIRECT ? -1 : load<i32>(at + NODE_NEXT);
}

function visit(index: i32): void {
  const at = node(index);
  store<i32>(at + NODE_PLACE, -2);
  for (let which: i32 = 1; which >= 0; which--) {
    const next = successor(index, which);
    if (next >= 0 && load<i32>(node(next) + NODE_PLACE) == -1) visit(next);
  }
  orderCount -= 1;
  store<i32>(at + NODE_PLACE, orderCount);
  store<i32>(ORDER + (<usize>orderCount << 2), index);
}

/** Reverse post-order: places count up from the root's, which is 0. */
function order(): void {
  memory.fill(node(ROOT), 0, NODE_BYTES);
  for (let i: i32 = 0; i < <i32>nodeCount; i++) store<i32>(node(i) + NODE_PLACE, -1);
  orderCount = nodeCount + 1;
  for (let i: i32 = <i32>entryCount - 1; i >= 0; i--) {
    if (load<i32>(node(entryNode(i)) + NODE_PLACE) == -1) visit(entryNode(i));
  }
  orderCount -= 1;
  // Nodes that nothing leads to leave a gap in front: move the others up to 1.
  const gap = orderCount;
  const count = nodeCount + 1 - gap;
  for (let i: u32 = 0; i < count; i++) {
    const index = i == 0 ? ROOT : ordered(i + gap);
    store<i32>(ORDER + (<usize>i << 2), index);
    store<i32>(node(index) + NODE_PLACE, i);
  }
  orderCount = count;
}

function intersect(a: i32, b: i32): i32 {
  while (a != b) {
    while (load<i32>(node(a) + NODE_PLACE) > load<i32>(node(b) + NODE_PLACE)) a = load<i32>(node(a) + NODE_DOMINATOR);
    while (load<i32>(node(b) + NODE_PLACE) > load<i32>(node(a) + NODE_PLACE)) b = load<i32>(node(b) + NODE_DOMINATOR);
  }
  return a;
}

function meet(from: i32, to: i32): bool {
  const at = node(to) + NODE_DOMINATOR;
  const before = load<i32>(at);
  const now = before == -1 ? from : intersect(before, from);
  store<i32>(at, now);
  return now != before;
}

/** Immediate dominators, by the iteration of Cooper, Harvey and Kennedy. */
function dominators(): void {
  for (let i: u32 = 0; i < orderCount; i++) store<i32>(node(ordered(i)) + NODE_DOMINATOR, -1);
  store<i32>(node(ROOT) + NODE_DOMINATOR, ROOT);
  for (let changed = true; changed; ) {
    changed = false;
    for (let i: u32 = 0; i < entryCount; i++) if (meet(ROOT, entryNode(i))) changed = true;
    for (let place: u32 = 1; place < orderCount; place++) {
      const index = ordered(place);
      for (let which: u32 = 0; which < 2; which++) {
        const next = successor(index, which);
        if (next >= 0 && meet(index, next)) changed = true;
      }
    }
  }
}

function dominates(above: i32, below: i32): bool {
  while (load<i32>(node(below) + NODE_PLACE) > load<i32>(node(above) + NODE_PLACE)) below = load<i32>(node(below) + NODE_DOMINATOR);
  return above == below;
}

/** Whether an edge goes to a node that comes earlier in order. */
// @ts-ignore: decorator
@inline
export function isBackward(from: i32, to: i32): bool {
  return load<i32>(node(from) + NODE_PLACE) >= load<i32>(node(to) + NODE_PLACE);
}

/** Marks loops and counts forward edges. Gives 0 when an edge needed a new target of the dispatcher, 2 when there are too many. */
function classify(): u32 {
  for (let i: u32 = 0; i < orderCount; i++) {
    store<u32>(node(ordered(i)) + NODE_FLAGS, 0);
    store<u32>(node(ordered(i)) + NODE_EDGES, 0);
  }
  for (let i: u32 = 0; i < entryCount; i++) count(entryNode(i));
  let result: u32 = 1;
  for (let place: u32 = 1; place < orderCount; place++) {
    const index = ordered(place);
    for (let which: u32 = 0; which < 2; which++) {
      const next = successor(index, which);
      if (next < 0) continue;
      if (!isBackward(index, next)) count(next);
      else if (dominates(next, index)) store<u32>(node(next) + NODE_FLAGS, IS_LOOP);
      else if (load<i32>(node(next) + NODE_ENTRY) < 0) {
        if (!addEntry(next)) return 2;
        result = 0;
      }
    }
  }
  return result;
}

function count(index: i32): void {
  store<u32>(node(index) + NODE_EDGES, load<u32>(node(index) + NODE_EDGES) + 1);
}

/** Children in the dominator tree, the latest in order first. */
function children(): void {
  for (let i: u32 = 0; i < orderCount; i++) store<i32>(node(ordered(i)) + NODE_CHILD, -1);
  for (let place: u32 = 1; place < orderCount; place++) {
    const index = ordered(place);
    const parent = node(load<i32>(node(index) + NODE_DOMINATOR));
    store<i32>(node(index) + NODE_SIBLING, load<i32>(parent + NODE_CHILD));
    store<i32>(parent + NODE_CHILD, index);
  }
}

/** Analyses the grown nodes; false when the region has too many entries. */
export function analyse(): bool {
  entryCount = 0;
  hasReturnSites = false;
  addEntry(0);
  for (let i: i32 = 0; i < <i32>nodeCount; i++) {
    const at = node(i);
    const end = load<u32>(at + NODE_END);
    if (end != END_CALL && end != END_CALL_INDIRECT) continue;
    const site = load<i32>(at + NODE_NEXT);
    if (site >= 0 && addEntry(site)) hasReturnSites = true;
  }
  for (;;) {
    order();
    dominators();
    const result = classify();
    if (result == 2) return false;
    if (result == 1) break;
  }
  children();
  return true;
}

/** Whether code that follows several edges stands behind a block of its own. */
export function isMerge(index: i32): bool {
  const at = node(index);
  return load<u32>(at + NODE_EDGES) > 1 || (load<i32>(at + NODE_ENTRY) >= 0 && entryCount > 1);
}
