/** Bytes of a message that grows: integers in network order. */

const FIRST_BYTES = 4096;

/** Writes at its end; the room is kept from message to message. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Goes back to an earlier length: what was written since is forgotten. */
  truncate(length: number): void {
    this.#length = length;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  /** Signed. */
  i32(value: number): void {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  zeros(count: number): void {
    const at = this.#grow(count);
    this.#bytes.fill(0, at, at + count);
  }

  /** ORs into a byte that was written. */
  or8(at: number, bits: number): void {
    this.#bytes[at] = this.#bytes[at]! | bits;
  }

  /** Replaces bytes that were written. */
  put32(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  /** The lowest bytes of each value, 1 to 4 of them, in either order. */
  words(values: Uint32Array, from: number, count: number, width: number, isBigEndian: boolean): void {
    let at = this.#grow(count * width);
    const bytes = this.#bytes;
    const step = isBigEndian ? -1 : 1;
    const first = isBigEndian ? width - 1 : 0;
    for (let index = from; index < from + count; index += 1, at += width) {
      let value = values[index]!;
      for (let byte = 0, to = at + first; byte < width; byte += 1, to += step, value >>>= 8)
        bytes[to] = value;
    }
  }

  /** What was written, as it lies here until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of all that was written; the writer is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Makes room at the end; returns where it begins. */
  #grow(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
