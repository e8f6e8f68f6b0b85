/** Pages of guest memory that a stretch of code writes: what they held before, and what each of two runs made of them. */

import type { Core } from '../core/core.ts';
import { type MemoryBank, PAGE_BYTES } from '../memory/machine-memory.ts';

const PAGE_WORDS = PAGE_BYTES / 4;
/** Accessed and dirty bits of page-table entries: which accesses set them is the processor's choice. */
const ACCESSED_DIRTY = 0x60;
/** Per host page, a bit per 64 bytes that decoded code covers: GRANULES of `assembly/layout.ts`. */
const GRANULES = 0x4d00000;

interface WrittenPage {
  readonly page: number;
  readonly before: Int32Array;
  /** What the first run left; as before where only the second wrote. */
  readonly first: Int32Array;
  isTable: boolean;
}

/** A word in which two runs differ. */
export interface WordDifference {
  /** Offset within the bank. */
  readonly at: number;
  readonly first: number;
  readonly second: number;
}

/** Copies of pages, made before they are written for the first time. Its buffers are used again. */
export class PageJournal {
  readonly #core: Core;
  readonly #words: Int32Array;
  readonly #granules: BigUint64Array;
  readonly #pages = new Map<number, WrittenPage>();
  readonly #free: WrittenPage[] = [];

  constructor(core: Core, bank: MemoryBank) {
    this.#core = core;
    this.#words = bank.words;
    this.#granules = new BigUint64Array(bank.buffer, GRANULES, 2 ** 20);
  }

  /** Whether nothing was written. */
  get isEmpty(): boolean {
    return this.#pages.size === 0;
  }

  /** Forgets everything: a new stretch begins. */
  clear(): void {
    for (const page of this.#pages.values()) this.#free.push(page);
    this.#pages.clear();
  }

  /** Notes a page in front of its first write. */
  note(page: number, isTable: boolean): void {
    const known = this.#pages.get(page);
    if (known !== undefined) {
      known.isTable ||= isTable;
      return;
    }
    const buffers = this.#free.pop();
    const { before, first } = buffers ?? {
      before: new Int32Array(PAGE_WORDS),
      first: new Int32Array(PAGE_WORDS),
    };
    const now = this.#at(page);
    before.set(now);
    first.set(now);
    this.#pages.set(page, { page, before, first, isTable });
  }

  /** Keeps what the first run left, and puts back what was there before. */
  rewind(): void {
    for (const written of this.#pages.values()) {
      written.first.set(this.#at(written.page));
      this.#restore(written);
    }
  }

  /** Puts back what was there before, for another second run. */
  restart(): void {
    for (const written of this.#pages.values()) this.#restore(written);
  }

  /** Puts back what was there before either run, and forgets what they left. */
  undo(): void {
    for (const written of this.#pages.values()) {
      this.#restore(written);
      written.first.set(written.before);
    }
  }

  /**
   * Where memory, as the second run left it, differs from what the first left. Accessed and dirty bits that only the
   * first set are set: its translations count on them.
   */
  compare(most: number): WordDifference[] {
    const found: WordDifference[] = [];
    for (const { page, first, isTable } of this.#pages.values()) {
      const now = this.#at(page);
      for (let i = 0; i < PAGE_WORDS; i += 1) {
        const wanted = first[i]!;
        const is = now[i]!;
        if (wanted === is) continue;
        if (isTable && ((wanted ^ is) & ~ACCESSED_DIRTY) === 0) now[i] = wanted | is;
        else if (found.length < most) {
          found.push({ at: page * PAGE_BYTES + i * 4, first: wanted, second: is });
        }
      }
    }
    return found;
  }

  #at(page: number): Int32Array {
    return this.#words.subarray(page * PAGE_WORDS, (page + 1) * PAGE_WORDS);
  }

  #restore({ page, before }: WrittenPage): void {
    const now = this.#at(page);
    // What was decoded from the bytes of the first run is void.
    if (this.#granules[page] !== 0n && !isSame(now, before)) this.#core.invalidatePage(page * PAGE_BYTES);
    now.set(before);
  }
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < PAGE_WORDS; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
