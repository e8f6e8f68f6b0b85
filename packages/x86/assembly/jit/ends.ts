/** How basic blocks end: conditions, calls, returns, indirect branches, and what the interpreter's handlers branch by. */

import { OP_CODE16, opIsMemory } from '../micro-op';
import {
  byte, const32, const64, get, I64_ADD, I64_AND, I64_NE, I64_SHL, I64_SHR_S, set,
} from './emit';
import { condition } from './conditions';
import { pushRm, pushValue, dropValue, peekValue } from './integer';
import { BASE, T0, TARGET } from './locals';
import { canAddress, cut, giveUp } from './operands';
import { close, LABEL_OTHER, open } from './structure';
import { callHandler, is64, leaveBehind } from './translate';

/** Leaves the condition of a Jcc on the stack. */
export function endCondition(op: usize): void {
  condition(load<u16>(op + OP_CODE16) & 15);
}

/** Pushes the address of the instruction behind a call. */
export function pushReturn(op: usize, delta: i64): void {
  get(BASE);
  const64(delta);
  byte(I64_ADD);
  if (!is64()) cut(4);
  pushValue(op);
}

/** A target that is no canonical address is for the interpreter to refuse. */
function checkTarget(op: usize): void {
  if (!is64()) return;
  get(TARGET);
  const64(16);
  byte(I64_SHL);
  const64(16);
  byte(I64_SHR_S);
  get(TARGET);
  byte(I64_NE);
  open(0x04, LABEL_OTHER);
  giveUp(op);
  close();
}

/** Takes a return address off the stack into TARGET. */
export function readReturn(op: usize): void {
  peekValue(op);
  set(TARGET);
  checkTarget(op);
  dropValue();
}

/** FF /2 and /4: the target goes to TARGET. */
export function endIndirect(op: usize, isCall: bool, delta: i64): void {
  if (opIsMemory(op) && !canAddress(op)) {
    // Its segment takes more than an addition.
    giveUp(op);
    return;
  }
  pushRm(op, is64() ? 8 : 4);
  set(TARGET);
  checkTarget(op);
  if (isCall) pushReturn(op, delta);
}

/** Executes the last micro-op by its handler, which sets RIP, and leaves. */
export function endHandler(op: usize, count: u32): void {
  callHandler(op);
  byte(0x1a); // drop
  leaveBehind(count);
}
