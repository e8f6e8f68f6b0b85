/**
 * The memory of the machine that the hypervisor runs on: banks of shared memory, addressed by system page number.
 *
 * A bank is one shared `WebAssembly.Memory`, so that a processor in WebAssembly can reach all of it with plain
 * loads and stores, and any thread can see it. Each bank owns a slot of 2^20 system page numbers (4 GiB), whatever
 * its size: finding the bank of a page is one shift.
 */

export const PAGE_BYTES = 4096;
export const PAGE_SHIFT = 12;

/** Pages that one bank's slot of system page numbers spans. */
const SLOT_PAGES = 1 << 20;
const SLOT_SHIFT = 20;
/** As many slots as 32-bit system page numbers reach. */
const SLOTS = 4096;
const WASM_PAGE_BYTES = 65536;

/** The largest bank: 65 536 WebAssembly pages, less the one that keeps every byte offset within 32 bits. */
export const MAX_BANK_BYTES = 65535 * WASM_PAGE_BYTES;

/** One shared memory and the views on it, made once. */
export interface MemoryBank {
  /** The WebAssembly memory, to be imported by a processor core. */
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;
  /** System page number of the bank's first page. */
  readonly firstPage: number;
  readonly pageCount: number;
}

/** All memory of the machine. Pages are given out by whole banks; who may touch a page is the hypervisor's matter. */
export class MachineMemory {
  readonly #banks: (MemoryBank | undefined)[] = [];

  /** Adds a bank of zeroed memory. `sizeBytes` is rounded up to 64 KiB; at most {@link MAX_BANK_BYTES}. */
  addBank(sizeBytes: number): MemoryBank {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes > MAX_BANK_BYTES) {
      throw new RangeError(`a memory bank has 1 to ${MAX_BANK_BYTES} bytes, not ${sizeBytes}`);
    }
    const wasmPages = Math.ceil(sizeBytes / WASM_PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true });
    const buffer = memory.buffer as unknown as SharedArrayBuffer;
    const slot = this.#freeSlot();
    const bank: MemoryBank = {
      memory,
      buffer,
      bytes: new Uint8Array(buffer),
      words: new Int32Array(buffer),
      view: new DataView(buffer),
      firstPage: slot * SLOT_PAGES,
      pageCount: buffer.byteLength / PAGE_BYTES,
    };
    this.#banks[slot] = bank;
    return bank;
  }

  /** Takes a bank out of the machine. The caller has made sure that no partition maps any of its pages. */
  removeBank(bank: MemoryBank): void {
    const slot = bank.firstPage >>> SLOT_SHIFT;
    if (this.#banks[slot] !== bank) throw new Error('this bank is not part of the machine');
    this.#banks[slot] = undefined;
  }

  /** The bank that holds a system page, or undefined where the machine has no memory. */
  bankOf(systemPage: number): MemoryBank | undefined {
    const bank = this.#banks[systemPage >>> SLOT_SHIFT];
    return bank !== undefined && systemPage - bank.firstPage < bank.pageCount ? bank : undefined;
  }

  /** Bytes in all banks. */
  get sizeBytes(): number {
    return this.#banks.reduce((sum, bank) => sum + (bank?.bytes.byteLength ?? 0), 0);
  }

  // A slot is used again only when all others are taken: a stale page number should find nothing.
  #freeSlot(): number {
    const hole = this.#banks.length < SLOTS ? this.#banks.length : this.#banks.indexOf(undefined);
    if (hole < 0) throw new RangeError('the machine has no free slot for another memory bank');
    return hole;
  }
}

/** Byte offset of a system page within its bank. */
export function bankOffset(systemPage: number): number {
  return (systemPage & (SLOT_PAGES - 1)) * PAGE_BYTES;
}
