/** Gives blocks their place at the end of a VHDX. */

import { BlockError } from '../block/block-device.ts';
import type { SectorBitmaps } from '../image/sector-bitmaps.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { BlockMap } from './block-map.ts';
import { BITMAP_BLOCK_BYTES, BlockState, MiB, PAGE_SECTORS } from './layout.ts';

/** What the allocator works on. */
export interface AllocatorImage {
  readonly store: ByteStore;
  readonly map: BlockMap;
  /** Of differencing images. */
  readonly bitmaps: SectorBitmaps | undefined;
  readonly keyOf: (chunk: number, page: number) => number;
}

/**
 * One allocation at a time. New blocks lie behind everything the file ever held, so they are zeros without being written,
 * and what an unclean end left behind never shows.
 */
export class BlockAllocator {
  readonly #image: AllocatorImage;
  readonly #running = new Map<number, Promise<void>>();
  #last: Promise<unknown> = Promise.resolve();
  #end: number;

  constructor(image: AllocatorImage) {
    this.#image = image;
    this.#end = Math.ceil(image.store.sizeBytes / MiB) * MiB;
  }

  /** Settles when the block has a place; requests for the same block share one allocation. */
  place(block: number): Promise<void> {
    const running = this.#running.get(block);
    if (running !== undefined) return running;
    const placing = this.#last
      .then(() => this.#place(block))
      .finally(() => {
        this.#running.delete(block);
      });
    this.#running.set(block, placing);
    this.#last = placing.catch(() => {});
    return placing;
  }

  async #place(block: number): Promise<void> {
    const { map, bitmaps } = this.#image;
    // Placed while this request waited for its turn.
    if (map.stateOf(block) >= BlockState.FULLY_PRESENT) return;
    const { blockBytes, chunkBlocks } = map.geometry;
    if (bitmaps !== undefined) await this.#prepareBitmap(bitmaps, block, Math.floor(block / chunkBlocks));
    const offset = await this.#extend(blockBytes);
    const state = bitmaps === undefined ? BlockState.FULLY_PRESENT : BlockState.PARTIALLY_PRESENT;
    map.place(block, state, offset);
  }

  /** The bits of a block without a place may say anything: they are cleared before it gets one. */
  async #prepareBitmap(bitmaps: SectorBitmaps, block: number, chunk: number): Promise<void> {
    const { map } = this.#image;
    if (map.bitmapOffsetOf(chunk) < 0) {
      map.placeBitmap(chunk, await this.#extend(BITMAP_BLOCK_BYTES));
      return;
    }
    const { blockBytes, sectorBytes, chunkBlocks } = map.geometry;
    const sectors = blockBytes / sectorBytes;
    const first = (block % chunkBlocks) * sectors;
    for (let sector = first; sector < first + sectors; sector += PAGE_SECTORS) {
      const start = sector % PAGE_SECTORS;
      const behind = Math.min(start + sectors, PAGE_SECTORS);
      await bitmaps.mark(this.#image.keyOf(chunk, Math.floor(sector / PAGE_SECTORS)), start, behind, false);
    }
  }

  async #extend(bytes: number): Promise<number> {
    const offset = this.#end;
    if (offset + bytes > 2 ** 52) throw new BlockError('no-space', 'VHDX: the image cannot grow any more');
    await this.#image.store.resize(offset + bytes);
    this.#end = offset + bytes;
    return offset;
  }
}
