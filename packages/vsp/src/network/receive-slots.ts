/** The parts of a receive buffer, and who has them. NVSP, sub-allocations. */

/** `next` of the last slot of a chain; also the answer when there is none. */
export const NO_SLOT = -1;

const FREE = 0;
const TAKEN = 1;
const SENT = 2;

/**
 * Slots are taken one by one, joined to chains, and given back a chain at a time. A chain is named by its first slot, which
 * is unique among the chains that are under way.
 */
export class ReceiveSlots {
  readonly count: number;
  /** Slots that nobody has. */
  free: number;
  readonly #next: Int32Array;
  readonly #state: Uint8Array;
  #firstFree = 0;

  constructor(count: number) {
    this.count = count;
    this.free = count;
    this.#next = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : NO_SLOT));
    this.#state = new Uint8Array(count);
    if (count === 0) this.#firstFree = NO_SLOT;
  }

  /** A slot, as a chain of its own; `NO_SLOT` when none is free. */
  take(): number {
    const slot = this.#firstFree;
    if (slot === NO_SLOT) return NO_SLOT;
    this.#firstFree = this.#next[slot]!;
    this.#next[slot] = NO_SLOT;
    this.#state[slot] = TAKEN;
    this.free -= 1;
    return slot;
  }

  /** Puts `slot` behind `last`, the end of a chain. */
  append(last: number, slot: number): void {
    this.#next[last] = slot;
  }

  /** The chain that begins with `first` belongs to the guest now. */
  send(first: number): void {
    this.#state[first] = SENT;
  }

  /** Takes the chain back that begins with `first`. False, and nothing done, when the guest has no such chain. */
  giveBack(first: number): boolean {
    if (!(first < this.count) || this.#state[first] !== SENT) return false;
    let slot = first;
    while (slot !== NO_SLOT) {
      const following = this.#next[slot]!;
      this.#state[slot] = FREE;
      this.#next[slot] = this.#firstFree;
      this.#firstFree = slot;
      this.free += 1;
      slot = following;
    }
    return true;
  }
}
