/** Where the data of a command are in guest memory. VMBus, GPA direct packets. */

import type { AllocatedPages } from '@viridian/vmbus/guest';
import { PAGE_BYTES } from '@viridian/vmbus/ring';

/** A run of bytes in guest pages: it begins `byteOffset` bytes into page `gpns[0]`, and has no gaps. */
export interface GuestPages {
  readonly gpns: Float64Array | readonly number[];
  /** 0 to 4095. */
  readonly byteOffset: number;
  readonly byteCount: number;
}

/** No data. */
export const NO_PAGES: GuestPages = { gpns: [], byteOffset: 0, byteCount: 0 };

/** Pages for data that the caller has not put into guest pages itself; `GuestTransport` of the bus is one. */
export interface DmaAllocator {
  /** Zeroed pages; throws when there are none. */
  allocatePages(count: number): AllocatedPages;
  freePages(pages: AllocatedPages): void;
}

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

  /** Gives the pages back. Only when no command can reach them any more. */
  free(): void {
    this.#allocator.freePages(this.#allocated);
  }
}
