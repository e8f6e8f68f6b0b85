/** What a client's screen shows, as far as it was told: finds rows that are there already, or that only moved. */

import type { Rectangle } from '../display/rectangle.ts';
import type { ScreenSize } from '../input/pointer.ts';

/** What brings a rectangle of the client's screen up to date, in this order. */
export interface Repair {
  /** Pixels of the client's own screen, moved up or down: `top` is where they come from. */
  readonly move: { readonly to: Rectangle; readonly top: number } | undefined;
  /** Bands of the rectangle, as wide as it is. */
  readonly bands: readonly Rectangle[];
}

/** No pixel, whose unused byte is 0, is ever this. */
const UNKNOWN = 0xff00_0000;
/** Fewer rows are sent as they are. */
const LEAST_MOVED_ROWS = 16;
const LEAST_COLUMNS = 64;
const FNV_PRIME = 0x0100_0193;

/** A copy of the client's pixels. */
export class ClientScreen {
  #width = 0;
  #height = 0;
  #pixels = new Uint32Array(0);

  /** Another size: nothing is known any more. */
  resize({ widthPixels, heightPixels }: ScreenSize): void {
    this.#width = widthPixels;
    this.#height = heightPixels;
    this.#pixels = new Uint32Array(widthPixels * heightPixels).fill(UNKNOWN);
  }

  /** The client wants these pixels whatever it has. */
  forget({ left, top, right, bottom }: Rectangle): void {
    for (let row = top; row < Math.min(bottom, this.#height); row += 1) {
      const start = row * this.#width;
      this.#pixels.fill(UNKNOWN, start + left, start + Math.min(right, this.#width));
    }
  }

  /**
   * What is to be done so that a rectangle shows these pixels, whose unused bytes are 0; from now on it does. `moves`: the
   * client can move what it has.
   */
  repair(rectangle: Rectangle, pixels: Uint32Array, moves: boolean): Repair {
    const { left, top, right, bottom } = rectangle;
    const width = right - left;
    const changed: boolean[] = [];
    let count = 0;
    for (let row = 0; row < bottom - top; row += 1) {
      const isChanged = !this.#isRow(left, top + row, pixels, row * width, width);
      changed.push(isChanged);
      if (isChanged) count += 1;
    }
    const isWorthIt = moves && width >= LEAST_COLUMNS && count >= LEAST_MOVED_ROWS;
    const move = isWorthIt ? this.#findMove(rectangle, pixels) : undefined;
    if (move !== undefined) {
      for (let row = move.to.top; row < move.to.bottom; row += 1) changed[row - top] = false;
    }
    for (let row = 0; row < bottom - top; row += 1) {
      const start = (top + row) * this.#width + left;
      this.#pixels.set(pixels.subarray(row * width, (row + 1) * width), start);
    }
    return { move, bands: bandsOf(rectangle, changed) };
  }

  #isRow(left: number, row: number, pixels: Uint32Array, from: number, width: number): boolean {
    const start = row * this.#width + left;
    for (let column = 0; column < width; column += 1) {
      if (this.#pixels[start + column] !== pixels[from + column]) return false;
    }
    return true;
  }

  /** The longest run of rows that stood elsewhere in the rectangle, all by the same distance. */
  #findMove(rectangle: Rectangle, pixels: Uint32Array): Repair['move'] {
    const distance = this.#likelyDistance(rectangle, pixels);
    if (distance === undefined) return undefined;
    const { left, top, right, bottom } = rectangle;
    const width = right - left;
    let best = { top: 0, rows: 0 };
    let rows = 0;
    for (let row = top; row < bottom; row += 1) {
      const from = row + distance;
      const isThere =
        from >= top && from < bottom && this.#isRow(left, from, pixels, (row - top) * width, width);
      rows = isThere ? rows + 1 : 0;
      if (rows > best.rows) best = { top: row - rows + 1, rows };
    }
    if (best.rows < LEAST_MOVED_ROWS) return undefined;
    const to = { left, top: best.top, right, bottom: best.top + best.rows };
    return { to, top: best.top + distance };
  }

  /** By how much most of the rows moved that look like no other. */
  #likelyDistance({ left, top, right, bottom }: Rectangle, pixels: Uint32Array): number | undefined {
    const width = right - left;
    const places = new Map<number, number | undefined>();
    for (let row = top; row < bottom; row += 1) {
      const hash = hashOf(this.#pixels, row * this.#width + left, width);
      places.set(hash, places.has(hash) ? undefined : row);
    }
    const votes = new Map<number, number>();
    for (let row = top; row < bottom; row += 1) {
      const from = places.get(hashOf(pixels, (row - top) * width, width));
      if (from !== undefined && from !== row) votes.set(from - row, (votes.get(from - row) ?? 0) + 1);
    }
    let best: number | undefined;
    for (const [distance, count] of votes) if (count > (votes.get(best ?? 0) ?? 0)) best = distance;
    return best;
  }
}

function hashOf(pixels: Uint32Array, from: number, count: number): number {
  let hash = 0;
  for (let index = from; index < from + count; index += 1) {
    hash = Math.imul(hash ^ pixels[index]!, FNV_PRIME) ^ (hash >>> 15);
  }
  return hash;
}

/** Rows that changed, joined with those that do. */
function bandsOf({ left, top, right }: Rectangle, changed: readonly boolean[]): Rectangle[] {
  const bands: Rectangle[] = [];
  let first: number | undefined;
  for (let row = 0; row <= changed.length; row += 1) {
    if (changed[row] === true) first ??= row;
    else if (first !== undefined) {
      bands.push({ left, top: top + first, right, bottom: top + row });
      first = undefined;
    }
  }
  return bands;
}
