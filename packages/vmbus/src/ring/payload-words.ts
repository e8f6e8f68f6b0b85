/** Word views over the payload buffers that callers send from, kept so that sending allocates nothing. */

const KEPT = 4;

/** Remembers the views of the last few payload arrays; a device sends from the same ones again and again. */
export class PayloadWords {
  readonly #arrays: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(KEPT).fill(undefined);
  readonly #views: (Int32Array | undefined)[] = new Array<Int32Array | undefined>(KEPT).fill(undefined);
  #next = 0;

  /** The payload as words; `undefined` when it does not begin at a multiple of 4 in its buffer. */
  of(payload: Uint8Array): Int32Array | undefined {
    const arrays = this.#arrays;
    if (arrays[0] === payload) return this.#views[0];
    for (let i = 1; i < KEPT; i += 1) if (arrays[i] === payload) return this.#views[i];
    if ((payload.byteOffset & 3) !== 0) return undefined;
    const view = new Int32Array(payload.buffer, payload.byteOffset, payload.byteLength >>> 2);
    arrays[this.#next] = payload;
    this.#views[this.#next] = view;
    this.#next = (this.#next + 1) % KEPT;
    return view;
  }
}
