/**
 * Memory type range registers: kept for the guest and the parent, without effect on memory. They start as firmware would
 * leave them, for a kernel that finds them disabled gives up its page attribute table too. Intel SDM volume 3, "Memory
 * Cache Control".
 */

import { CHILD_ADDRESS_BITS } from '../partition/gpa-space.ts';

/** MTRR capabilities: 8 variable ranges, fixed ranges, write combining. */
export const MTRR_CAP = 0x508;

const VARIABLE_RANGES = MTRR_CAP & 0xff;
const FIXED_RANGES = 11;
/** Default type: write-back; fixed and variable ranges on. */
const DEF_TYPE_RESET = 0xc06;
const DEF_TYPE_KNOWN = 0xcff;
/** Four bytes of write-back. */
const WRITE_BACK = 0x0606_0606;
/** The fixed range A0000–BFFFF, which is no memory. */
const FRAME_BUFFER_RANGE = 2;
/** A type is one byte: uncacheable, write combining, write-through, write-protected, write-back. */
const TYPES = (1 << 0) | (1 << 1) | (1 << 4) | (1 << 5) | (1 << 6);
/** Bits of a high half that page numbers reach. */
const HIGH_BITS = 2 ** (CHILD_ADDRESS_BITS - 32) - 1;

/** Values as halves: low at 2n, high at 2n + 1. */
export class MtrrState {
  readonly defType = new Uint32Array(2);
  readonly bases = new Uint32Array(2 * VARIABLE_RANGES);
  readonly masks = new Uint32Array(2 * VARIABLE_RANGES);
  readonly fixed = new Uint32Array(2 * FIXED_RANGES);

  constructor() {
    this.reset();
  }

  reset(): void {
    this.defType.set([DEF_TYPE_RESET, 0]);
    this.bases.fill(0);
    this.masks.fill(0);
    this.fixed.fill(WRITE_BACK).fill(0, 2 * FRAME_BUFFER_RANGE, 2 * FRAME_BUFFER_RANGE + 2);
  }
}

/** Whether a value may be written to IA32_MTRR_DEF_TYPE. */
export function isDefType(low: number, high: number): boolean {
  return high === 0 && (low & ~DEF_TYPE_KNOWN) === 0 && isType(low & 0xff);
}

/** Whether a value may be written to an IA32_MTRR_PHYSBASE. */
export function isBase(low: number, high: number): boolean {
  return high <= HIGH_BITS && (low & 0xf00) === 0 && isType(low & 0xff);
}

/** Whether a value may be written to an IA32_MTRR_PHYSMASK. */
export function isMask(low: number, high: number): boolean {
  return high <= HIGH_BITS && (low & 0x7ff) === 0;
}

/** Whether a value may be written to a fixed range register: eight types. */
export function isFixed(low: number, high: number): boolean {
  for (let shift = 0; shift < 32; shift += 8) {
    if (!isType((low >>> shift) & 0xff) || !isType((high >>> shift) & 0xff)) return false;
  }
  return true;
}

function isType(type: number): boolean {
  return type < 8 && ((TYPES >> type) & 1) === 1;
}
