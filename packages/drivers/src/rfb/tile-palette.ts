/** The colours of a tile, numbered in the order in which they come, as long as there are few. */

/** Most colours that are counted; with more, a tile has no palette. */
export const MOST_COLOURS = 127;
/** A power of two, much larger than the number of colours. */
const PLACES = 512;
const MULTIPLIER = 0x9e37_79b1;
const PLACE_SHIFT = 23;

/** Colours by number and numbers by colour. */
export class TilePalette {
  readonly colours = new Uint32Array(MOST_COLOURS);
  /** How many colours there are; more than {@link MOST_COLOURS} means too many. */
  size = 0;
  readonly #keys = new Uint32Array(PLACES);
  /** Number of the colour plus one; 0 where none is. */
  readonly #numbers = new Uint8Array(PLACES);

  reset(): void {
    this.size = 0;
    this.#numbers.fill(0);
  }

  /** Gives a colour a number unless it has one. */
  add(colour: number): void {
    if (this.size > MOST_COLOURS) return;
    const place = this.#place(colour);
    if (this.#numbers[place] !== 0) return;
    if (this.size < MOST_COLOURS) {
      this.colours[this.size] = colour;
      this.#keys[place] = colour;
      this.#numbers[place] = this.size + 1;
    }
    this.size += 1;
  }

  /** The number of a colour that was added. */
  numberOf(colour: number): number {
    return this.#numbers[this.#place(colour)]! - 1;
  }

  /** Where a colour is, or would be. */
  #place(colour: number): number {
    let place = Math.imul(colour, MULTIPLIER) >>> PLACE_SHIFT;
    while (this.#numbers[place] !== 0 && this.#keys[place] !== colour) place = (place + 1) % PLACES;
    return place;
  }
}
