/** Which sectors of a differencing image's blocks are its own: one cache of bitmaps for every format that has them. */

import type { Settling } from '../block/settle.ts';
import { after } from '../block/settle.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { Damage } from './damage.ts';

/** Where in a byte the first of its sectors is. */
export type BitOrder = 'high-first' | 'low-first';

/** A bit per sector. VHD's first sector is bit 7 of the first byte ('high-first'), VHDX's bit 0 ('low-first'). */
export class SectorBitmap {
  readonly bits: Uint8Array;
  /** Changed since it was last taken for writing. */
  dirty = false;
  /** Being written. */
  writing = false;

  /** What turns the number of a sector within its byte into that of its bit. */
  readonly #turn: number;

  constructor(bits: Uint8Array, order: BitOrder) {
    this.bits = bits;
    this.#turn = order === 'high-first' ? 7 : 0;
  }

  has(sector: number): boolean {
    return (this.bits[sector >> 3]! & (1 << ((sector & 7) ^ this.#turn))) !== 0;
  }

  /** Sets or clears the bits [first, behind) and says whether one of them changed. */
  mark(first: number, behind: number, own: boolean): boolean {
    let changed = false;
    for (let sector = first; sector < behind; sector++) {
      if (this.has(sector) === own) continue;
      this.bits[sector >> 3]! ^= 1 << ((sector & 7) ^ this.#turn);
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
  readonly key: number;
  readonly bitmap: SectorBitmap;
  readonly bits: Uint8Array;
}

/** Most clean bitmaps that are kept in memory. */
const MOST_KEPT = 4096;

/** What a cache of bitmaps needs to know of its image. */
export interface BitmapSource {
  readonly store: ByteStore;
  readonly readPart: Damage['readPart'];
  readonly order: BitOrder;
  /** Size of each bitmap. */
  readonly bitmapBytes: number;
  /** Where the bitmap of that key lies in the store. */
  offsetOf(key: number): number;
}

/** The bitmaps of an image, by a key that its format gives them: read when asked for, kept while there is room. */
export class SectorBitmaps {
  readonly #source: BitmapSource;
  readonly #known = new Map<number, SectorBitmap | Promise<SectorBitmap>>();
  readonly #dirty = new Map<number, SectorBitmap>();

  constructor(source: BitmapSource) {
    this.#source = source;
  }

  /** Bitmaps that differ from those on disk. */
  get pending(): number {
    return this.#dirty.size;
  }

  /** A bitmap. Use it before the next wait: another one may stand for the key then. */
  get(key: number): SectorBitmap | Promise<SectorBitmap> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const loading = this.#load(key);
    this.#known.set(key, loading);
    return loading;
  }

  /** Records whether the sectors [first, behind) of a bitmap are the image's own. */
  mark(key: number, first: number, behind: number, own: boolean): Settling {
    return after(this.get(key), (bitmap) => {
      // Forgotten between its arrival and now: bits set in it would be lost.
      if (this.#known.get(key) !== bitmap) return this.mark(key, first, behind, own);
      if (!bitmap.mark(first, behind, own)) return;
      bitmap.dirty = true;
      this.#dirty.set(key, bitmap);
    });
  }

  /** Copies of the changed bitmaps, to be written; after that `done` with them. */
  takeDirty(): TakenBitmap[] {
    const taken = [...this.#dirty].map(([key, bitmap]) => {
      bitmap.dirty = false;
      bitmap.writing = true;
      return { key, bitmap, bits: bitmap.bits.slice() };
    });
    this.#dirty.clear();
    return taken;
  }

  /** Ends what `takeDirty` began; bitmaps that did not reach the disk become dirty again. */
  done(taken: readonly TakenBitmap[], written: boolean): void {
    for (const { key, bitmap } of taken) {
      bitmap.writing = false;
      if (written) continue;
      bitmap.dirty = true;
      this.#dirty.set(key, bitmap);
    }
  }

  async #load(key: number): Promise<SectorBitmap> {
    const { store, bitmapBytes, order } = this.#source;
    try {
      const bits = await this.#source.readPart(
        store,
        this.#source.offsetOf(key),
        bitmapBytes,
        'sector bitmap',
      );
      const bitmap = new SectorBitmap(bits, order);
      this.#known.set(key, bitmap);
      this.#makeRoom();
      return bitmap;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }

  /** Forgets the oldest bitmaps that are the same on disk. */
  #makeRoom(): void {
    if (this.#known.size <= MOST_KEPT) return;
    for (const [key, bitmap] of this.#known) {
      if (bitmap instanceof Promise || bitmap.dirty || bitmap.writing) continue;
      this.#known.delete(key);
      if (this.#known.size <= MOST_KEPT) return;
    }
  }
}
