/** One core and the processors that share it: the guest-physical page table they read, and whom an exit belongs to. */

import { coreThreshold, type EngineOptions, isLockStep } from '../jit/engine.ts';
import { LockStep } from '../lock-step/lock-step.ts';
import { PageJournal } from '../lock-step/page-journal.ts';
import { bankOffset, type MachineMemory, type MemoryBank, PAGE_BYTES } from '../memory/machine-memory.ts';
import { CORE_RESERVED_BYTES, type Core, instantiateCore, MAX_PROCESSORS, vpAddress } from './core.ts';

/** The guest-physical address space, as far as a core looks at it. `GpaSpace` of `@viridian/hypervisor` fits. */
export interface GuestPages {
  /** System page shown at a guest page, -1 where nothing is mapped. */
  systemPage(gpn: number): number;
  /** Rights: 1 read, 2 write, 4 execute. */
  access(gpn: number): number;
  /** Guest pages from this one on are unmapped at first, where the space knows it. */
  readonly firstUnmapped?: number;
}

/** Answers what one processor's exits ask. */
export interface ExitTarget {
  exit(kind: number): number;
  readTsc(): void;
}

const GPA_TABLE = 0x4100000;
const GPA_TABLE_PAGES = 1 << 21;

/** A core over one bank. Guest pages in other banks are reached by exits. */
export class CoreMachine {
  readonly core: Core;
  readonly bank: MemoryBank;
  readonly memory: MachineMemory;
  readonly gpa: GuestPages;
  /** Host page and rights of each guest page. */
  readonly table: Uint32Array;
  /** Only where two engines run in lock-step. */
  readonly #journal: PageJournal | undefined;
  readonly #targets = new Map<number, ExitTarget>();

  constructor(bank: MemoryBank, memory: MachineMemory, gpa: GuestPages, engine?: EngineOptions) {
    if (bank.bytes.byteLength <= CORE_RESERVED_BYTES) {
      throw new RangeError(
        `a bank of ${bank.bytes.byteLength} bytes has no room for a core and guest memory`,
      );
    }
    this.bank = bank;
    this.memory = memory;
    this.gpa = gpa;
    this.table = new Uint32Array(bank.buffer, GPA_TABLE, GPA_TABLE_PAGES);
    this.core = instantiateCore(bank.memory, {
      exit: (vp, kind) => this.#targets.get(vp)!.exit(kind),
      readTsc: (vp) => this.#targets.get(vp)!.readTsc(),
      journal: (page, isTable) => this.#journal?.note(page, isTable !== 0),
    });
    this.core.setJitThreshold(coreThreshold(engine));
    this.#journal = isLockStep(engine) ? new PageJournal(this.core, bank) : undefined;
    this.sync(0, gpa.firstUnmapped ?? GPA_TABLE_PAGES);
  }

  /** Gives a processor its block: the block's address, and what executes. */
  add(index: number, target: ExitTarget): { vp: number; run: (budget: number) => number } {
    const journal = this.#journal;
    // In lock-step every second block is for the comparison.
    const most = journal === undefined ? MAX_PROCESSORS : MAX_PROCESSORS / 2;
    if (index >= most) throw new RangeError(`a core has ${most} processors`);
    if (journal === undefined) {
      const vp = vpAddress(index);
      this.#setTarget(vp, target);
      return { vp, run: (budget) => this.core.run(vp, budget) };
    }
    const [vp, shadow] = [vpAddress(index * 2), vpAddress(index * 2 + 1)];
    const lockStep = new LockStep(this, journal, vp, shadow, target);
    this.#setTarget(vp, lockStep);
    this.#setTarget(shadow, lockStep);
    return { vp, run: (budget) => lockStep.run(budget) };
  }

  #setTarget(vp: number, target: ExitTarget): void {
    this.#targets.set(vp, target);
    this.core.setVpCount(Math.max(...[...this.#targets.keys()].map((at) => at / 0x100000)));
  }

  /** Takes over the mappings of some guest pages. */
  sync(firstGpn: number, pageCount: number): void {
    const end = Math.min(firstGpn + pageCount, GPA_TABLE_PAGES);
    const { gpa, bank } = this;
    for (let gpn = firstGpn; gpn < end; gpn += 1) {
      const access = gpa.access(gpn);
      const page = access === 0 ? -1 : gpa.systemPage(gpn);
      const within = page - bank.firstPage;
      const entry = page >= 0 && within >= 0 && within < bank.pageCount ? within * PAGE_BYTES + access : 0;
      if (this.table[gpn] !== entry) this.table[gpn] = entry;
    }
  }

  /** Names a place in the bank for people: by its guest-physical address. */
  describe(at: number): string {
    const page = at - (at % PAGE_BYTES);
    const gpn = this.table.findIndex((entry) => entry !== 0 && (entry & ~(PAGE_BYTES - 1)) >>> 0 === page);
    return `memory at gpa 0x${(gpn * PAGE_BYTES + (at % PAGE_BYTES)).toString(16)}`;
  }

  /** Copies from or to a page of another bank; false when nothing is mapped there or the right is missing. */
  copyForeign(gpa: number, data: Uint8Array, isWrite: boolean): boolean {
    const gpn = Math.floor(gpa / PAGE_BYTES);
    if ((this.gpa.access(gpn) & (isWrite ? 2 : 1)) === 0) return false;
    const page = this.gpa.systemPage(gpn);
    const bank = page < 0 ? undefined : this.memory.bankOf(page);
    if (bank === undefined) return false;
    const at = bankOffset(page) + (gpa % PAGE_BYTES);
    if (isWrite) bank.bytes.set(data, at);
    else data.set(bank.bytes.subarray(at, at + data.length));
    return true;
  }
}
