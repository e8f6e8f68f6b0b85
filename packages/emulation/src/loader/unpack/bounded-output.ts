/** Collects what a library unpacks, up to the size that was promised. */

import { LoadError } from '../load-error.ts';

/** A buffer that is filled in order and refuses to overflow. */
export class BoundedOutput {
  readonly #bytes: Uint8Array;
  readonly #subject: string;
  #length = 0;

  constructor(byteCount: number, subject: string) {
    this.#bytes = new Uint8Array(byteCount);
    this.#subject = subject;
  }

  add(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#bytes.length) throw this.#wrongSize('more');
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** All bytes, when they are as many as promised. */
  finish(): Uint8Array {
    if (this.#length < this.#bytes.length) throw this.#wrongSize('less');
    return this.#bytes;
  }

  #wrongSize(comparison: string): LoadError {
    return new LoadError(
      'corrupt',
      `${this.#subject} holds ${comparison} than the ${this.#bytes.length} bytes that the kernel claims`,
    );
  }
}
