/** Bytes that came over a connection and were not understood yet. */

/** Takes chunks of any length and gives them out in the lengths that messages have. */
export class ByteQueue {
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  get length(): number {
    return this.#bytes.length - this.#at;
  }

  push(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.length + chunk.length);
    joined.set(this.#bytes.subarray(this.#at));
    joined.set(chunk, this.length);
    this.#bytes = joined;
    this.#view = new DataView(joined.buffer);
    this.#at = 0;
  }

  /** Looks at what is `offset` bytes behind the next one; that many must be there. */
  u8(offset: number): number {
    return this.#view.getUint8(this.#at + offset);
  }

  u16(offset: number): number {
    return this.#view.getUint16(this.#at + offset);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#at + offset);
  }

  /** Signed. */
  i32(offset: number): number {
    return this.#view.getInt32(this.#at + offset);
  }

  /** Takes bytes, which must be there; they are the caller's. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }

  /** Forgets bytes, no more than there are. */
  skip(count: number): void {
    this.#at += count;
  }
}
