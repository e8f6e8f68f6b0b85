/** The memory of one machine: a bank of its own, shown to the child below and above the hole for devices. */

import type { Hypervisor } from '@viridian/hypervisor';
import type { ChildPartition } from '@viridian/hypervisor/parent';
import type { MemoryBank } from '@viridian/x86';

/** From here to 4 GiB there is no memory: local APIC, I/O APIC and device windows. */
export const LOW_MEMORY_END = 0xf800_0000;
const HIGH_MEMORY = 2 ** 32;

/** A run of RAM in the guest's address space. */
export interface RamRange {
  readonly gpa: number;
  readonly sizeBytes: number;
}

/** Where a machine with so much memory has it. */
export function ramRanges(memoryBytes: number): RamRange[] {
  const low = Math.min(memoryBytes, LOW_MEMORY_END);
  const ranges = [{ gpa: 0, sizeBytes: low }];
  return memoryBytes > low ? [...ranges, { gpa: HIGH_MEMORY, sizeBytes: memoryBytes - low }] : ranges;
}

/** Takes a bank into the machine and maps it. The bank is the caller's to take out again. */
export function giveMemory(child: ChildPartition, bank: MemoryBank, memoryBytes: number): void {
  let bankOffset = 0;
  for (const { gpa, sizeBytes } of ramRanges(memoryBytes)) {
    child.mapMemory({ gpa, bank, bankOffset, sizeBytes });
    bankOffset += sizeBytes;
  }
}

/** A bank of zeroed memory for one machine. Throws with what to do when the host has none. */
export function takeBank(hypervisor: Hypervisor, name: string, memoryBytes: number): MemoryBank {
  try {
    return hypervisor.addMemory(memoryBytes);
  } catch (cause) {
    const megabytes = Math.ceil(memoryBytes / 2 ** 20);
    throw new Error(`${name}: the host has no ${megabytes} MiB for a machine; give it less or end another`, {
      cause,
    });
  }
}
