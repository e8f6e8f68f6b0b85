/** Guest pages lent to single commands, with copies in and out. */

import type { AllocatedPages } from '@viridian/vmbus/guest';
import { PAGE_BYTES } from '@viridian/vmbus/ring';
import { StorageError } from './errors.ts';
import type { DmaAllocator, GuestPages } from './guest-pages.ts';

/** Borrowed pages with copies in and out. */
export class DmaBuffer {
  readonly pages: GuestPages;
  readonly #allocator: DmaAllocator;
  readonly #allocated: AllocatedPages;
  readonly #views: readonly Uint8Array[];

  constructor(allocator: DmaAllocator, byteCount: number) {
    this.#allocator = allocator;
    this.#allocated = allocator.allocatePages(Math.max(1, Math.ceil(byteCount / PAGE_BYTES)));
    const { gpns, pages } = this.#allocated;
    this.pages = { gpns, byteOffset: 0, byteCount };
    this.#views = pages.offsets.map((offset) => new Uint8Array(pages.buffer, offset, PAGE_BYTES));
  }

  /** A private copy of the first `byteCount` bytes. */
  copyOut(byteCount: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(byteCount);
    for (let at = 0; at < byteCount; at += PAGE_BYTES) {
      bytes.set(this.#views[at / PAGE_BYTES]!.subarray(0, Math.min(PAGE_BYTES, byteCount - at)), at);
    }
    return bytes;
  }

  /** Puts `bytes` in, from the beginning. */
  copyIn(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
      this.#views[at / PAGE_BYTES]!.set(bytes.subarray(at, at + PAGE_BYTES));
    }
  }

  /** Gives the pages back: no command can reach them any more. */
  free(): void {
    this.#allocator.freePages(this.#allocated);
  }
}

/** Lends pages, and keeps those that the host may still write to. */
export class DmaArena {
  readonly #allocator: DmaAllocator;
  #kept: DmaBuffer[] = [];

  constructor(allocator: DmaAllocator) {
    this.#allocator = allocator;
  }

  /** Pages that were kept back. */
  get keptCount(): number {
    return this.#kept.length;
  }

  /**
   * Lends a buffer for as long as `use` takes. When that ends because the channel is gone, nobody knows whether the host is
   * done with the pages: they are kept until `release`.
   */
  async lend<Result>(byteCount: number, use: (buffer: DmaBuffer) => Promise<Result>): Promise<Result> {
    const buffer = new DmaBuffer(this.#allocator, byteCount);
    let isKept = false;
    try {
      return await use(buffer);
    } catch (error) {
      isKept = error instanceof StorageError && error.kind === 'closed';
      throw error;
    } finally {
      if (isKept) this.#kept.push(buffer);
      else buffer.free();
    }
  }

  /** The host has let go of the channel: gives back what was kept. */
  release(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const buffer of kept) buffer.free();
  }
}
