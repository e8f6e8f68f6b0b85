/** Bytes on their way to a peer: kept until they are acknowledged. */

/** First in, first out; parts are views, never copies. */
export class SendQueue {
  /** Bytes that are kept. */
  bytes = 0;
  #parts: Uint8Array[] = [];
  /** Bytes of the first part that are gone already. */
  #skip = 0;

  add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.bytes += part.length;
  }

  /** Forgets the first `count` bytes. */
  drop(count: number): void {
    this.bytes -= count;
    let left = count + this.#skip;
    let gone = 0;
    while (gone < this.#parts.length && left >= this.#parts[gone]!.length) {
      left -= this.#parts[gone]!.length;
      gone += 1;
    }
    this.#parts.splice(0, gone);
    this.#skip = left;
  }

  /** Up to `count` bytes from `offset` on. */
  slice(offset: number, count: number): Uint8Array[] {
    const found: Uint8Array[] = [];
    let skip = this.#skip + offset;
    let left = count;
    for (const part of this.#parts) {
      if (left === 0) break;
      if (skip >= part.length) {
        skip -= part.length;
        continue;
      }
      const piece = part.subarray(skip, skip + left);
      found.push(piece);
      left -= piece.length;
      skip = 0;
    }
    return found;
  }
}
