/** What passes through a drive's data register: a window over private bytes, a block at a time (ATA/ATAPI-6, PIO data-in and data-out protocols). */

import type { Width } from '../bus/ports.ts';

/** Bytes that a drive reads or gathers at once; a multiple of every block. */
export const PIO_BUFFER_BYTES = 0x1_0000;

/** What has to be kept of a buffer in use. */
export interface PioBufferState {
  readonly bytes: Uint8Array;
  at: number;
  blockEnd: number;
}

/** The buffer of one drive. Accesses beyond the open block give zeros and change nothing. */
export class PioBuffer {
  readonly bytes = new Uint8Array(PIO_BUFFER_BYTES);
  readonly #view = new DataView(this.bytes.buffer);
  #at = 0;
  #blockEnd = 0;

  /** Opens the block of `byteCount` bytes from `start` on. */
  open(start: number, byteCount: number): void {
    this.#at = start;
    this.#blockEnd = start + byteCount;
  }

  /** Where the open block ends. */
  get blockEnd(): number {
    return this.#blockEnd;
  }

  get isBlockDone(): boolean {
    return this.#at >= this.#blockEnd;
  }

  read(width: Width): number {
    const at = this.#at;
    if (at + width > this.#blockEnd) return this.#readRest();
    this.#at = at + width;
    if (width === 2) return this.#view.getUint16(at, true);
    return width === 4 ? this.#view.getUint32(at, true) : this.bytes[at]!;
  }

  write(width: Width, value: number): void {
    for (let i = 0; i < width && this.#at < this.#blockEnd; i += 1) {
      this.bytes[this.#at] = value >>> (8 * i);
      this.#at += 1;
    }
  }

  /** Whole only while a block is open; else the bytes do not matter. */
  save(): PioBufferState {
    const { isBlockDone } = this;
    const bytes = this.bytes.slice(0, isBlockDone ? 0 : PIO_BUFFER_BYTES);
    return { bytes, at: this.#at, blockEnd: this.#blockEnd };
  }

  restore(state: PioBufferState): void {
    this.bytes.fill(0).set(state.bytes);
    this.#at = state.at;
    this.#blockEnd = state.blockEnd;
  }

  /** A block may end in the middle of an access: the rest of the word is nothing. */
  #readRest(): number {
    let value = 0;
    for (let i = 0; this.#at < this.#blockEnd; i += 1) {
      value += this.bytes[this.#at]! * 2 ** (8 * i);
      this.#at += 1;
    }
    return value;
  }
}
