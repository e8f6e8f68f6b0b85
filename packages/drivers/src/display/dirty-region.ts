/** What has changed on a screen since somebody looked: a few rectangles that cover it. */

import { area, bounds, type Rectangle } from './rectangle.ts';

const MOST = 16;

/** Never more than 16 rectangles: what does not fit is joined with what costs least. */
export class DirtyRegion {
  #rectangles: Rectangle[] = [];

  get isEmpty(): boolean {
    return this.#rectangles.length === 0;
  }

  /** Adds a rectangle that is not empty. */
  add(rectangle: Rectangle): void {
    let joined = rectangle;
    // Joining may reach further ones, so again until nothing is worth it.
    for (let index = 0; index < this.#rectangles.length; ) {
      const other = this.#rectangles[index]!;
      const both = bounds(joined, other);
      if (area(both) <= area(joined) + area(other)) {
        joined = both;
        this.#rectangles.splice(index, 1);
        index = 0;
      } else index += 1;
    }
    this.#rectangles.push(joined);
    if (this.#rectangles.length > MOST) this.#rectangles = [this.#rectangles.reduce(bounds)];
  }

  /** The rectangles, which may overlap; the region is empty afterwards. */
  take(): Rectangle[] {
    const taken = this.#rectangles;
    this.#rectangles = [];
    return taken;
  }
}
