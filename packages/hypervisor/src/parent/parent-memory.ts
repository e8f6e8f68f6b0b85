/** The parent's own pages: hypercall blocks, SynIC pages, and what it deposits for its children. */

import type { MemoryBank } from '@viridian/x86';
import type { Hypervisor } from '../hypervisor.ts';

/** One step of growth: 256 KiB, 64 pages. */
const GROWTH_BYTES = 256 * 1024;

/** Gives out pages by guest page number of the root partition, in which page numbers are system page numbers. */
export class ParentMemory {
  readonly #hypervisor: Hypervisor;
  readonly #banks: MemoryBank[] = [];
  readonly #free: number[] = [];
  #pageCount = 0;

  constructor(hypervisor: Hypervisor) {
    this.#hypervisor = hypervisor;
  }

  /** Pages given out and not yet taken back. */
  get pagesInUse(): number {
    return this.#pageCount - this.#free.length;
  }

  /** `count` pages, in no order. Their contents are zero or what the last user left. */
  take(count: number): number[] {
    while (this.#free.length < count) this.#grow();
    return this.#free.splice(this.#free.length - count);
  }

  /** Takes pages back. */
  release(gpns: readonly number[]): void {
    for (const gpn of gpns) this.#free.push(gpn);
  }

  /** Gives all memory back to the machine. Throws when pages are still in use. */
  close(): void {
    if (this.pagesInUse > 0) throw new Error(`${this.pagesInUse} pages of the parent are still in use`);
    for (const bank of this.#banks.splice(0)) this.#hypervisor.removeMemory(bank);
    this.#free.length = 0;
    this.#pageCount = 0;
  }

  #grow(): void {
    const bank = this.#hypervisor.addMemory(GROWTH_BYTES);
    this.#banks.push(bank);
    this.#pageCount += bank.pageCount;
    // Highest first: `take` cuts off the end, so pages go out in ascending order.
    for (let page = bank.pageCount - 1; page >= 0; page -= 1) this.#free.push(bank.firstPage + page);
  }
}
