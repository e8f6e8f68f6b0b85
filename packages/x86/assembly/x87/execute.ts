/** Executes D8–DF from a generic micro-op. Intel SDM volume 2, "Escape Opcode Instructions". */

import { raiseUD } from '../exception';
import { OP_CODE16, opDigit, opIsMemory, opModrm } from '../micro-op';
import { clearExceptions, initialize, loadControl, storeControl, storeStatus, storeStatusInAx } from './control';
import { loadEnvironmentAt, restoreAll, saveAll, storeEnvironmentAt } from './environment';
import { requireAvailable, requireNoPending } from './registers';

export function executeX87(vp: usize, op: usize): void {
  requireAvailable(vp);
  const escape = <u32>load<u16>(op + OP_CODE16) & 7;
  if (opIsMemory(op)) {
    if (!executeControl(vp, op, (escape << 3) | opDigit(op))) raiseUD(vp);
  } else if (!executeControlRegister(vp, (escape << 8) | opModrm(op))) raiseUD(vp);
}

/** Control instructions with a memory operand, by escape << 3 | digit; those that do not wait come first. */
function executeControl(vp: usize, op: usize, form: u32): bool {
  switch (form) {
    case 0o16: storeEnvironmentAt(vp, op); return true;
    case 0o17: storeControl(vp, op); return true;
    case 0o56: saveAll(vp, op); return true;
    case 0o57: storeStatus(vp, op); return true;
  }
  requireNoPending(vp);
  switch (form) {
    case 0o14: loadEnvironmentAt(vp, op); return true;
    case 0o15: loadControl(vp, op); return true;
    case 0o54: restoreAll(vp, op); return true;
  }
  return false;
}

/** Control instructions without a memory operand that do not wait, by escape << 8 | ModRM. */
function executeControlRegister(vp: usize, form: u32): bool {
  switch (form) {
    // FNENI, FNDISI, FNSETPM of the first coprocessors do nothing.
    case 0x3e0: case 0x3e1: case 0x3e4: return true;
    case 0x3e2: clearExceptions(vp); return true;
    case 0x3e3: initialize(vp); return true;
    case 0x7e0: storeStatusInAx(vp); return true;
  }
  return false;
}
