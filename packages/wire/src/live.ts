/**
 * The accessor objects that stand over memory: a view, a position, and the accessors of composite fields,
 * each made once and moved along with its parent.
 */

import type { AnyKind, Cursor } from './kind.ts';

/** Base of every accessor class. */
export class Live implements Cursor {
  view: DataView;
  at: number;
  #parts: unknown[] | undefined;

  constructor(view: DataView, at: number) {
    this.view = view;
    this.at = at;
  }

  /** The property of a field that is itself seen through an accessor object, kept in `slot` of its parent. */
  static part(kind: AnyKind, offset: number, slot: number): PropertyDescriptor & ThisType<Live> {
    return {
      get() {
        this.#parts ??= [];
        const part = kind.live(this.view, this.at + offset, this.#parts[slot]);
        this.#parts[slot] = part;
        return part;
      },
      set(value) {
        kind.write(this.view, this.at + offset, value as never);
      },
    };
  }
}

/** An array in place. Elements that are structures share one accessor, moved by each `get`. */
export interface LiveArray<Element, Init> extends Cursor {
  readonly length: number;
  /** Element `index`. Throws RangeError outside the array. */
  get(index: number): Element;
  /** Writes element `index`. Throws RangeError outside the array. */
  set(index: number, value: Init): void;
}
