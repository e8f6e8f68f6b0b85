/** The input and output blocks of slow hypercalls in guest memory. TLFS, "Hypercall Interface", memory-based form. */

import { HvStatus } from '@viridian/protocols/tlfs';
import { cappedFromHalves } from '@viridian/wire';
import { AccessKind } from '@viridian/x86';
import type { GpaSpace } from '../partition/gpa-space.ts';
import type { CallContext } from './call-context.ts';

/** From here on a view for a block copy costs less than a loop over words. */
const LOOP_BYTES = 512;

/** The address in two register halves; what is not below 2^53 becomes 2^53, which lies outside every space. */
export function blockGpa(low: number, high: number): number {
  return cappedFromHalves(low, high);
}

/** Whether the output page could be written now. */
export function isReachable(gpa: GpaSpace, block: number): boolean {
  return gpa.locate(block, AccessKind.WRITE);
}

/** Copies the input once into the call's own buffer. Blocks lie in one page and are 8-aligned. */
export function copyInput(gpa: GpaSpace, block: number, sizeBytes: number, call: CallContext): boolean {
  if (!gpa.locate(block, AccessKind.READ)) return false;
  const { bank, offset } = gpa;
  if (sizeBytes > LOOP_BYTES) {
    call.inputBytes.set(bank.bytes.subarray(offset, offset + sizeBytes));
    return true;
  }
  const { view } = bank;
  for (let i = 0; i < sizeBytes; i += 4) call.input.setUint32(i, view.getUint32(offset + i, true), true);
  return true;
}

/**
 * Copies the output to the guest: the fixed part after success, and the elements that are done. The page may have
 * gone in the meantime (a call can unmap it); then nothing is written and the result is false.
 */
export function copyOutput(gpa: GpaSpace, block: number, call: CallContext, status: HvStatus): boolean {
  const { outputBytes: fixedBytes, outputElementBytes } = call.declaration;
  const first = outputElementBytes === 0 ? 0 : call.outputElement(call.repStart);
  const end = outputElementBytes === 0 ? 0 : call.outputElement(call.repsDone);
  const fixed = status === HvStatus.SUCCESS ? fixedBytes : 0;
  if (fixed === 0 && end <= first) return true;
  if (!gpa.locate(block, AccessKind.WRITE)) return false;
  const { bank, offset } = gpa;
  if (fixed > 0) bank.bytes.set(call.outputBytes.subarray(0, fixed), offset);
  if (end > first) bank.bytes.set(call.outputBytes.subarray(first, end), offset + first);
  return true;
}
