/** The BAT: the state and the place of every block. [MS-VHDX], BAT. */

import { viewOf } from '../image/damage.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { corrupt, readPart } from './corrupt.ts';
import { BITMAP_BLOCK_BYTES, BlockState, type Geometry, MiB, PAGE_BYTES } from './layout.ts';
import type { LoggedSector } from './log-writer.ts';
import type { Region } from './regions.ts';

const ENTRY_BYTES = 8;
/** Above the state's three bits and seventeen reserved ones, the place in MiB. */
const PLACE_SHIFT = 20;

/** An entry that is not on disk yet. */
export interface NewEntry {
  readonly index: number;
  readonly state: number;
  readonly placeMiB: number;
}

/** The table in memory, ahead of the one on disk by the entries that are pending. */
export class BlockMap {
  readonly geometry: Geometry;
  readonly #offset: number;
  /** The table as it is on disk. */
  readonly #image: Uint8Array;
  readonly #states: Uint8Array;
  readonly #places: Uint32Array;
  #pending: NewEntry[] = [];
  #allocated = 0;

  private constructor(geometry: Geometry, offset: number, image: Uint8Array) {
    this.geometry = geometry;
    this.#offset = offset;
    this.#image = image;
    this.#states = new Uint8Array(geometry.tableEntries);
    this.#places = new Uint32Array(geometry.tableEntries);
  }

  /** Reads the table and checks every entry against the file, the regions and each other. Throws 'corrupt'. */
  static async load(
    store: ByteStore,
    geometry: Geometry,
    bat: Region,
    reserved: readonly Region[],
    hasParent: boolean,
  ): Promise<BlockMap> {
    const bytes = geometry.tableEntries * ENTRY_BYTES;
    if (bytes > bat.length) {
      throw corrupt(`a BAT of ${bat.length} bytes for ${geometry.tableEntries} entries`, bat.offset);
    }
    const padded = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    const image = await readPart(store, bat.offset, padded, 'BAT');
    const map = new BlockMap(geometry, bat.offset, image);
    map.#decode(hasParent);
    map.#check(store.sizeBytes, reserved, hasParent);
    return map;
  }

  /** Payload blocks that have a place. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Entries that are not on disk yet. */
  get pending(): number {
    return this.#pending.length;
  }

  stateOf(block: number): number {
    return this.#states[this.#indexOf(block)]!;
  }

  /** Where the block's data start; meaningful only in the states that have a place. */
  offsetOf(block: number): number {
    return this.#places[this.#indexOf(block)]! * MiB;
  }

  /** Where the sector bitmap of the block's chunk starts; -1 when it has none. */
  bitmapOffsetOf(chunk: number): number {
    const index = this.#bitmapIndexOf(chunk);
    return this.#states[index] === BlockState.FULLY_PRESENT ? this.#places[index]! * MiB : -1;
  }

  /** Gives a payload block its place. Known here at once, on disk after a commit. */
  place(block: number, state: number, offset: number): void {
    this.#allocated += 1;
    this.#set({ index: this.#indexOf(block), state, placeMiB: offset / MiB });
  }

  /** Gives a chunk its sector bitmap block. */
  placeBitmap(chunk: number, offset: number): void {
    const index = this.#bitmapIndexOf(chunk);
    this.#set({ index, state: BlockState.FULLY_PRESENT, placeMiB: offset / MiB });
  }

