/** How one register is read and set by name. */

import type { VirtualProcessor } from '../virtual-processor.ts';

/** A register of a VP; without `get` it cannot be read, without `set` it cannot be set. */
export interface VpRegister {
  /** Bits of its value; more are a bad value. */
  readonly bits: number;
  readonly get?: (vp: VirtualProcessor) => bigint;
  /** False for a value that the register cannot have. */
  readonly set?: (vp: VirtualProcessor, value: bigint) => boolean;
}

/** A register under its name. */
export type NamedRegister = readonly [name: number, register: VpRegister];

/** A number as it stands in the result. */
export function unsigned64(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** Low half of a 64-bit value. */
export function lowHalf(value: bigint): number {
  return Number(value & 0xffff_ffffn);
}

/** High half of a 64-bit value. */
export function highHalf(value: bigint): number {
  return Number((value >> 32n) & 0xffff_ffffn);
}
