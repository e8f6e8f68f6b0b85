/** Gives blocks their place at the end of a dynamic image. */

import { BlockError } from '../block/block-device.ts';
import { alignUp } from '../image/damage.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { BlockTable } from './block-table.ts';
import { SECTOR_BYTES, UNUSED_BLOCK } from './layout.ts';

// A bitmap of one sector before each block would put all data across the host's pages: a gap of seven sectors does not.
const DATA_ALIGNMENT = 4096;

/** What the allocator needs to know of an image. */
export interface AllocatorImage {
  readonly store: ByteStore;
  readonly table: BlockTable;
  readonly blockBytes: number;
  /** What a new block's sector bitmap says. */
  readonly newBitmap: Uint8Array;
  readonly footer: Uint8Array;
  /** Where the footer is now. */
  readonly end: number;
}

/**
 * One allocation at a time, for each moves the footer. The order keeps the image whole at any moment: first the footer is
 * written behind the new block, which also makes the block's room (zeros, as the file never reached so far), then the
 * bitmap. The BAT learns of the block when the image's changes are committed, after both have reached the disk.
 */
export class BlockAllocator {
  readonly #image: AllocatorImage;
  readonly #running = new Map<number, Promise<number>>();
  #end: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(image: AllocatorImage) {
    this.#image = image;
    this.#end = image.end;
  }

  /** Where the block is, once it has a place; requests for the same block share one allocation. */
  place(block: number): Promise<number> {
    const running = this.#running.get(block);
    if (running !== undefined) return running;
    const placing = this.#last
      .then(() => this.#extend(block))
      .finally(() => {
        this.#running.delete(block);
      });
    this.#running.set(block, placing);
    this.#last = placing.catch(() => {});
    return placing;
  }

  async #extend(block: number): Promise<number> {
    const { store, table, blockBytes, newBitmap, footer } = this.#image;
    const offset = alignUp(this.#end + newBitmap.length, DATA_ALIGNMENT) - newBitmap.length;
    const end = offset + newBitmap.length + blockBytes;
    if (offset / SECTOR_BYTES >= UNUSED_BLOCK) {
      throw new BlockError('no-space', 'VHD: the image has reached the largest size of the format');
    }
    try {
      await store.write(end, [footer]);
    } catch (error) {
      await this.#shrinkBack();
      throw error;
    }
    await store.write(offset, [newBitmap]);
    this.#end = end;
    table.place(block, offset);
    return offset;
  }

  /** After a failed extension: the old footer becomes the end of the file again, if the host lets us. */
  async #shrinkBack(): Promise<void> {
    try {
      await this.#image.store.resize(this.#end + SECTOR_BYTES);
    } catch {
      // The caller gets the first error; an image without a footer at its end opens by the copy at its start.
    }
  }
}
