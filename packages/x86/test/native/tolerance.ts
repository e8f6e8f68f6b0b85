/** Differences between processors that the architecture allows; each with its reason. */

import type { Result, TestCase } from './case.ts';

const STACK_FAULT = 12;
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;
const ALIGNMENT_CHECK = 17;

/** What is not compared. */
export interface Tolerated {
  readonly end: boolean;
  readonly registers: boolean;
  readonly data: boolean;
}

const NOTHING: Tolerated = { end: false, registers: false, data: false };
/** Pushes that succeeded before the one that failed stay or not. */
const FRAMES = new Set(['enter', 'pushaw']);
const OPERAND_FAULTS = new Set([STACK_FAULT, GENERAL_PROTECTION, PAGE_FAULT, ALIGNMENT_CHECK]);
const TWO_OPERANDS = new Set(['movs', 'cmps']);

/** What the architecture leaves to the processor about the end of a case. */
export function tolerated(test: TestCase, host: Result, ours: Result): Tolerated {
  const name = test.opcode.names[0]!;
  // An access over the end of a 4 GiB segment fails or wraps (SDM volume 3, "Limit Checking").
  const limit = host.trap === STACK_FAULT || host.trap === GENERAL_PROTECTION;
  const wraps = ours.address >= 0xfffffff0n || ours.address < 16n;
  if (test.bits === 32 && limit && ours.trap === PAGE_FAULT && wraps) return { ...NOTHING, end: true };
  const fault = host.trap === PAGE_FAULT || host.trap === STACK_FAULT || host.trap === ALIGNMENT_CHECK;
  if (fault && FRAMES.has(name)) return { ...NOTHING, data: true };
  // Registers that were read before the failing access are loaded already or not.
  if (fault && name === 'popaw') return { ...NOTHING, registers: true };
  // Both operands fail, and either may be looked at first.
  if (TWO_OPERANDS.has(name) && fault && OPERAND_FAULTS.has(ours.trap)) return { ...NOTHING, end: true };
  // A target that is none, and a stack that fails.
  if (name === 'call' && OPERAND_FAULTS.has(host.trap) && OPERAND_FAULTS.has(ours.trap))
    return { ...NOTHING, end: true };
  return NOTHING;
}
