/** Puts a mouse pointer's shape together, which comes in parts. Synthetic Video Protocol, Pointer Shape. */

import type { PointerShape } from '@viridian/drivers';
import { POINTER_PART_LAST, PointerLimit, SynthVidPointerShape } from '@viridian/protocols/synthvid';

/** Collects parts; keeps no more than the largest shape has. */
export class PointerParts {
  #bytes = new Uint8Array(PointerLimit.WIDTH * PointerLimit.HEIGHT * 4);
  #length = 0;

  /**
   * Takes the payload of a message, which is at least as long as its structure. Returns the shape when it is whole,
   * undefined when more is to come, and text when it cannot be: all parts so far are forgotten.
   */
  add(view: DataView, at: number, end: number): PointerShape | string | undefined {
    const { partIndex, isArgb, widthPixels, heightPixels, hotX, hotY } = SynthVidPointerShape.read(view, at);
    const pixelsAt = at + SynthVidPointerShape.size;
    const part = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + pixelsAt, end - pixelsAt);
    if (partIndex === 0) this.#length = 0;
    if (part.length > PointerLimit.PART_BYTES || this.#length + part.length > this.#bytes.length) {
      return this.#refuse('pointer shape is too long');
    }
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
    if (partIndex !== POINTER_PART_LAST) return undefined;
    const isPlausible = widthPixels > 0 && heightPixels > 0 && hotX < widthPixels && hotY < heightPixels;
    if (!isPlausible || widthPixels > PointerLimit.WIDTH || heightPixels > PointerLimit.HEIGHT) {
      return this.#refuse('pointer shape of an impossible size');
    }
    const pixelBytes =
      isArgb !== 0 ? widthPixels * heightPixels * 4 : 2 * Math.ceil(widthPixels / 8) * heightPixels;
    if (this.#length < pixelBytes) return this.#refuse('pointer shape is too short');
    const pixels = this.#bytes.slice(0, pixelBytes);
    this.#length = 0;
    return { widthPixels, heightPixels, hotX, hotY, isArgb: isArgb !== 0, pixels };
  }

  #refuse(reason: string): string {
    this.#length = 0;
    return reason;
  }
}
