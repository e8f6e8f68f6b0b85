/** Bytes that wait to be sent, in the pieces in which they came. */

/** First in, first out. */
export class SendBuffer {
  readonly #pieces: Uint8Array[] = [];
  /** Bytes of the first piece that are gone already. */
  #gone = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** Copies up to `most` bytes from the front to `into` at `at`, and leaves them here; gives their number. */
  peek(into: Uint8Array, at: number, most: number): number {
    let copied = 0;
    let skip = this.#gone;
    for (const piece of this.#pieces) {
      const part = piece.subarray(skip, skip + most - copied);
      into.set(part, at + copied);
      copied += part.length;
      skip = 0;
      if (copied === most) break;
    }
    return copied;
  }

  /** Forgets bytes at the front. */
  drop(byteCount: number): void {
    this.#bytes -= byteCount;
    this.#gone += byteCount;
    let whole = 0;
    while (whole < this.#pieces.length && this.#gone >= this.#pieces[whole]!.length) {
      this.#gone -= this.#pieces[whole]!.length;
      whole += 1;
    }
    if (whole > 0) this.#pieces.splice(0, whole);
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#gone = 0;
    this.#bytes = 0;
  }
}
