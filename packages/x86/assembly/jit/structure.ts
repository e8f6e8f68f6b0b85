/**
 * From the shape of the control flow to WebAssembly's: loop headers become loops, nodes with several edges into them stand
 * behind the end of a block, all others are written where the one edge leads. The dispatcher is the outermost loop.
 */

import { at, byte, const32, const64, ELSE, get, I32_LE_S, I32_SUB, I64_ADD, I64_AND, I64_EQ, I64_SUB, set, TYPE_VOID, unsigned } from './emit';
import { endCondition, endHandler, endIndirect, pushReturn, readReturn } from './ends';
import { knownFlags, setKnownFlags } from './conditions';
import {
  entryCount, entryNode, hasReturnSites, isBackward, isMerge, ROOT,
} from './flow';
import { writeCold, writeEntry, writeExit } from './frame';
import { forgetPending, pending, setPending } from './pending';
import { LABELS, MODULE_END } from './memory-map';
import { BASE, LEFT, NEXT, T0, TARGET } from './locals';
import {
  END_CALL, END_CALL_INDIRECT, END_CONDITION, END_HANDLER, END_JUMP, END_JUMP_INDIRECT, END_LEAVE, END_NEXT, END_RETURN,
  IS_LOOP, node, NODE_CHILD, NODE_COUNT, NODE_DELTA, NODE_END, NODE_ENTRY, NODE_FLAGS, NODE_NEXT, NODE_NEXT_DELTA, NODE_OPS,
  NODE_SIBLING, NODE_TAKEN, NODE_TAKEN_DELTA,
} from './nodes';
import { OP_BYTES } from '../micro-op';
import { beginNode, is64, translate } from './translate';

// Labels: what a `br` may name. Those of nodes are the node's number × 4 + 1 (loop) or + 2 (block).
export const LABEL_OTHER: u32 = 0;
const LABEL_EXIT: u32 = 0xfff0;
export const LABEL_COLD: u32 = 0xfff4;
const LABEL_DISPATCH: u32 = 0xfff8;
const LABEL_RETURN: u32 = 0xfffc;

/** A node begins before this place, and ends before the module's. */
const MODULE_LIMIT: usize = MODULE_END - 0x10000;

let depth: u32 = 0;
let overflown = false;

/** Whether the module became too long to be finished. */
export function hasOverflown(): bool {
  return overflown;
}

/** Opens a block (02), loop (03) or if (04). */
export function open(opcode: u32, label: u32): void {
  byte(opcode);
  byte(TYPE_VOID);
  store<u32>(LABELS + (<usize>depth << 2), label);
  depth += 1;
}

/** An `if` that gives a value. */
export function openTyped(type: u32): void {
  byte(0x04);
  byte(type);
  store<u32>(LABELS + (<usize>depth << 2), LABEL_OTHER);
  depth += 1;
}

export function otherwise(): void {
  byte(ELSE);
}

export function close(): void {
  byte(0x0b);
  depth -= 1;
}

function labelDepth(label: u32): u32 {
  let i = depth;
  while (i > 0) {
    i -= 1;
    if (load<u32>(LABELS + (<usize>i << 2)) == label) return depth - 1 - i;
  }
  // A branch to a label that is not open is a mistake of ours: the module does not validate.
  return 0xffff;
}

function branch(label: u32): void {
  byte(0x0c);
  unsigned(labelDepth(label));
}

/** Leaves for {@link LABEL_COLD} when the value on the stack is not zero. */
export function branchIfCold(): void {
  byte(0x0d);
  unsigned(labelDepth(LABEL_COLD));
}

export function branchCold(): void {
  branch(LABEL_COLD);
}

/** Leaves the region for the RIP in TARGET. */
function leave(): void {
  branch(LABEL_EXIT);
}

function leaveTo(delta: i64): void {
  get(BASE);
  const64(delta);
  byte(I64_ADD);
  if (!is64()) {
    const64(0xffffffff);
    byte(I64_AND);
  }
  set(TARGET);
  leave();
}

/** Follows an edge to a node, or leaves where there is none. */
function follow(from: i32, to: i32, delta: i64): void {
  if (to < 0) {
    leaveTo(delta);
    return;
  }
  const at = node(to);
  if (isBackward(from, to)) {
    const isLoop = (load<u32>(at + NODE_FLAGS) & IS_LOOP) != 0 && labelDepth((<u32>to << 2) + 1) != 0xffff;
    if (!isLoop) {
      const32(load<i32>(at + NODE_ENTRY));
      set(NEXT);
    }
    get(LEFT);
    const32(0);
    byte(0x4a); // i32.gt_s
    byte(0x0d);
    unsigned(labelDepth(isLoop ? (<u32>to << 2) + 1 : LABEL_DISPATCH));
    leaveTo(load<i32>(at + NODE_DELTA));
  } else if (isMerge(to)) branch((<u32>to << 2) + 2);
  else tree(to);
}

/** Takes a node's instructions off the budget. */
function countNode(count: u32): void {
  if (count == 0) return;
  get(LEFT);
  const32(count);
  byte(I32_SUB);
  set(LEFT);
}

