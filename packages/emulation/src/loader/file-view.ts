/** Bounded little-endian reading of a file that may be anything. */

import { LoadError } from './load-error.ts';

/** Reads numbers from a file; every access outside throws {@link LoadError} `truncated`, naming what was read. */
export class FileView {
  readonly bytes: Uint8Array;
  /** What the file is, for messages: "the kernel". */
  readonly subject: string;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, subject: string) {
    this.bytes = bytes;
    this.subject = subject;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number, what: string): number {
    this.#check(at, 1, what);
    return this.#view.getUint8(at);
  }

  u16(at: number, what: string): number {
    this.#check(at, 2, what);
    return this.#view.getUint16(at, true);
  }

  u32(at: number, what: string): number {
    this.#check(at, 4, what);
    return this.#view.getUint32(at, true);
  }

  /** A 64-bit number; above 2^53 it is not exact, and far beyond every bound that it is compared with. */
  u64(at: number, what: string): number {
    this.#check(at, 8, what);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  /** Bytes without copying. */
  slice(at: number, byteCount: number, what: string): Uint8Array {
    this.#check(at, byteCount, what);
    return this.bytes.subarray(at, at + byteCount);
  }

  #check(at: number, byteCount: number, what: string): void {
    if (at >= 0 && byteCount >= 0 && at + byteCount <= this.length) return;
    throw new LoadError(
      'truncated',
      `${this.subject} is cut off: ${what} needs byte ${at + byteCount - 1} of a file of ${this.length} bytes`,
    );
  }
}
