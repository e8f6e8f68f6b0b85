/**
 * Guest RAM by whole pages: first fit over a sorted list of free extents.
 *
 * Drivers want few, long-lived, contiguous runs (rings, request buffers), so extents stay few and a linear search
 * costs less than a buddy system would.
 */

export const PAGE_BYTES = 4096;

/** Thrown when no run of free pages is long enough. */
export class OutOfMemory extends Error {
  constructor(pageCount: number) {
    super(`out of memory: no run of ${pageCount} free pages`);
    this.name = 'OutOfMemory';
  }
}

interface Extent {
  first: number;
  count: number;
}

/** Hands out runs of guest page numbers. */
export class PageAllocator {
  readonly #free: Extent[];
  readonly #taken = new Map<number, number>();
  /** Pages under management. */
  readonly totalPages: number;

  /** Manages `pageCount` pages from page number `first` on. */
  constructor(first: number, pageCount: number) {
    this.#free = pageCount > 0 ? [{ first, count: pageCount }] : [];
    this.totalPages = pageCount;
  }

  /** First page number of a run of `pageCount` contiguous pages. Throws {@link OutOfMemory}. */
  allocate(pageCount: number): number {
    if (!Number.isInteger(pageCount) || pageCount < 1)
      throw new RangeError(`cannot allocate ${pageCount} pages`);
    const index = this.#free.findIndex((extent) => extent.count >= pageCount);
    if (index < 0) throw new OutOfMemory(pageCount);
    const extent = this.#free[index]!;
    const first = extent.first;
    extent.first += pageCount;
    extent.count -= pageCount;
    if (extent.count === 0) this.#free.splice(index, 1);
    this.#taken.set(first, pageCount);
    return first;
  }

  /** Gives back a run by its first page. Throws when no such run was handed out. */
  free(first: number): void {
    const count = this.#taken.get(first);
    if (count === undefined) throw new Error(`page 0x${first.toString(16)} does not start an allocated run`);
    this.#taken.delete(first);
    let at = this.#free.findIndex((extent) => extent.first > first);
    if (at < 0) at = this.#free.length;
    this.#free.splice(at, 0, { first, count });
    this.#join(at);
    if (at > 0) this.#join(at - 1);
  }

  /** Pages that are free now. */
  get freePages(): number {
    return this.#free.reduce((sum, extent) => sum + extent.count, 0);
  }

  // Joins the extent with its right neighbour where they touch.
  #join(index: number): void {
    const left = this.#free[index]!;
    const right = this.#free[index + 1];
    if (right !== undefined && left.first + left.count === right.first) {
      left.count += right.count;
      this.#free.splice(index + 1, 1);
    }
  }
}
