/** Guest memory as software sees it, for those who look on: by linear address, through the guest's page tables. */

import type { CodeBits } from '../core/code-machine.ts';
import { PAGE_BYTES } from '../memory/machine-memory.ts';
import { AccessKind, type Processor } from './processor.ts';
import { Reg, type RegisterFile, Seg } from './registers.ts';

/** Gives `bytes` bytes of memory at a guest-physical address, all within one page; fewer where there are none. */
export type PhysicalReader = (gpa: number, bytes: number) => Uint8Array;

/** Bit D of a code segment. */
const SEGMENT_D = 0x4000;

/** Bits of the current code segment. */
export function codeBits(registers: RegisterFile): CodeBits {
  if (registers.is64Bit) return 64;
  return (registers.segments[Seg.CS]!.attributes & SEGMENT_D) !== 0 ? 32 : 16;
}

/** Linear address of an instruction in the current code segment; of the next one unless `rip` is given. */
export function codeAddress(registers: RegisterFile, rip = registers.qwords[Reg.RIP]!): bigint {
  return registers.is64Bit ? rip : BigInt.asUintN(32, registers.segments[Seg.CS]!.base + rip);
}

/** A copy of up to `byteCount` bytes at a linear address: it ends where a page is missing. Changes nothing in the guest. */
export function readLinear(
  processor: Processor,
  linear: bigint,
  byteCount: number,
  read: PhysicalReader,
): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  const supervisor = processor.registers.cpl !== 3;
  let got = 0;
  while (got < byteCount) {
    const at = linear + BigInt(got);
    // SMAP keeps a supervisor's data accesses out of user pages, but not its instruction fetches.
    let found = processor.translate(at, AccessKind.READ, supervisor, false);
    if (found.code !== 0) found = processor.translate(at, AccessKind.EXECUTE, supervisor, false);
    if (found.code !== 0) break;
    const room = PAGE_BYTES - Number(at & BigInt(PAGE_BYTES - 1));
    const part = read(found.gpa, Math.min(room, byteCount - got));
    if (part.length === 0) break;
    bytes.set(part, got);
    got += part.length;
  }
  return bytes.subarray(0, got);
}
