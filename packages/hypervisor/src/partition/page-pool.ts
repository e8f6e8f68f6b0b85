/**
 * The memory that a parent lends the hypervisor for one partition: pages that nobody else can reach while they are
 * here. TLFS, "Partition Memory Pools".
 */

import { bankOffset, type MachineMemory, PAGE_BYTES } from '@viridian/x86';

/** Deposited pages of one partition, free or in use by the hypervisor. */
export class PagePool {
  /** Pages that the hypervisor uses for this partition now. */
  inUse = 0;

  readonly #memory: MachineMemory;
  readonly #free: number[] = [];

  constructor(memory: MachineMemory) {
    this.#memory = memory;
  }

  /** Pages that could be taken or withdrawn. */
  get available(): number {
    return this.#free.length;
  }

  /** Puts a page in; the caller has made it inaccessible. */
  deposit(systemPage: number): void {
    this.#free.push(systemPage);
  }

  /** Takes a free page out for good, or -1. Its contents are zero: nothing of the partition leaves with it. */
  withdraw(): number {
    const systemPage = this.#free.pop();
    if (systemPage === undefined) return -1;
    this.#zero(systemPage);
    return systemPage;
  }

  /** Takes `count` zeroed pages into use, all or none (undefined). */
  take(count: number): number[] | undefined {
    if (count > this.#free.length) return undefined;
    const pages = this.#free.splice(this.#free.length - count, count);
    for (const page of pages) this.#zero(page);
    this.inUse += count;
    return pages;
  }

  /** Ends the use of pages. */
  giveBack(pages: readonly number[]): void {
    this.inUse -= pages.length;
    this.#free.push(...pages);
  }

  inspect() {
    return { available: this.available, inUse: this.inUse };
  }

  #zero(systemPage: number): void {
    const offset = bankOffset(systemPage);
    this.#memory.bankOf(systemPage)?.bytes.fill(0, offset, offset + PAGE_BYTES);
  }
}