/** A node and all that it dominates. */
function tree(index: i32): void {
  const at = node(index);
  const isLoop = (load<u32>(at + NODE_FLAGS) & IS_LOOP) != 0;
  const merges = isMerge(index);
  if (isLoop || merges) {
    setKnownFlags(-1);
    forgetPending();
  }
  if (isLoop) open(0x03, (<u32>index << 2) + 1);
  openMerges(index);
  body(index);
  closeMerges(index);
  if (isLoop) close();
}

function openMerges(index: i32): void {
  for (let child = load<i32>(node(index) + NODE_CHILD); child >= 0; child = load<i32>(node(child) + NODE_SIBLING)) {
    if (isMerge(child)) open(0x02, (<u32>child << 2) + 2);
  }
}

/** Each block's end is followed by its node: the innermost is the earliest, i.e. the last of the list. */
function closeMerges(index: i32): void {
  closeFrom(load<i32>(node(index) + NODE_CHILD));
}

function closeFrom(child: i32): void {
  if (child < 0) return;
  closeFrom(load<i32>(node(child) + NODE_SIBLING));
  if (!isMerge(child)) return;
  close();
  tree(child);
}

function body(index: i32): void {
  if (at > MODULE_LIMIT) {
    overflown = true;
    byte(0); // unreachable
    return;
  }
  const here = node(index);
  const count = load<u32>(here + NODE_COUNT);
  const end = load<u32>(here + NODE_END);
  const first = <usize>load<u32>(here + NODE_OPS);
  const isPlain = end == END_NEXT || end == END_LEAVE;
  const last = first + <usize>count * OP_BYTES - OP_BYTES;
  beginNode(load<i32>(here + NODE_DELTA) & ~0xfff, isPlain ? last + OP_BYTES : last);
  for (let op = first; op < last || (isPlain && op == last); op += OP_BYTES) translate(op);
  const next = load<i32>(here + NODE_NEXT);
  const nextDelta = load<i64>(here + NODE_NEXT_DELTA);
  const taken = load<i32>(here + NODE_TAKEN);
  const takenDelta = load<i64>(here + NODE_TAKEN_DELTA);
  switch (end) {
    case END_CONDITION: {
      countNode(count);
      endCondition(last);
      const flags = knownFlags;
      const waiting = pending;
      open(0x04, LABEL_OTHER);
      follow(index, taken, takenDelta);
      close();
      setKnownFlags(flags);
      setPending(waiting);
      follow(index, next, nextDelta);
      break;
    }
    case END_JUMP:
      countNode(count);
      follow(index, taken, takenDelta);
      break;
    case END_CALL:
      pushReturn(last, nextDelta);
      countNode(count);
      follow(index, taken, takenDelta);
      break;
    case END_RETURN:
      readReturn(last);
      countNode(count);
      if (hasReturnSites && entryCount > 1) branch(LABEL_RETURN);
      else leave();
      break;
    case END_JUMP_INDIRECT:
    case END_CALL_INDIRECT:
      endIndirect(last, end == END_CALL_INDIRECT, nextDelta);
      countNode(count);
      leave();
      break;
    case END_HANDLER:
      endHandler(last, count);
      break;
    default:
      countNode(count);
      follow(index, end == END_LEAVE ? -1 : next, nextDelta);
  }
}

/** The dispatcher's choice among the region's entries. */
function dispatch(): void {
  if (entryCount == 1) {
    tree(0);
    return;
  }
  openMerges(ROOT);
  get(NEXT);
  byte(0x0e);
  unsigned(entryCount - 1);
  for (let i: u32 = 0; i < entryCount; i++) unsigned(labelDepth((<u32>entryNode(i) << 2) + 2));
  closeMerges(ROOT);
}

/** Compares a return address with the region's return sites. */
function returns(): void {
  get(LEFT);
  const32(0);
  byte(I32_LE_S);
  byte(0x0d);
  unsigned(labelDepth(LABEL_EXIT));
  get(TARGET);
  get(BASE);
  byte(I64_SUB);
  set(T0);
  for (let i: u32 = 1; i < entryCount; i++) {
    get(T0);
    const64(load<i32>(node(entryNode(i)) + NODE_DELTA));
    byte(I64_EQ);
    open(0x04, LABEL_OTHER);
    const32(i);
    set(NEXT);
    branch(LABEL_DISPATCH);
    close();
  }
  leave();
}

/** The function's body behind its locals. */
export function writeBody(): void {
  depth = 0;
  overflown = false;
  setKnownFlags(-1);
  writeEntry();
  open(0x02, LABEL_EXIT);
  open(0x02, LABEL_COLD);
  const many = entryCount > 1;
  if (many) open(0x03, LABEL_DISPATCH);
  if (many && hasReturnSites) open(0x02, LABEL_RETURN);
  dispatch();
  if (many && hasReturnSites) {
    close();
    returns();
  }
  if (many) close();
  close();
  writeCold();
  close();
  writeExit();
}
