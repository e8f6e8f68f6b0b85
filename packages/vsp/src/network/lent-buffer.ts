/** Memory that a guest has lent for good: its pages as one run of bytes. VMBus, GPADL. */

import { PAGE_BYTES, type SharedPages } from '@viridian/vmbus/ring';

const PAGE_SHIFT = 12;

/** Copies to and from the pages; offsets and lengths are the caller's to check. */
export class LentBuffer {
  readonly lengthBytes: number;
  readonly #memory: Uint8Array;
  readonly #offsets: Float64Array;
  /** Where the run of neighbouring pages that each page belongs to ends in the buffer. */
  readonly #runEnds: Float64Array;

  constructor(pages: SharedPages) {
    const { offsets } = pages;
    this.lengthBytes = offsets.length * PAGE_BYTES;
    this.#memory = new Uint8Array(pages.buffer);
    this.#offsets = Float64Array.from(offsets);
    this.#runEnds = new Float64Array(offsets.length);
    for (let page = offsets.length - 1; page >= 0; page -= 1) {
      const isJoined = offsets[page + 1] === offsets[page]! + PAGE_BYTES;
      this.#runEnds[page] = isJoined ? this.#runEnds[page + 1]! : (page + 1) * PAGE_BYTES;
    }
  }

  /** Copies `from` to `offset`. */
  write(offset: number, from: Uint8Array): void {
    if (offset + from.length <= this.#runEnds[offset >>> PAGE_SHIFT]!) {
      this.#memory.set(from, this.#place(offset));
      return;
    }
    for (let done = 0; done < from.length; ) {
      const at = offset + done;
      const length = Math.min(from.length - done, this.#runEnds[at >>> PAGE_SHIFT]! - at);
      this.#memory.set(from.subarray(done, done + length), this.#place(at));
      done += length;
    }
  }

  /** Fills `into` from `offset`. */
  read(offset: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const at = offset + done;
      const length = Math.min(into.length - done, this.#runEnds[at >>> PAGE_SHIFT]! - at);
      const place = this.#place(at);
      into.set(this.#memory.subarray(place, place + length), done);
      done += length;
    }
  }

  #place(offset: number): number {
    return this.#offsets[offset >>> PAGE_SHIFT]! + (offset & (PAGE_BYTES - 1));
  }
}