  /** The pending entries, which are the caller's now: to commit them, or to give them back when that fails. */
  takePending(): NewEntry[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  /** Makes entries pending again. */
  giveBack(entries: readonly NewEntry[]): void {
    this.#pending = [...entries, ...this.#pending];
  }

  /**
   * The pages of the table that hold these entries, and no newer ones. Last page first: a chunk's bitmap entry lies behind
   * its payload entries, and must not come later than they.
   */
  pagesWith(entries: readonly NewEntry[]): LoggedSector[] {
    const view = viewOf(this.#image);
    const pages = new Set<number>();
    for (const { index, state, placeMiB } of entries) {
      const at = index * ENTRY_BYTES;
      view.setUint32(at, ((placeMiB << PLACE_SHIFT) | state) >>> 0, true);
      view.setUint32(at + 4, placeMiB >>> (32 - PLACE_SHIFT), true);
      pages.add(Math.floor(at / PAGE_BYTES) * PAGE_BYTES);
    }
    return [...pages]
      .sort((a, b) => b - a)
      .map((at) => ({ offset: this.#offset + at, bytes: this.#image.slice(at, at + PAGE_BYTES) }));
  }

  #set(entry: NewEntry): void {
    this.#states[entry.index] = entry.state;
    this.#places[entry.index] = entry.placeMiB;
    this.#pending.push(entry);
  }

  /** After the payload entries of each chunk comes the entry of its sector bitmap block. */
  #indexOf(block: number): number {
    return block + Math.floor(block / this.geometry.chunkBlocks);
  }

  #bitmapIndexOf(chunk: number): number {
    return chunk * (this.geometry.chunkBlocks + 1) + this.geometry.chunkBlocks;
  }

  #decode(hasParent: boolean): void {
    const view = viewOf(this.#image);
    const { chunkBlocks } = this.geometry;
    for (let index = 0; index < this.#states.length; index++) {
      const low = view.getUint32(index * ENTRY_BYTES, true);
      const high = view.getUint32(index * ENTRY_BYTES + 4, true);
      const isBitmap = index % (chunkBlocks + 1) === chunkBlocks;
      const state = low & 7;
      if (!isKnown(state, isBitmap, hasParent)) throw this.#wrong(index, `is in state ${state}`);
      if (high >>> PLACE_SHIFT !== 0) throw this.#wrong(index, 'lies beyond all files');
      this.#states[index] = state;
      this.#places[index] = ((high << (32 - PLACE_SHIFT)) | (low >>> PLACE_SHIFT)) >>> 0;
    }
  }

  /** Blocks lie in the file, apart from everything else; a partially present one has its bitmap. */
  #check(fileBytes: number, reserved: readonly Region[], hasParent: boolean): void {
    const { blocks, blockBytes, sizeBytes, chunkBlocks } = this.geometry;
    const spans: { start: number; end: number }[] = [];
    const note = (index: number, start: number, length: number, needed: number): void => {
      if (start + needed > fileBytes) throw this.#wrong(index, `ends behind the image (it is at ${start})`);
      const end = start + length;
      const hit = reserved.find((region) => region.offset < end && start < region.offset + region.length);
      if (hit !== undefined) throw this.#wrong(index, `overlaps the ${hit.what} (it is at ${start})`);
      spans.push({ start, end });
    };
    for (let block = 0; block < blocks; block++) {
      const index = this.#indexOf(block);
      const state = this.#states[index]!;
      if (state < BlockState.FULLY_PRESENT) continue;
      this.#allocated += 1;
      const needed = Math.min(blockBytes, sizeBytes - block * blockBytes);
      note(index, this.#places[index]! * MiB, blockBytes, needed);
      const chunk = Math.floor(block / chunkBlocks);
      if (state === BlockState.PARTIALLY_PRESENT && this.bitmapOffsetOf(chunk) < 0) {
        throw this.#wrong(index, 'is partially present without a sector bitmap');
      }
    }
    for (let chunk = 0; hasParent && chunk * chunkBlocks < blocks; chunk++) {
      const offset = this.bitmapOffsetOf(chunk);
      if (offset >= 0) note(this.#bitmapIndexOf(chunk), offset, BITMAP_BLOCK_BYTES, BITMAP_BLOCK_BYTES);
    }
    spans.sort((a, b) => a.start - b.start);
    for (let i = 1; i < spans.length; i++) {
      if (spans[i]!.start < spans[i - 1]!.end) {
        throw corrupt(`two blocks overlap at ${spans[i]!.start}`, this.#offset);
      }
    }
  }

  #wrong(index: number, what: string) {
    return corrupt(`BAT entry ${index} ${what}`, this.#offset + index * ENTRY_BYTES);
  }
}

function isKnown(state: number, isBitmap: boolean, hasParent: boolean): boolean {
  if (isBitmap) return state === BlockState.NOT_PRESENT || state === BlockState.FULLY_PRESENT;
  if (state === BlockState.PARTIALLY_PRESENT) return hasParent;
  return state <= BlockState.UNMAPPED || state === BlockState.FULLY_PRESENT;
}
