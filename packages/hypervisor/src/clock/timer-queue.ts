/** Callbacks ordered by time: a binary heap in which each entry knows its place, so that cancelling is cheap too. */

import type { TimerHandle } from './clock.ts';

/** An entry of a {@link TimerQueue}. */
export class QueuedTimer implements TimerHandle {
  readonly at: number;
  readonly callback: () => void;
  /** Decides between equal times: first come, first served. */
  readonly order: number;
  /** Index in the heap, -1 when not queued. */
  place = -1;

  constructor(at: number, callback: () => void, order: number) {
    this.at = at;
    this.callback = callback;
    this.order = order;
  }

  get pending(): boolean {
    return this.place >= 0;
  }
}

/** A priority queue of timers. It knows no clock: its user asks what is due. */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = [];
  #nextOrder = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Time of the soonest entry, Infinity when empty. */
  get soonest(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, callback: () => void): QueuedTimer {
    const timer = new QueuedTimer(at, callback, this.#nextOrder);
    this.#nextOrder += 1;
    this.#heap.push(timer);
    timer.place = this.#heap.length - 1;
    this.#up(timer);
    return timer;
  }

  /** Takes an entry out; false when it was not queued here. */
  remove(timer: QueuedTimer): boolean {
    const place = timer.place;
    if (this.#heap[place] !== timer) return false;
    const last = this.#heap.pop()!;
    timer.place = -1;
    if (last !== timer) {
      this.#put(last, place);
      this.#up(last);
      this.#down(last);
    }
    return true;
  }

  /** Takes out the soonest entry if it is due at `now`. */
  takeDue(now: number): QueuedTimer | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.remove(first);
    return first;
  }

  #put(timer: QueuedTimer, place: number): void {
    this.#heap[place] = timer;
    timer.place = place;
  }

  #up(timer: QueuedTimer): void {
    while (timer.place > 0) {
      const parent = this.#heap[(timer.place - 1) >> 1]!;
      if (!before(timer, parent)) return;
      this.#swap(timer, parent);
    }
  }

  #down(timer: QueuedTimer): void {
    for (;;) {
      const left = this.#heap[timer.place * 2 + 1];
      const right = this.#heap[timer.place * 2 + 2];
      const smaller = right !== undefined && before(right, left!) ? right : left;
      if (smaller === undefined || !before(smaller, timer)) return;
      this.#swap(smaller, timer);
    }
  }

  #swap(one: QueuedTimer, other: QueuedTimer): void {
    const place = one.place;
    this.#put(one, other.place);
    this.#put(other, place);
  }
}

function before(one: QueuedTimer, other: QueuedTimer): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
