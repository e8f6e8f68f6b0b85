/** What an MSR is to the table: who has it, who may use it, what its accesses do. */

import { PrivilegeBit, type PrivilegeName } from '@viridian/protocols/tlfs';
import { Outcome } from '@viridian/x86';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';

/** A 64-bit value on its way, as unsigned halves. */
export interface MsrValue {
  low: number;
  high: number;
}

/** Answers a read: leaves the value in `value`, which is zero at first. */
export type MsrRead = (vp: VirtualProcessor, value: MsrValue) => Outcome;
/** Answers a write. */
export type MsrWrite = (vp: VirtualProcessor, low: number, high: number) => Outcome;

/** One MSR. An absent `read` or `write` is #GP. */
export interface MsrDeclaration {
  readonly index: number;
  /** Name in the specification. */
  readonly name: string;
  /** Whether the partition or each virtual processor has one. */
  readonly scope: 'partition' | 'vp';
  /** Bit of the privilege without which the MSR does not exist, -1 if it needs none. */
  readonly privilegeBit: number;
  /** Masks of `FeatureEdx`, all of which must be offered too. */
  readonly features: number;
  readonly read?: MsrRead;
  readonly write?: MsrWrite;
}

/** What a declaration states; the rest follows. */
export interface MsrEntry {
  readonly index: number;
  readonly name: string;
  readonly scope: 'partition' | 'vp';
  /** Absent for MSRs that need none. */
  readonly privilege?: PrivilegeName;
  readonly features?: number;
  readonly read?: MsrRead;
  readonly write?: MsrWrite;
}

/** Completes a declaration. */
export function declareMsr({ privilege, features = 0, ...entry }: MsrEntry): MsrDeclaration {
  return { ...entry, features, privilegeBit: privilege === undefined ? -1 : PrivilegeBit[privilege] };
}

/** A value as halves. */
export function put(value: MsrValue, low: number, high = 0): Outcome {
  value.low = low;
  value.high = high;
  return Outcome.DONE;
}

/** A safe integer as halves. */
export function putNumber(value: MsrValue, number: number): Outcome {
  return put(value, number >>> 0, Math.floor(number / 2 ** 32));
}

/** An unsigned 64-bit value as halves. */
export function putWide(value: MsrValue, wideValue: bigint): Outcome {
  return put(value, Number(wideValue & 0xffff_ffffn), Number(wideValue >> 32n));
}

/** Two halves as one unsigned value. */
export function wide(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
