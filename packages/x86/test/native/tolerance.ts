/** Differences between processors that the architecture allows; each with its reason. */

import type { Opcode } from '../../src/disassembler/opcode-table.ts';
import type { Result, TestCase } from './case.ts';

const BREAKPOINT = 3;
const STACK_FAULT = 12;
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;
const ALIGNMENT_CHECK = 17;

/** What is not compared. */
export interface Tolerated {
  readonly end: boolean;
  readonly registers: boolean;
  readonly data: boolean;
  readonly x87: boolean;
}

const NOTHING: Tolerated = { end: false, registers: false, data: false, x87: false };
const SIMD_EXCEPTION = 19;
/** Pushes that succeeded before the one that failed stay or not. */
const FRAMES = new Set(['enter', 'pushaw']);
const OPERAND_FAULTS = new Set([STACK_FAULT, GENERAL_PROTECTION, PAGE_FAULT, ALIGNMENT_CHECK]);
const TWO_OPERANDS = new Set(['movs', 'cmps']);

/** What the architecture leaves to the processor about the end of a case. */
export function tolerated(test: TestCase, host: Result, ours: Result): Tolerated {
  const name = test.opcode.names[0]!;
  if (name === 'fyl2xp1' && isOutOfRange(test)) return { ...NOTHING, end: true };
  // A frame that is wrong in two ways; and a stack pointer that is none, for a call that leaves 64-bit mode.
  const isReturn = name === 'retf' || name === 'iretw';
  if (isReturn && OPERAND_FAULTS.has(host.trap) && OPERAND_FAULTS.has(ours.trap))
    return { ...NOTHING, end: true };
  if (name === 'call' && ours.trap === STACK_FAULT) return { ...NOTHING, end: true };
  // An access over the end of a 4 GiB segment fails or wraps (SDM volume 3, "Limit Checking").
  const limit = host.trap === STACK_FAULT || host.trap === GENERAL_PROTECTION;
  const wraps = ours.address >= 0xfffffff0n || ours.address < 16n;
  const missed = (ours.trap === PAGE_FAULT && wraps) || ours.trap === ALIGNMENT_CHECK;
  if (test.bits === 32 && limit && missed) return { ...NOTHING, end: true };
  const fault = host.trap === PAGE_FAULT || host.trap === STACK_FAULT || host.trap === ALIGNMENT_CHECK;
  if (fault && FRAMES.has(name)) return { ...NOTHING, data: true };
  // Registers that were read before the failing access are loaded already or not.
  if (fault && name === 'popaw') return { ...NOTHING, registers: true };
  // Both operands fail, and either may be looked at first.
  if (TWO_OPERANDS.has(name) && fault && OPERAND_FAULTS.has(ours.trap)) return { ...NOTHING, end: true };
  // A target that is none, and a stack that fails.
  if (name === 'call' && OPERAND_FAULTS.has(host.trap) && OPERAND_FAULTS.has(ours.trap))
    return { ...NOTHING, end: true };
  // A vector that is neither aligned nor within its segment.
  if (
    test.bits !== 64 &&
    test.opcode.set === 'simd' &&
    limit &&
    (ours.trap === STACK_FAULT || ours.trap === GENERAL_PROTECTION)
  ) {
    return { ...NOTHING, end: true };
  }
  // Whether a conversion that fails has made MMX registers of the x87 registers, a store that
  // fails, and a conversion that reads memory.
  if (test.opcode.operands[0] === 'P' && host.trap === SIMD_EXCEPTION) return { ...NOTHING, x87: true };
  if (name === 'cvtpi2ps' || (name === 'maskmovq' && host.trap !== BREAKPOINT))
    return { ...NOTHING, x87: true };
  return NOTHING;
}

/** FYL2XP1 gives anything for numbers beyond 1 - sqrt(2) / 2, here from a quarter on. */
function isOutOfRange({ floats }: TestCase): boolean {
  const exponent = (floats![40]! | (floats![41]! << 8)) & 0x7fff;
  return exponent >= 0x3ffd && exponent < 0x7fff;
}

/** Instructions whose result for zero the manuals leave open; most processors keep the destination. */
export function leavesOpen(opcode: Opcode): boolean {
  return opcode.names[0] === 'bsf' || opcode.names[0] === 'bsr';
}

/** Operands of 10 bytes and more, far pointers, and frames of far returns: accessed part by part. */
export function hasParts({ names, operands, set }: Opcode): boolean {
  if (names[0] === 'retf' || names[0] === 'iretw' || operands.includes('Mp')) return true;
  return set === 'x87' && operands.some((operand) => /^Mt?$/.test(operand));
}

/** Bits of the general registers that an instruction defines: LAR leaves four of its result open. */
export function definedBits({ names }: Opcode): bigint {
  return names[0] === 'lar' ? ~0xf0000n : -1n;
}

/** C0, C2, C3 of the x87 status word: undefined after most instructions. */
const CONDITION_CODES = 0x4500;
const DEFINES_CONDITIONS = /^(f[iu]?com|ftst|fxam|fprem|fldenv|frstor|fnstsw|fncl|fnin)/;

/** Bits of the status word that are defined after an instruction. */
export function definedStatus(opcode: Opcode, strict: boolean): number {
  if (TRANSCENDENTAL.test(opcode.names[0]!)) return 0xffff & ~C1_UE;
  const defines = strict || opcode.set !== 'x87' || DEFINES_CONDITIONS.test(opcode.names[0]!);
  return defines ? 0xffff : 0xffff & ~CONDITION_CODES;
}

const TRANSCENDENTAL = /^(f2xm1|fyl2x|fyl2xp1|fptan|fpatan|fsin|fcos|fsincos)$/;
/** Last places in which two results may differ: each processor promises one (SDM volume 1, "Transcendental Instruction Accuracy"). */
const LAST_PLACES = 2n;
/** C1 says how a result was rounded; UE whether a denormal one was exact, which processors do not find out alike. */
const C1_UE = 0x210;

/** Whether two x87 registers hold the same, or transcendental results that are near enough. */
export function sameExtended(test: TestCase, host: bigint, ours: bigint): boolean {
  if (host === ours) return true;
  if (!TRANSCENDENTAL.test(test.opcode.names[0]!)) return false;
  // Counts numbers of one sign in their order; the integer bit says nothing about it.
  const place = (value: bigint) => ((value >> 64n) << 63n) | BigInt.asUintN(63, value);
  const distance = place(host) - place(ours);
  return distance <= LAST_PLACES && distance >= -LAST_PLACES;
}

const APPROXIMATIONS = new Set(['rcpps', 'rcpss', 'rsqrtps', 'rsqrtss']);
/** Relative error that the architecture allows two processors together (SDM volume 2, RCPPS). */
const APPROXIMATION_ERROR = 2 * 1.5 * 2 ** -12;

/** Whether two XMM registers hold the same, or approximations of the same. */
export function sameVector(test: TestCase, host: DataView, ours: DataView, at: number): boolean {
  const isApproximate = APPROXIMATIONS.has(test.opcode.names[0]!);
  for (let lane = at; lane < at + 16; lane += 4) {
    if (host.getUint32(lane, true) === ours.getUint32(lane, true)) continue;
    const expected = host.getFloat32(lane, true);
    const error = Math.abs(ours.getFloat32(lane, true) - expected);
    if (!isApproximate || !(error <= Math.abs(expected) * APPROXIMATION_ERROR)) return false;
  }
  return true;
}
