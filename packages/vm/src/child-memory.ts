/**
 * The parent's way into a child's memory, for the bus and its devices: plain RAM only, never an overlay page of the
 * hypervisor. TLFS, "Guest Physical Address Spaces".
 */

import type { GpaSpace } from '@viridian/hypervisor';
import type { GuestMemory, SharedPages } from '@viridian/vmbus/ring';
import { bankOffset, type MachineMemory, type MemoryBank, PAGE_BYTES } from '@viridian/x86';

const READ_WRITE = 3;

/** Guest pages as bytes of shared memory. Page numbers come from the guest: any number is answered, none is trusted. */
export class ChildMemory implements GuestMemory {
  readonly #space: GpaSpace;
  readonly #memory: MachineMemory;

  constructor(space: GpaSpace, memory: MachineMemory) {
    this.#space = space;
    this.#memory = memory;
  }

  pages(gpns: readonly number[]): SharedPages | undefined {
    let bank: MemoryBank | undefined;
    const offsets: number[] = [];
    for (const gpn of gpns) {
      const systemPage = this.#ramPage(gpn);
      if (systemPage < 0) return undefined;
      bank ??= this.#memory.bankOf(systemPage);
      if (bank === undefined || this.#memory.bankOf(systemPage) !== bank) return undefined;
      offsets.push(bankOffset(systemPage));
    }
    return bank === undefined ? undefined : { buffer: bank.buffer, offsets };
  }

  gather(
    gpns: Float64Array | readonly number[],
    first: number,
    byteOffset: number,
    byteCount: number,
    into: Uint8Array[],
  ): boolean {
    if (byteOffset < 0 || byteOffset >= PAGE_BYTES || byteCount < 0) return false;
    const end = first + Math.ceil((byteOffset + byteCount) / PAGE_BYTES);
    if (end > gpns.length) return false;
    const before = into.length;
    let left = byteCount;
    let start = byteOffset;
    for (let index = first; index < end; ) {
      const systemPage = this.#ramPage(gpns[index]!);
      const bank = systemPage < 0 ? undefined : this.#memory.bankOf(systemPage);
      if (bank === undefined) {
        into.length = before;
        return false;
      }
      let count = 1;
      while (index + count < end && this.#isNext(gpns[index + count]!, systemPage + count, bank)) count += 1;
      const runBytes = Math.min(left, count * PAGE_BYTES - start);
      const offset = bankOffset(systemPage) + start;
      into.push(bank.bytes.subarray(offset, offset + runBytes));
      left -= runBytes;
      start = 0;
      index += count;
    }
    return true;
  }

  /** The system page behind a page of RAM that the guest may read and write; -1 for everything else. */
  #ramPage(gpn: number): number {
    const space = this.#space;
    if ((space.access(gpn) & READ_WRITE) !== READ_WRITE || space.isOverlay(gpn)) return -1;
    return space.systemPage(gpn);
  }

  #isNext(gpn: number, systemPage: number, bank: MemoryBank): boolean {
    return systemPage - bank.firstPage < bank.pageCount && this.#ramPage(gpn) === systemPage;
  }
}
