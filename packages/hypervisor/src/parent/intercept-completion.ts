/**
 * How the parent finishes an instruction for a virtual processor: results into registers, RIP past the instruction or a
 * pending exception, then the suspension cleared, in one hypercall. TLFS, "Intercepts".
 */

import {
  HvRegister,
  InterceptMessageHeader,
  PendingInterruption,
  PendingInterruptionType,
} from '@viridian/protocols/tlfs';
import type { RegisterWriter } from './calls/processor-calls.ts';

/** Vector of #GP. */
export const GENERAL_PROTECTION = 13;

const { offsets } = InterceptMessageHeader;

/** What is needed of an intercept message to go on behind the instruction: plain numbers, to be kept while waiting. */
export interface InterceptPoint {
  vp: number;
  instructionBytes: number;
  ripLow: number;
  ripHigh: number;
  rflagsLow: number;
  isWrite: boolean;
  isLongMode: boolean;
}

/** A point to be filled again and again. */
export function emptyPoint(): InterceptPoint {
  return {
    vp: 0,
    instructionBytes: 0,
    ripLow: 0,
    ripHigh: 0,
    rflagsLow: 0,
    isWrite: false,
    isLongMode: false,
  };
}

const ACCESS_WRITE = 1;
const EFER_LMA_BIT = 0x10;
const CS_LONG_BIT = 0x2000;
const ATTRIBUTES = offsets.cs + 14;

/** Fills `point` from the intercept header at the start of `view`. */
export function readPoint(view: DataView, point: InterceptPoint): InterceptPoint {
  point.vp = view.getUint32(offsets.vpIndex, true);
  point.instructionBytes = view.getUint8(offsets.instruction) & 0xf;
  point.isWrite = view.getUint8(offsets.access) === ACCESS_WRITE;
  const isLma = (view.getUint16(offsets.executionState, true) & EFER_LMA_BIT) !== 0;
  point.isLongMode = isLma && (view.getUint16(ATTRIBUTES, true) & CS_LONG_BIT) !== 0;
  point.ripLow = view.getUint32(offsets.rip, true);
  point.ripHigh = view.getUint32(offsets.rip + 4, true);
  point.rflagsLow = view.getUint32(offsets.rflags, true);
  return point;
}

/** Writes the registers of one child. `begin` … `put` … `resumeBehind` or `fault`. Statuses are returned. */
export class InterceptCompletion {
  readonly #writer: RegisterWriter;
  readonly #partitionLow: number;
  readonly #partitionHigh: number;

  constructor(writer: RegisterWriter, partitionId: bigint) {
    this.#writer = writer;
    this.#partitionLow = Number(partitionId & 0xffff_ffffn);
    this.#partitionHigh = Number(partitionId >> 32n);
  }

  begin(point: InterceptPoint): this {
    this.#writer.begin(this.#partitionLow, this.#partitionHigh, point.vp);
    return this;
  }

  put(name: number, low: number, high: number): this {
    this.#writer.put(name, low, high);
    return this;
  }

  /** Moves RIP behind the instruction and lets the processor go on. */
  resumeBehind(point: InterceptPoint, instructionBytes = point.instructionBytes): number {
    const sum = point.ripLow + instructionBytes;
    const ripHigh = sum >= 2 ** 32 ? (point.ripHigh + 1) >>> 0 : point.ripHigh;
    this.#writer.put(HvRegister.Rip, sum >>> 0, ripHigh);
    return this.#writer.resume();
  }

  /** Executes the instruction again. */
  resumeAt(): number {
    return this.#writer.resume();
  }

  /** Raises an exception at the instruction. */
  fault(vector: number, errorCode: number | undefined): number {
    const pending = PendingInterruption.encode({
      pending: 1,
      type: PendingInterruptionType.EXCEPTION,
      deliverErrorCode: errorCode === undefined ? 0 : 1,
      vector,
      errorCode: errorCode ?? 0,
    });
    this.#writer.put(HvRegister.PendingInterruption, Number(pending & 0xffff_ffffn), Number(pending >> 32n));
    return this.#writer.resume();
  }
}
