/** The hypercall input value and result value. TLFS, "Hypercall Interface". */

import { bits, u64 } from '@viridian/wire';

/** The 64-bit input value in RCX (EDX:EAX). Reserved parts must be zero. */
export const HypercallInputValue = bits(u64, {
  code: [0, 16],
  fast: [16, 1],
  variableHeaderQwords: [17, 10],
  reserved0: [27, 4],
  nested: [31, 1],
  repCount: [32, 12],
  reserved1: [44, 4],
  repStart: [48, 12],
  reserved2: [60, 4],
});

/** The 64-bit result value in RAX (EDX:EAX). */
export const HypercallResultValue = bits(u64, { status: [0, 16], repsCompleted: [32, 12] });

/** Reserved bits of the input value's low half: 30:27 and 31, which means nested and is never on here. */
export const INPUT_RESERVED_LOW = 0xf800_0000;

/** Reserved bits of the input value's high half: 47:44 and 63:60. */
export const INPUT_RESERVED_HIGH = 0xf000_f000;

/** Low half of an input value. */
export function hypercallInputLow(code: number, fast = false, variableHeaderQwords = 0): number {
  return (code | (fast ? 0x1_0000 : 0) | (variableHeaderQwords << 17)) >>> 0;
}

/** High half of an input value. */
export function hypercallInputHigh(repCount = 0, repStart = 0): number {
  return (repCount | (repStart << 16)) >>> 0;
}

/** Call code in the low half of an input value. */
export const inputCode = (low: number): number => low & 0xffff;

/** Whether the low half of an input value asks for the fast form. */
export const inputIsFast = (low: number): boolean => (low & 0x1_0000) !== 0;

/** Variable header size in quadwords, from the low half of an input value. */
export const inputVariableQwords = (low: number): number => (low >>> 17) & 0x3ff;

/** Rep count, from the high half of an input value. */
export const inputRepCount = (high: number): number => high & 0xfff;

/** Rep start, from the high half of an input value. */
export const inputRepStart = (high: number): number => (high >>> 16) & 0xfff;

/** Whether any reserved bit of the input value is set. */
export const inputHasReservedBits = (low: number, high: number): boolean =>
  (low & INPUT_RESERVED_LOW) !== 0 || (high & INPUT_RESERVED_HIGH) !== 0;

/** Status in the low half of a result value. */
export const resultStatus = (low: number): number => low & 0xffff;

/** Reps completed, in the high half of a result value. */
export const resultRepsCompleted = (high: number): number => high & 0xfff;

/** Bytes that the fast form carries without XMM registers. */
export const FAST_INPUT_BYTES = 16;

/** Bytes that the fast form carries with XMM0..5. */
export const FAST_XMM_INPUT_BYTES = 112;

/** Alignment of input and output blocks. */
export const HYPERCALL_BLOCK_ALIGNMENT = 8;
