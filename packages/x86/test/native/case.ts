/** One case of the comparison: code and the state that it starts from, and what a processor makes of it. */

import type { Opcode } from '../../src/disassembler/opcode-table.ts';
import type { CodeBits } from '../../src/index.ts';
import { CODE, DATA_16 } from './layout.ts';

/** RFLAGS bits. */
export const Flag = {
  CF: 1,
  PF: 4,
  AF: 0x10,
  ZF: 0x40,
  SF: 0x80,
  TF: 0x100,
  DF: 0x400,
  OF: 0x800,
  NT: 0x4000,
  AC: 0x40000,
  ID: 0x200000,
} as const;

/** Linear addresses of RIP 0 and of offset 0 in the data segments. */
export function segmentBases(bits: CodeBits): { readonly code: number; readonly data: number } {
  return bits === 16 ? { code: CODE, data: DATA_16 } : { code: 0, data: 0 };
}

/** The flags that instructions set by their results. */
export const ARITHMETIC_FLAGS = 0x8d5;

/** Where a case starts. */
export interface TestCase {
  /** What the generator made it from: the same number makes it again. */
  readonly seed: number;
  readonly opcode: Opcode;
  readonly bits: CodeBits;
  readonly code: Uint8Array;
  /** Where the code lies from CODE on. */
  readonly codeAt: number;
  readonly registers: BigUint64Array;
  readonly flags: number;
  /** Bytes that lie in the data from `patchAt` on. */
  readonly patchAt: number;
  readonly patch: Uint8Array;
  /** An FXSAVE image, where x87 and SSE state take part. */
  readonly floats: Uint8Array | undefined;
  /** Flags that the architecture leaves undefined. */
  readonly undefinedFlags: number;
  /** The same where the case ends before its last instruction. */
  readonly undefinedEarly: number;
  /** Registers and memory that it leaves undefined: nothing but the end is compared. */
  readonly undefinedResult: boolean;
}

/** Where it ended. */
export interface Result {
  /** Number of the exception; 3 for the INT3 behind the code. {@link ENDLESS} when it did not come to an end. */
  trap: number;
  error: number;
  /** CR2 of a page fault. */
  address: bigint;
  flags: number;
  rip: bigint;
  readonly registers: BigUint64Array;
  /** Of CS, SS, DS, ES. */
  readonly selectors: readonly number[];
  floats: Uint8Array | undefined;
  /** The data's bytes from the first to the last that changed, from `changedAt` on. */
  changedAt: number;
  changed: Uint8Array;
}

/** {@link Result.trap} of code that executes too many instructions. */
export const ENDLESS = 255;

/** What lies in the data before each case. */
export interface Memory {
  /** DATA_BYTES of them. */
  readonly data: Uint8Array;
  /** One page. */
  readonly readOnly: Uint8Array;
}
