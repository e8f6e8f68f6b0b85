/** Dynamic and differencing VHD images as disks. "Virtual Hard Disk Image Format Specification", Dynamic/Differencing Hard Disk Image. */

import { warning } from '@viridian/trace';
import type { BlockDevice } from '../block/block-device.ts';
import { Coalesced } from '../block/coalesced.ts';
import { SectorBitmaps } from '../image/sector-bitmaps.ts';
import { BELOW, type Segment, SparseDisk } from '../image/sparse-disk.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { BlockAllocator } from './block-allocator.ts';
import type { BlockTable } from './block-table.ts';
import { readPart } from './corrupt.ts';
import type { FoundFooter } from './footer.ts';
import { bitmapBytesOf, formatUniqueId, SECTOR_BYTES } from './layout.ts';
import { type VhdDisk, vhdShape } from './vhd-disk.ts';

/** A checked image, ready to become a disk. */
export interface SparseImage {
  readonly store: ByteStore;
  readonly found: FoundFooter;
  readonly table: BlockTable;
  readonly blockBytes: number;
  /** What shows through where a differencing image has nothing of its own. */
  readonly parent: BlockDevice | undefined;
  readonly readOnly: boolean;
}

const warnings = warning('drivers.vhd');

// Past so many changes the disk no longer waits for a flush to write them down.
const MOST_PENDING = 64;

/**
 * A disk over blocks that exist once they are written to. New BAT entries and sector bitmaps are written by flush, close
 * and whenever many have gathered, each time after the data they speak of has reached the disk.
 */
export class SparseVhdDisk extends SparseDisk implements VhdDisk {
  readonly type: 'dynamic' | 'differencing';
  readonly uniqueId: string;
  readonly recovered: boolean;
  protected readonly kind = 'vhd';
  /** Of differencing images; in dynamic ones every sector of a block is the image's own. */
  protected readonly bitmaps: SectorBitmaps | undefined;
  readonly #table: BlockTable;
  readonly #bitmapBytes: number;
  readonly #allocator: BlockAllocator;
  readonly #commit = new Coalesced(() => this.#commitAll());

  constructor(image: SparseImage) {
    const { store, found, table, blockBytes, parent } = image;
    const shape = vhdShape(found.footer, image.readOnly);
    super({ ...shape, store, blockBytes, segmentBytes: blockBytes, parent });
    this.type = parent === undefined ? 'dynamic' : 'differencing';
    this.uniqueId = formatUniqueId(found.footer.uniqueId);
    this.recovered = found.recovered;
    if (found.recovered) warnings.report(`vhd/${this.uniqueId}`, 'opened by the footer copy at the start');
    this.#table = table;
    this.#bitmapBytes = bitmapBytesOf(blockBytes);
    this.bitmaps = parent === undefined ? undefined : bitmapsOf(store, table, this.#bitmapBytes);
    const newBitmap = new Uint8Array(this.#bitmapBytes).fill(parent === undefined ? 0xff : 0);
    const { bytes: footer, offset: end } = found;
    this.#allocator = new BlockAllocator({ store, table, blockBytes, newBitmap, footer, end });
  }

  protected flushAll(): Promise<void> {
    return this.#commit.run();
  }

  protected async release(): Promise<void> {
    try {
      await this.store.close();
    } finally {
      await this.parent?.close();
    }
  }

  protected override details() {
    return {
      type: this.type,
      uniqueId: this.uniqueId,
      recovered: this.recovered,
      blockBytes: this.blockBytes,
      allocatedBytes: this.#table.allocated * this.blockBytes,
      pendingChanges: this.#pending,
      store: this.store,
      ...(this.parent === undefined ? {} : { parent: this.parent }),
    };
  }

  protected dataAt(segment: Segment): number {
    const place = this.#table.offsetOf(segment.block);
    return place < 0 ? BELOW : place + this.#bitmapBytes + segment.at;
  }

  protected async place(segment: Segment): Promise<number> {
    return (await this.#allocator.place(segment.block)) + this.#bitmapBytes + segment.at;
  }

  protected bitmapKeyOf(segment: Segment): number {
    return segment.block;
  }

  protected firstSectorOf(segment: Segment): number {
    return segment.at / SECTOR_BYTES;
  }

  protected changed(): void {
    if (this.#pending < MOST_PENDING) return;
    // A failure leaves the changes pending: the next flush meets it again and fails.
    this.#commit.run().catch((error: Error) => {
      warnings.report(`vhd/${this.uniqueId}`, 'changes could not be written down', { error: error.message });
    });
  }

  get #pending(): number {
    return this.#table.pending + (this.bitmaps?.pending ?? 0);
  }

  /** Data first, then what refers to it. */
  async #commitAll(): Promise<void> {
    const entries = this.#table.takePending();
    const bitmaps = this.bitmaps?.takeDirty() ?? [];
    if (entries.length > 0 || bitmaps.length > 0) {
      let written = false;
      try {
        await this.store.flush();
        for (const { key, bits } of bitmaps) await this.store.write(this.#table.offsetOf(key), [bits]);
        await this.#table.write(entries);
        written = true;
      } finally {
        this.bitmaps?.done(bitmaps, written);
        if (!written) this.#table.giveBack(entries);
      }
    }
    await this.store.flush();
  }
}

function bitmapsOf(store: ByteStore, table: BlockTable, bitmapBytes: number): SectorBitmaps {
  return new SectorBitmaps({
    store,
    readPart,
    order: 'high-first',
    bitmapBytes,
    offsetOf: (block) => table.offsetOf(block),
  });
}
