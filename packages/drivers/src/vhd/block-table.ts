/** The BAT: where each block of a dynamic image is. "Virtual Hard Disk Image Format Specification", Block Allocation Table. */

import { viewOf } from '../image/damage.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { corrupt, readPart } from './corrupt.ts';
import { tableBytesOf } from './dynamic-header.ts';
import { SECTOR_BYTES, UNUSED_BLOCK } from './layout.ts';

/** A part of the image that no block may touch. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly what: string;
}

/** What blocks must fit into. */
export interface TableBounds {
  readonly blocks: number;
  readonly blockBytes: number;
  readonly bitmapBytes: number;
  /** Size of the disk: the last block may be cut there. */
  readonly diskBytes: number;
  /** First byte behind all blocks: the footer's. */
  readonly end: number;
  readonly reserved: readonly Region[];
}

/** An entry that is not on disk yet. */
export interface NewEntry {
  readonly block: number;
  readonly sector: number;
}

/** The table in memory, ahead of the one on disk by the entries that are pending. */
export class BlockTable {
  readonly #store: ByteStore;
  readonly #offset: number;
  readonly #sectors: Uint32Array;
  /** The table as it is on disk. */
  readonly #image: Uint8Array;
  #pending: NewEntry[] = [];
  #allocated = 0;

  private constructor(store: ByteStore, offset: number, blocks: number, image: Uint8Array) {
    this.#store = store;
    this.#offset = offset;
    this.#image = image;
    this.#sectors = new Uint32Array(blocks);
    const view = viewOf(image);
    for (let block = 0; block < blocks; block++) {
      const sector = view.getUint32(block * 4, false);
      this.#sectors[block] = sector;
      if (sector !== UNUSED_BLOCK) this.#allocated += 1;
    }
  }

  /** Reads the table and checks every entry against the bounds and each other. Throws 'corrupt'. */
  static async load(store: ByteStore, offset: number, bounds: TableBounds): Promise<BlockTable> {
    const image = await readPart(store, offset, tableBytesOf(bounds.blocks), 'block allocation table');
    const table = new BlockTable(store, offset, bounds.blocks, image);
    table.#check(bounds);
    return table;
  }

  /** Blocks that have a place. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Entries that are not on disk yet. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Where the block's sector bitmap starts, its data behind it; -1 for a block without a place. */
  offsetOf(block: number): number {
    const sector = this.#sectors[block]!;
    return sector === UNUSED_BLOCK ? -1 : sector * SECTOR_BYTES;
  }

  /** Gives a block its place. Known here at once, on disk after `write`. */
  place(block: number, offset: number): void {
    const sector = offset / SECTOR_BYTES;
    this.#sectors[block] = sector;
    this.#allocated += 1;
    this.#pending.push({ block, sector });
  }

  /** The pending entries, which are the caller's now: to `write` them, or to give them back when that fails. */
  takePending(): NewEntry[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  /** Makes entries pending again. */
  giveBack(entries: readonly NewEntry[]): void {
    this.#pending = [...entries, ...this.#pending];
  }

  /** Writes the sectors of the table that hold these entries, and no newer ones. */
  async write(entries: readonly NewEntry[]): Promise<void> {
    const view = viewOf(this.#image);
    const dirty = new Set<number>();
    for (const { block, sector } of entries) {
      view.setUint32(block * 4, sector, false);
      dirty.add(Math.floor((block * 4) / SECTOR_BYTES));
    }
    for (const sector of [...dirty].sort((a, b) => a - b)) {
      const at = sector * SECTOR_BYTES;
      await this.#store.write(this.#offset + at, [this.#image.subarray(at, at + SECTOR_BYTES)]);
    }
  }

  #check(bounds: TableBounds): void {
    const { blockBytes, bitmapBytes, diskBytes, end } = bounds;
    const starts = new Float64Array(this.#allocated);
    let found = 0;
    for (let block = 0; block < bounds.blocks; block++) {
      const start = this.offsetOf(block);
      if (start < 0) continue;
      const entry = this.#offset + block * 4;
      const behind = start + bitmapBytes + Math.min(blockBytes, diskBytes - block * blockBytes);
      if (behind > end) throw corrupt(`block ${block} at ${start} ends behind the image`, entry);
      const hit = bounds.reserved.find((region) => start < region.end && region.start < behind);
      if (hit !== undefined) throw corrupt(`block ${block} at ${start} overlaps the ${hit.what}`, entry);
      starts[found++] = start;
    }
    starts.sort();
    for (let i = 1; i < found; i++) {
      if (starts[i]! - starts[i - 1]! < bitmapBytes + blockBytes) {
        throw corrupt(`two blocks overlap at ${starts[i]}`, this.#offset);
      }
    }
  }
}
