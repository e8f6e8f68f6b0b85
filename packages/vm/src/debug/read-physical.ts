/** Memory at guest-physical addresses for those who look on. */

import type { GpaSpace } from '@viridian/hypervisor';
import { bankOffset, type MachineMemory, PAGE_BYTES } from '@viridian/x86';

const NOTHING = new Uint8Array(0);

/** Shared memory at a guest-physical address, up to the end of its page: overlay pages too, nothing where nothing is mapped. */
export function readPhysical(
  space: GpaSpace,
  memory: MachineMemory,
  gpa: number,
  byteCount: number,
): Uint8Array {
  const page = space.systemPage(Math.floor(gpa / PAGE_BYTES));
  const bank = page < 0 ? undefined : memory.bankOf(page);
  if (bank === undefined) return NOTHING;
  const within = gpa % PAGE_BYTES;
  const at = bankOffset(page) + within;
  return bank.bytes.subarray(at, at + Math.min(byteCount, PAGE_BYTES - within));
}
