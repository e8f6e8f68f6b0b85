/** Pages of our own memory that the host reads and writes, as one run of bytes. VMBus, GPADL. */

import type { AllocatedPages } from '@viridian/vmbus/guest';
import { PAGE_BYTES } from '@viridian/vmbus/ring';

/** Copies in and out; offsets and lengths are the caller's to check. */
export class PageBuffer {
  readonly lengthBytes: number;
  readonly allocated: AllocatedPages;
  readonly #memory: Uint8Array;

  constructor(allocated: AllocatedPages) {
    this.allocated = allocated;
    this.lengthBytes = allocated.pages.offsets.length * PAGE_BYTES;
    this.#memory = new Uint8Array(allocated.pages.buffer);
  }

  /** Copies `from` to `offset`. */
  write(offset: number, from: Uint8Array): void {
    for (let done = 0; done < from.length; ) {
      const length = Math.min(from.length - done, PAGE_BYTES - ((offset + done) % PAGE_BYTES));
      this.#memory.set(from.subarray(done, done + length), this.#place(offset + done));
      done += length;
    }
  }

  /** A private copy of `lengthBytes` from `offset`. */
  read(offset: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(lengthBytes);
    for (let done = 0; done < lengthBytes; ) {
      const length = Math.min(lengthBytes - done, PAGE_BYTES - ((offset + done) % PAGE_BYTES));
      const place = this.#place(offset + done);
      bytes.set(this.#memory.subarray(place, place + length), done);
      done += length;
    }
    return bytes;
  }

  #place(offset: number): number {
    return this.allocated.pages.offsets[Math.floor(offset / PAGE_BYTES)]! + (offset % PAGE_BYTES);
  }
}
