/**
 * The memory of one machine: a bank of its own. In front lies what the processor core keeps for itself, then the pages
 * that the hypervisor borrows for the partition, then RAM, shown to the child below and above the hole for devices,
 * then video memory.
 */

import { PCI_HOLE } from '@viridian/emulation';
import type { Hypervisor } from '@viridian/hypervisor';
import type { ChildPartition, PoolMemory } from '@viridian/hypervisor/parent';
import { CORE_RESERVED_BYTES, type MemoryBank } from '@viridian/x86';

/** From here to 4 GiB there is no memory: local APIC, I/O APIC and device windows. */
const LOW_MEMORY_END = 0xf800_0000;
const HIGH_MEMORY = 2 ** 32;

/** Where video memory is: the first bytes that PCI devices may have. */
export const VIDEO_GPA = PCI_HOLE.first;

/** Pages to deposit: overlay pages in the bank of the RAM are as near to the processor core as RAM itself. */
export const POOL_BYTES = 1 << 20;

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

/** How much memory a machine has. */
export interface BankSizes {
  readonly memoryBytes: number;
  /** Video memory in the hole for devices; 0 for none. */
  readonly videoBytes: number;
  /** An x86-64 core of ours keeps its state in front. */
  readonly hasCore: boolean;
}

/** One machine's bank and what is where in it. The bank is the owner's to take out of the host again. */
export class MachineBank {
  readonly bank: MemoryBank;
  readonly pool: PoolMemory;
  readonly #ramOffset: number;
  readonly #memoryBytes: number;
  readonly #videoBytes: number;

  /** Takes zeroed memory. Throws with what to do when the host has none. */
  constructor(hypervisor: Hypervisor, name: string, sizes: BankSizes) {
    const { memoryBytes, videoBytes, hasCore } = sizes;
    const poolOffset = hasCore ? CORE_RESERVED_BYTES : 0;
    this.#ramOffset = poolOffset + POOL_BYTES;
    this.#memoryBytes = memoryBytes;
    this.#videoBytes = videoBytes;
    this.bank = takeBank(hypervisor, name, this.#ramOffset + memoryBytes + videoBytes, memoryBytes);
    this.pool = { bank: this.bank, bankOffset: poolOffset, sizeBytes: POOL_BYTES };
  }

  /** Shows RAM and video memory to the child. */
  giveTo(child: ChildPartition): void {
    let bankOffset = this.#ramOffset;
    const video = this.#videoBytes > 0 ? [{ gpa: VIDEO_GPA, sizeBytes: this.#videoBytes }] : [];
    for (const { gpa, sizeBytes } of [...ramRanges(this.#memoryBytes), ...video]) {
      child.mapMemory({ gpa, bank: this.bank, bankOffset, sizeBytes });
      bankOffset += sizeBytes;
    }
  }

  /** Offset in the bank of a page of RAM; undefined when not all of `byteCount` bytes there are RAM. */
  offsetOf(gpa: number, byteCount: number): number | undefined {
    let bankOffset = this.#ramOffset;
    for (const range of ramRanges(this.#memoryBytes)) {
      const start = gpa - range.gpa;
      if (start >= 0 && start + byteCount <= range.sizeBytes) return bankOffset + start;
      bankOffset += range.sizeBytes;
    }
    return undefined;
  }

  /** RAM below the hole, of which `gpa` + `byteCount` bytes must exist. */
  bytes(gpa: number, byteCount: number): Uint8Array {
    if (gpa < 0 || gpa + byteCount > Math.min(this.#memoryBytes, LOW_MEMORY_END)) {
      throw new RangeError(`${byteCount} bytes at ${gpa.toString(16)}h are not in low memory`);
    }
    const offset = this.#ramOffset + gpa;
    return this.bank.bytes.subarray(offset, offset + byteCount);
  }
}

function takeBank(hypervisor: Hypervisor, name: string, bankBytes: number, memoryBytes: number): MemoryBank {
  try {
    return hypervisor.addMemory(bankBytes);
  } catch (cause) {
    const megabytes = Math.ceil(memoryBytes / 2 ** 20);
    throw new Error(`${name}: the host has no ${megabytes} MiB for a machine; give it less or end another`, {
      cause,
    });
  }
}
