/** Exclusion between overlapping ranges: what overlaps runs in order of arrival, everything else at once. */

import { lastly, type Settling } from './settle.ts';

interface Entry {
  readonly first: number;
  readonly behind: number;
  /** Earlier entries that overlap and have not ended. */
  blockers: number;
  start: () => void;
}

/** A lock over numbered things: granules, blocks, bytes. The number of holders is small, so a list does. */
export class RangeLock {
  readonly #entries: Entry[] = [];

  /** Work running or waiting. */
  get size(): number {
    return this.#entries.length;
  }

  /** Runs `work` when all earlier work on any of [first, behind) has ended; at once if there is none. */
  run(first: number, behind: number, work: () => Settling): Settling {
    const entry: Entry = { first, behind, blockers: 0, start: () => {} };
    for (const other of this.#entries) if (overlap(entry, other)) entry.blockers += 1;
    this.#entries.push(entry);
    const held = (): Settling => lastly(work, () => this.#release(entry));
    if (entry.blockers === 0) return held();
    const free = new Promise<void>((resolve) => {
      entry.start = resolve;
    });
    return free.then(held);
  }

  #release(entry: Entry): void {
    const place = this.#entries.indexOf(entry);
    this.#entries.splice(place, 1);
    for (const later of this.#entries.slice(place)) {
      if (!overlap(entry, later)) continue;
      later.blockers -= 1;
      if (later.blockers === 0) later.start();
    }
  }
}

function overlap(a: Entry, b: Entry): boolean {
  return a.first < b.behind && b.first < a.behind;
}
