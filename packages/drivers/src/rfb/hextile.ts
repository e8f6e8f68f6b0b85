/** Pixels as tiles of 16×16: a background and rectangles on it, or plain where that is longer. RFC 6143, Hextile Encoding. */

import type { ByteWriter } from './byte-writer.ts';
import type { PixelConverter } from './pixel-format.ts';

const TILE = 16;
const RAW = 1;
const BACKGROUND_SPECIFIED = 2;
const FOREGROUND_SPECIFIED = 4;
const ANY_SUBRECTS = 8;
const SUBRECTS_COLOURED = 16;
const MOST_SUBRECTS = 255;

/** Writes rectangles; keeps room between them. */
export class HextileEncoder {
  readonly #tile = new Uint32Array(TILE * TILE);
  readonly #isCovered = new Uint8Array(TILE * TILE);
  #background: number | undefined;
  #foreground: number | undefined;

  /** Writes converted pixels of a rectangle. */
  encode(
    writer: ByteWriter,
    converter: PixelConverter,
    pixels: Uint32Array,
    width: number,
    height: number,
  ): void {
    this.#background = undefined;
    this.#foreground = undefined;
    for (let top = 0; top < height; top += TILE) {
      const rows = Math.min(TILE, height - top);
      for (let left = 0; left < width; left += TILE) {
        const columns = Math.min(TILE, width - left);
        for (let row = 0; row < rows; row += 1) {
          const from = (top + row) * width + left;
          this.#tile.set(pixels.subarray(from, from + columns), row * columns);
        }
        this.#encodeTile(writer, converter, columns, rows);
      }
    }
  }

  #encodeTile(writer: ByteWriter, converter: PixelConverter, columns: number, rows: number): void {
    const count = columns * rows;
    const { background, foreground, colours } = this.#colours(count);
    const start = writer.length;
    let mask = 0;
    writer.u8(0);
    if (background !== this.#background) {
      mask |= BACKGROUND_SPECIFIED;
      converter.writeOne(writer, background);
    }
    if (colours > 1) mask |= ANY_SUBRECTS;
    if (colours > 2) mask |= SUBRECTS_COLOURED;
    if (colours === 2 && foreground !== this.#foreground) {
      mask |= FOREGROUND_SPECIFIED;
      converter.writeOne(writer, foreground);
    }
    const rawBytes = 1 + count * converter.pixelBytes;
    const isShort = colours === 1 || this.#subrects(writer, converter, columns, rows, background, colours);
    if (isShort && writer.length - start <= rawBytes) {
      writer.or8(start, mask);
      this.#background = background;
      if (colours === 2) this.#foreground = foreground;
      else if (colours > 2) this.#foreground = undefined;
      return;
    }
    writer.truncate(start);
    writer.u8(RAW);
    converter.write(writer, this.#tile, 0, count);
    this.#background = undefined;
    this.#foreground = undefined;
  }

  /** The more frequent of the first two colours is the background. `colours` is 3 for more than two. */
  #colours(count: number): { background: number; foreground: number; colours: number } {
    const first = this.#tile[0]!;
    let second = first;
    let firsts = 0;
    let seconds = 0;
    let colours = 1;
    for (let index = 0; index < count; index += 1) {
      const pixel = this.#tile[index]!;
      if (pixel === first) firsts += 1;
      else if (colours === 1) {
        second = pixel;
        colours = 2;
        seconds = 1;
      } else if (pixel === second) seconds += 1;
      else colours = 3;
    }
    const isFirst = firsts >= seconds;
    return { background: isFirst ? first : second, foreground: isFirst ? second : first, colours };
  }

  /** Covers what is not background with rectangles; false when there would be too many. */
  #subrects(
    writer: ByteWriter,
    converter: PixelConverter,
    columns: number,
    rows: number,
    background: number,
    colours: number,
  ): boolean {
    const countAt = writer.length;
    let count = 0;
    writer.u8(0);
    this.#isCovered.fill(0);
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x < columns; x += 1) {
        const pixel = this.#tile[y * columns + x]!;
        if (pixel === background || this.#isCovered[y * columns + x] !== 0) continue;
        if (count === MOST_SUBRECTS) return false;
        count += 1;
        const { width, height } = this.#cover(x, y, columns, rows, pixel);
        if (colours > 2) converter.writeOne(writer, pixel);
        writer.u8((x << 4) | y);
        writer.u8(((width - 1) << 4) | (height - 1));
      }
    }
    writer.or8(countAt, count);
    return true;
  }

  /** The widest, then highest rectangle of one colour from a pixel on. */
  #cover(x: number, y: number, columns: number, rows: number, pixel: number) {
    const is = (column: number, row: number): boolean =>
      this.#tile[row * columns + column] === pixel && this.#isCovered[row * columns + column] === 0;
    let width = 1;
    while (x + width < columns && is(x + width, y)) width += 1;
    let height = 1;
    while (y + height < rows && this.#isRow(x, y + height, width, is)) height += 1;
    for (let row = y; row < y + height; row += 1) {
      this.#isCovered.fill(1, row * columns + x, row * columns + x + width);
    }
    return { width, height };
  }

  #isRow(x: number, row: number, width: number, is: (column: number, row: number) => boolean): boolean {
    for (let column = x; column < x + width; column += 1) if (!is(column, row)) return false;
    return true;
  }
}
