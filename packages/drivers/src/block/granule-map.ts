/** What an overlay knows about each granule: a byte per granule, in pages that exist only where something changed. */

/** Where a granule's bytes are. */
export type GranuleState = 0 | 1 | 2;
/** In the base; nothing was written here. */
export const ABSENT = 0;
/** In the delta. */
export const PRESENT = 1;
/** Nowhere: it was discarded and reads as zeros. */
export const ZERO = 2;

const PAGE_GRANULES = 4096;

/** State of every granule of a disk; all absent at first. */
export class GranuleMap {
  readonly #pages: (Uint8Array | undefined)[] = [];
  #present = 0;

  /** Granules in the delta. */
  get present(): number {
    return this.#present;
  }

  get(granule: number): GranuleState {
    const page = this.#pages[Math.floor(granule / PAGE_GRANULES)];
    return page === undefined ? ABSENT : (page[granule % PAGE_GRANULES] as GranuleState);
  }

  /** Sets the granules [first, behind). */
  set(first: number, behind: number, state: GranuleState): void {
    for (let granule = first; granule < behind; granule++) {
      const index = Math.floor(granule / PAGE_GRANULES);
      let page = this.#pages[index];
      if (page === undefined) {
        page = new Uint8Array(PAGE_GRANULES);
        this.#pages[index] = page;
      }
      const slot = granule % PAGE_GRANULES;
      if (page[slot] === PRESENT) this.#present -= 1;
      if (state === PRESENT) this.#present += 1;
      page[slot] = state;
    }
  }

  /** The end of the run of equal states that starts at `first`, at most `behind`. */
  runEnd(first: number, behind: number): number {
    const state = this.get(first);
    let end = first + 1;
    while (end < behind && this.get(end) === state) end += 1;
    return end;
  }
}
