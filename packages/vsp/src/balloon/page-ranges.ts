/** The pages that a guest has given up: which they are, and in which order they came. */

/** A run of guest pages. */
export interface PageRange {
  readonly firstGpn: number;
  readonly pageCount: number;
}

/** Runs of pages, no page twice. */
export class PageRanges {
  #ranges: PageRange[] = [];
  /** A bit for each page. */
  #taken = new Uint32Array(0);
  #pageCount = 0;

  get pageCount(): number {
    return this.#pageCount;
  }

  get rangeCount(): number {
    return this.#ranges.length;
  }

  /** Adds a run; false, with nothing changed, when one of its pages is here already. The caller has checked that it is RAM. */
  add({ firstGpn, pageCount }: PageRange): boolean {
    const end = firstGpn + pageCount;
    for (let gpn = firstGpn; gpn < end; gpn += 1) if (this.#has(gpn)) return false;
    this.#reserve(end);
    for (let gpn = firstGpn; gpn < end; gpn += 1) this.#taken[gpn >>> 5]! |= 1 << (gpn & 31);
    this.#pageCount += pageCount;
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.firstGpn + last.pageCount === firstGpn) {
      this.#ranges[this.#ranges.length - 1] = {
        firstGpn: last.firstGpn,
        pageCount: last.pageCount + pageCount,
      };
    } else {
      this.#ranges.push({ firstGpn, pageCount });
    }
    return true;
  }

  /** Takes up to `mostPages` in up to `mostRanges` runs of up to `longest` pages out, those that came last first. */
  remove(mostPages: number, mostRanges: number, longest: number): PageRange[] {
    const removed: PageRange[] = [];
    let left = mostPages;
    while (left > 0 && removed.length < mostRanges) {
      const last = this.#ranges.pop();
      if (last === undefined) break;
      const pageCount = Math.min(last.pageCount, left, longest);
      const firstGpn = last.firstGpn + last.pageCount - pageCount;
      if (pageCount < last.pageCount) this.#ranges.push({ ...last, pageCount: last.pageCount - pageCount });
      for (let gpn = firstGpn; gpn < firstGpn + pageCount; gpn += 1) {
        this.#taken[gpn >>> 5]! &= ~(1 << (gpn & 31));
      }
      this.#pageCount -= pageCount;
      left -= pageCount;
      removed.push({ firstGpn, pageCount });
    }
    return removed;
  }

  #has(gpn: number): boolean {
    return ((this.#taken[gpn >>> 5] ?? 0) & (1 << (gpn & 31))) !== 0;
  }

  #reserve(end: number): void {
    const words = Math.ceil(end / 32);
    if (words <= this.#taken.length) return;
    const grown = new Uint32Array(Math.max(words, this.#taken.length * 2));
    grown.set(this.#taken);
    this.#taken = grown;
  }
}
