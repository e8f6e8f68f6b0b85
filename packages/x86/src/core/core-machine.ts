/** One core and the processors that share it: the guest-physical page table they read, and whom an exit belongs to. */

import { coreThreshold, type EngineOptions } from '../jit/engine.ts';
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
  readonly #table: Uint32Array;
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
    this.#table = new Uint32Array(bank.buffer, GPA_TABLE, GPA_TABLE_PAGES);
    this.core = instantiateCore(bank.memory, {
      exit: (vp, kind) => this.#targets.get(vp)!.exit(kind),
      readTsc: (vp) => this.#targets.get(vp)!.readTsc(),
    });
    this.core.setJitThreshold(coreThreshold(engine));
    this.sync(0, gpa.firstUnmapped ?? GPA_TABLE_PAGES);
  }

  /** Gives a processor its block and gives the block's address. */
  add(index: number, target: ExitTarget): number {
    if (index >= MAX_PROCESSORS) throw new RangeError(`a core has ${MAX_PROCESSORS} processors`);
    const vp = vpAddress(index);
    this.#targets.set(vp, target);
    this.core.setVpCount(Math.max(index + 1, ...[...this.#targets.keys()].map((at) => at / 0x100000)));
    return vp;
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
      if (this.#table[gpn] !== entry) this.#table[gpn] = entry;
    }
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
