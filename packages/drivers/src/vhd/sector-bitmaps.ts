/** Which sectors of a differencing image's blocks are its own. "Virtual Hard Disk Image Format Specification", Data Blocks. */

import type { Settling } from '../block/settle.ts';
import { after } from '../block/settle.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { BlockTable } from './block-table.ts';
import { readPart } from './corrupt.ts';

/** The bitmap of one block: bit 7 of the first byte is sector 0. */
export class SectorBitmap {
  readonly bits: Uint8Array;
  /** Changed since it was last taken for writing. */
  dirty = false;
  /** Being written. */
  writing = false;

  constructor(bits: Uint8Array) {
    this.bits = bits;
  }

  has(sector: number): boolean {
    return (this.bits[sector >> 3]! & (0x80 >> (sector & 7))) !== 0;
  }

  /** Sets the bits [first, behind) and says whether one of them was clear. */
  set(first: number, behind: number): boolean {
    let changed = false;
    for (let sector = first; sector < behind; sector++) {
      if (this.has(sector)) continue;
      this.bits[sector >> 3]! |= 0x80 >> (sector & 7);
      changed = true;
    }
    return changed;
  }

  /** The end of the run of equal bits that starts at `first`, at most `behind`. */
  runEnd(first: number, behind: number): number {
    const own = this.has(first);
    let end = first + 1;
    while (end < behind && this.has(end) === own) end += 1;
    return end;
  }
}

/** A bitmap as it was when it was taken for writing. */
export interface TakenBitmap {
  readonly block: number;
  readonly bitmap: SectorBitmap;
  readonly bits: Uint8Array;
}

/** Most clean bitmaps that are kept in memory: enough for 8 GiB in usual blocks. */
const MOST_KEPT = 4096;

/** The bitmaps of an image's blocks: read when asked for, kept while there is room, written when told. */
export class SectorBitmaps {
  readonly #store: ByteStore;
  readonly #table: BlockTable;
  readonly #bitmapBytes: number;
  readonly #known = new Map<number, SectorBitmap | Promise<SectorBitmap>>();
  readonly #dirty = new Map<number, SectorBitmap>();

  constructor(store: ByteStore, table: BlockTable, bitmapBytes: number) {
    this.#store = store;
    this.#table = table;
    this.#bitmapBytes = bitmapBytes;
  }

  /** Bitmaps that differ from those on disk. */
  get pending(): number {
    return this.#dirty.size;
  }

  /** The bitmap of a block that has a place. Use it before the next wait: another one may stand for the block then. */
  get(block: number): SectorBitmap | Promise<SectorBitmap> {
    const known = this.#known.get(block);
    if (known !== undefined) return known;
    const loading = this.#load(block);
    this.#known.set(block, loading);
    return loading;
  }

  /** Records that the sectors [first, behind) of a block are the image's own. */
  markOwn(block: number, first: number, behind: number): Settling {
    return after(this.get(block), (bitmap) => {
      // Forgotten between its arrival and now: bits set in it would be lost.
      if (this.#known.get(block) !== bitmap) return this.markOwn(block, first, behind);
      if (!bitmap.set(first, behind)) return;
      bitmap.dirty = true;
      this.#dirty.set(block, bitmap);
    });
  }

  /** Copies of the changed bitmaps, for `write`; after that `done` with them. */
  takeDirty(): TakenBitmap[] {
    const taken = [...this.#dirty].map(([block, bitmap]) => {
      bitmap.dirty = false;
      bitmap.writing = true;
      return { block, bitmap, bits: bitmap.bits.slice() };
    });
    this.#dirty.clear();
    return taken;
  }

  async write(taken: readonly TakenBitmap[]): Promise<void> {
    for (const { block, bits } of taken) await this.#store.write(this.#table.offsetOf(block), [bits]);
  }

  /** Ends what `takeDirty` began; bitmaps that did not reach the disk become dirty again. */
  done(taken: readonly TakenBitmap[], written: boolean): void {
    for (const { block, bitmap } of taken) {
      bitmap.writing = false;
      if (written) continue;
      bitmap.dirty = true;
      this.#dirty.set(block, bitmap);
    }
  }

  async #load(block: number): Promise<SectorBitmap> {
    try {
      const at = this.#table.offsetOf(block);
      const bitmap = new SectorBitmap(await readPart(this.#store, at, this.#bitmapBytes, 'sector bitmap'));
      this.#known.set(block, bitmap);
      this.#makeRoom();
      return bitmap;
    } catch (error) {
      this.#known.delete(block);
      throw error;
    }
  }

  /** Forgets the oldest bitmaps that are the same on disk. */
  #makeRoom(): void {
    if (this.#known.size <= MOST_KEPT) return;
    for (const [block, bitmap] of this.#known) {
      if (bitmap instanceof Promise || bitmap.dirty || bitmap.writing) continue;
      this.#known.delete(block);
      if (this.#known.size <= MOST_KEPT) return;
    }
  }
}
