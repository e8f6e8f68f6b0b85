/** Pages of our own memory that the host reads and writes, as one run of bytes. VMBus, GPADL. */

import type { AllocatedPages } from '@viridian/vmbus/guest';
import { PAGE_BYTES } from '@viridian/vmbus/ring';

const PAGE_SHIFT = 12;

/** Copies in and out; offsets and lengths are the caller's to check. */
export class PageBuffer {
  readonly lengthBytes: number;
  readonly allocated: AllocatedPages;
  readonly #memory: Uint8Array;
  readonly #offsets: Float64Array;
  /** Where the run of neighbouring pages that each page belongs to ends in the buffer. */
  readonly #runEnds: Float64Array;

  constructor(allocated: AllocatedPages) {
    const { offsets, buffer } = allocated.pages;
    this.allocated = allocated;
    this.lengthBytes = offsets.length * PAGE_BYTES;
    this.#memory = new Uint8Array(buffer);
    this.#offsets = Float64Array.from(offsets);
    this.#runEnds = new Float64Array(offsets.length);
    for (let page = offsets.length - 1; page >= 0; page -= 1) {
      const isJoined = offsets[page + 1] === offsets[page]! + PAGE_BYTES;
      this.#runEnds[page] = isJoined ? this.#runEnds[page + 1]! : (page + 1) * PAGE_BYTES;
    }
  }

  /** Copies `from` to `offset`. */
  write(offset: number, from: Uint8Array): void {
    for (let done = 0; done < from.length; ) {
      const at = offset + done;
      const length = Math.min(from.length - done, this.#runEnds[at >>> PAGE_SHIFT]! - at);
      const part = length === from.length ? from : from.subarray(done, done + length);
      this.#memory.set(part, this.#place(at));
      done += length;
    }
  }

  /** Fills `into` from `offset`. */
  readInto(offset: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const at = offset + done;
      const length = Math.min(into.length - done, this.#runEnds[at >>> PAGE_SHIFT]! - at);
      const place = this.#place(at);
      into.set(this.#memory.subarray(place, place + length), done);
      done += length;
    }
  }

  /** A private copy of `lengthBytes` from `offset`. */
  read(offset: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(lengthBytes);
    this.readInto(offset, bytes);
    return bytes;
  }

  #place(offset: number): number {
    return this.#offsets[offset >>> PAGE_SHIFT]! + (offset & (PAGE_BYTES - 1));
  }
}
