/** Bytes at guest-virtual addresses of a virtual processor, for the string forms of I/O instructions. */

import { TranslateGvaFlag, TranslateGvaResult } from '@viridian/protocols/tlfs';
import { PAGE_BYTES } from '@viridian/x86';
import { readGpa, translateVirtualAddress, writeGpa } from './calls/memory-calls.ts';
import type { HypercallGate } from './hypercall-gate.ts';

/** A guest-virtual address as two halves: kernel addresses are no safe integers. */
export interface Gva {
  readonly low: number;
  readonly high: number;
}

/** `gva` moved by a signed 32-bit distance. */
export function moveGva(gva: Gva, distance: number): Gva {
  const low = gva.low + distance;
  const carry = Math.floor(low / 2 ** 32);
  return { low: low >>> 0, high: (gva.high + carry) >>> 0 };
}

/** Where `gva` lies in guest-physical memory, or undefined when the guest may not go there. */
function translate(
  gate: HypercallGate,
  partitionId: bigint,
  vp: number,
  gva: Gva,
  flag: number,
): number | undefined {
  const gvaPage = gva.high * 2 ** 20 + (gva.low >>> 12);
  const { resultCode, gpn } = translateVirtualAddress(gate, partitionId, vp, flag, gvaPage);
  return resultCode === TranslateGvaResult.SUCCESS ? gpn * PAGE_BYTES + (gva.low & 0xfff) : undefined;
}

/** Copies `into.length` bytes (at most 16) out of the guest. False when an address cannot be read. */
export function readGva(
  gate: HypercallGate,
  partitionId: bigint,
  vp: number,
  gva: Gva,
  into: Uint8Array,
): boolean {
  for (let done = 0; done < into.length; ) {
    const at = moveGva(gva, done);
    const count = Math.min(into.length - done, PAGE_BYTES - (at.low & 0xfff));
    const gpa = translate(gate, partitionId, vp, at, TranslateGvaFlag.VALIDATE_READ);
    const data = gpa === undefined ? undefined : readGpa(gate, partitionId, vp, gpa, count);
    if (data === undefined) return false;
    into.set(data, done);
    done += count;
  }
  return true;
}

/** Copies `from` (at most 16 bytes) into the guest. False when an address cannot be written; bytes before it may be. */
export function writeGva(
  gate: HypercallGate,
  partitionId: bigint,
  vp: number,
  gva: Gva,
  from: Uint8Array,
): boolean {
  for (let done = 0; done < from.length; ) {
    const at = moveGva(gva, done);
    const count = Math.min(from.length - done, PAGE_BYTES - (at.low & 0xfff));
    const gpa = translate(gate, partitionId, vp, at, TranslateGvaFlag.VALIDATE_WRITE);
    const part = from.subarray(done, done + count);
    if (gpa === undefined || !writeGpa(gate, partitionId, vp, gpa, part)) return false;
    done += count;
  }
  return true;
}
