/** Small numbers given out and taken back: port and connection ids of a partition. */

/** Freed ids rest while at most this many others were freed after them: what was late for the old owner finds nobody. */
const RESTING_IDS = 64;

/** Hands out each id to one owner at a time. */
export class IdAllocator {
  readonly #last: number;
  readonly #freed: number[] = [];
  #next: number;

  /** Ids from `first` to `last`, both included. */
  constructor(first: number, last: number) {
    this.#next = first;
    this.#last = last;
  }

  /** An id that nobody has. Throws RangeError when all are taken. */
  take(): number {
    if (this.#freed.length > RESTING_IDS) return this.#freed.shift()!;
    if (this.#next <= this.#last) return this.#next++;
    const id = this.#freed.shift();
    if (id === undefined) throw new RangeError(`all ids up to ${this.#last} are in use`);
    return id;
  }

  /** Gives an id back that `take` returned. */
  release(id: number): void {
    this.#freed.push(id);
  }
}
