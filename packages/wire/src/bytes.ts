/** Runs of bytes, padding, and arrays of any other kind. */

import type { AnyKind, Infer, InferInit, InferLive, Kind, PadKind } from './kind.ts';
import { clear, WireError } from './kind.ts';
import { Live, type LiveArray } from './live.ts';

/** The bytes in place: a window on the memory under the view, whether shared or not. */
function windowOn(view: DataView, at: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, size);
}

/**
 * `size` plain bytes. In place they are a window on the memory (made on each access), in a copy they are a
 * copy. Writing fewer bytes leaves zeros behind them; more throw WireError `value`.
 */
export function bytes(size: number): Kind<Uint8Array> {
  const kind: Kind<Uint8Array> = {
    size,
    read: (view, at) => windowOn(view, at, size).slice(),
    write(view, at, value) {
      if (value.length > size) throw new WireError('value', `${value.length} bytes for a field of ${size}`);
      const target = windowOn(view, at, size);
      target.set(value);
      if (value.length < size) target.fill(0, value.length);
    },
    live: (view, at) => windowOn(view, at, size),
    accessor: (offset) => ({
      get() {
        return windowOn(this.view, this.at + offset, size);
      },
      set(value) {
        kind.write(this.view, this.at + offset, value);
      },
    }),
  };
  return kind;
}

/** `size` bytes of nobody: not in the types, written as zero, not read. */
export function pad(size: number): PadKind {
  return {
    padding: true,
    size,
    read: () => undefined,
    write: (view, at) => clear(view, at, size),
    live: () => undefined,
    accessor: () => ({ get: () => undefined }),
  };
}

class ArrayCursor extends Live implements LiveArray<unknown, never> {
  readonly length: number;
  readonly #kind: AnyKind;
  #element: unknown;

  constructor(kind: AnyKind, length: number, view: DataView, at: number) {
    super(view, at);
    this.#kind = kind;
    this.length = length;
  }

  get(index: number): unknown {
    this.#element = this.#kind.live(this.view, this.#position(index), this.#element);
    return this.#element;
  }

  set(index: number, value: never): void {
    this.#kind.write(this.view, this.#position(index), value);
  }

  #position(index: number): number {
    if (!(index >= 0 && index < this.length))
      throw new WireError('short', `no element ${index} of ${this.length}`);
    return this.at + index * this.#kind.size;
  }
}

/** `length` elements one after the other. A copy is an array; in place it is a `LiveArray`. Fewer elements
 * may be written, zeros follow; more throw WireError `value`. */
export function array<K extends AnyKind>(
  element: K,
  length: number,
): Kind<Infer<K>[], LiveArray<InferLive<K>, InferInit<K>>, readonly InferInit<K>[]> {
  const { size } = element;
  const kind: Kind<unknown[], unknown, readonly unknown[]> = {
    size: size * length,
    read: (view, at) => Array.from({ length }, (_, i) => element.read(view, at + i * size)),
    write(view, at, values) {
      if (values.length > length)
        throw new WireError('value', `${values.length} elements for an array of ${length}`);
      values.forEach((value, i) => {
        element.write(view, at + i * size, value as never);
      });
      clear(view, at + values.length * size, (length - values.length) * size);
    },
    live(view, at, previous) {
      if (!(previous instanceof ArrayCursor)) return new ArrayCursor(element, length, view, at);
      previous.view = view;
      previous.at = at;
      return previous;
    },
    accessor: (offset, slot) => Live.part(kind, offset, slot),
  };
  return kind as Kind<Infer<K>[], LiveArray<InferLive<K>, InferInit<K>>, readonly InferInit<K>[]>;
}
