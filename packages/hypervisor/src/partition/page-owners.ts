/**
 * Who uses each page of the machine: how many partitions below the root map it, and whether it lies in a pool.
 * TLFS, "Partition Memory Pools": a deposited page is accessible to nobody.
 */

import type { MachineMemory, MemoryBank } from '@viridian/x86';

interface BankUse {
  readonly mappings: Uint16Array;
  readonly pooled: Uint8Array;
  busyPages: number;
}

/** One record per bank, changed by the GPA spaces of the children and by deposits. */
export class PageOwners {
  readonly #memory: MachineMemory;
  readonly #use = new Map<MemoryBank, BankUse>();

  constructor(memory: MachineMemory) {
    this.#memory = memory;
  }

  addBank(bank: MemoryBank): void {
    this.#use.set(bank, {
      mappings: new Uint16Array(bank.pageCount),
      pooled: new Uint8Array(bank.pageCount),
      busyPages: 0,
    });
  }

  removeBank(bank: MemoryBank): void {
    this.#use.delete(bank);
  }

  /** True while a page of the bank is mapped by a child or lies in a pool. */
  isBusy(bank: MemoryBank): boolean {
    return (this.#use.get(bank)?.busyPages ?? 0) > 0;
  }

  /** Counts a child's mapping of a page made or dropped. */
  countMapping(systemPage: number, change: 1 | -1): void {
    const bank = this.#memory.bankOf(systemPage);
    const use = bank && this.#use.get(bank);
    if (bank === undefined || use === undefined) return;
    const at = systemPage - bank.firstPage;
    const before = use.mappings[at]!;
    use.mappings[at] = before + change;
    if (before === 0 || before + change === 0) use.busyPages += change;
  }

  /** Mappings of the page in children's GPA spaces. */
  mappings(systemPage: number): number {
    const bank = this.#memory.bankOf(systemPage);
    return (bank && this.#use.get(bank)?.mappings[systemPage - bank.firstPage]) ?? 0;
  }

  isPooled(systemPage: number): boolean {
    const bank = this.#memory.bankOf(systemPage);
    return bank !== undefined && this.#use.get(bank)?.pooled[systemPage - bank.firstPage] === 1;
  }

  /** Marks a page as lying in a pool, or no longer. */
  setPooled(systemPage: number, pooled: boolean): void {
    const bank = this.#memory.bankOf(systemPage);
    const use = bank && this.#use.get(bank);
    if (bank === undefined || use === undefined) throw new Error(`system page ${systemPage} does not exist`);
    const at = systemPage - bank.firstPage;
    if ((use.pooled[at] === 1) === pooled) return;
    use.pooled[at] = pooled ? 1 : 0;
    use.busyPages += pooled ? 1 : -1;
  }
}
