/** Dynamic and differencing VHD images as disks. "Virtual Hard Disk Image Format Specification", Dynamic/Differencing Hard Disk Image. */

import { warning } from '@viridian/trace';
import { BaseDevice } from '../block/base-device.ts';
import type { BlockDevice, Buffers } from '../block/block-device.ts';
import { fillBuffers, sliceBuffers } from '../block/buffers.ts';
import { after, type Settling, settleAll } from '../block/settle.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { BlockAllocator } from './block-allocator.ts';
import type { BlockTable } from './block-table.ts';
import { Coalesced } from './coalesced.ts';
import type { FoundFooter } from './footer.ts';
import { bitmapBytesOf, formatUniqueId, SECTOR_BYTES } from './layout.ts';
import { type SectorBitmap, SectorBitmaps } from './sector-bitmaps.ts';
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

/** The part of a request that lies in one block. */
interface Segment {
  readonly block: number;
  /** Byte offset in the block. */
  readonly at: number;
  /** Byte offset on the disk. */
  readonly offset: number;
  readonly buffers: Buffers;
  readonly length: number;
}

const warnings = warning('drivers.vhd');

// Past so many changes the disk no longer waits for a flush to write them down.
const MOST_PENDING = 64;

/**
 * A disk over blocks that exist once they are written to. New BAT entries and sector bitmaps are written by flush, close
 * and whenever many have gathered, each time after the data they speak of has reached the disk.
 */
export class SparseVhdDisk extends BaseDevice implements VhdDisk {
  readonly type: 'dynamic' | 'differencing';
  readonly uniqueId: string;
  readonly recovered: boolean;
  protected readonly kind = 'vhd';
  readonly #store: ByteStore;
  readonly #table: BlockTable;
  readonly #blockBytes: number;
  readonly #bitmapBytes: number;
  readonly #parent: BlockDevice | undefined;
  /** Of differencing images; in dynamic ones every sector of a block is the image's own. */
  readonly #bitmaps: SectorBitmaps | undefined;
  readonly #allocator: BlockAllocator;
  readonly #commit = new Coalesced(() => this.#commitAll());

  constructor(image: SparseImage) {
    const { store, found, table, blockBytes, parent } = image;
    super(vhdShape(found.footer, image.readOnly));
    this.type = parent === undefined ? 'dynamic' : 'differencing';
    this.uniqueId = formatUniqueId(found.footer.uniqueId);
    this.recovered = found.recovered;
    if (found.recovered) warnings.report(`vhd/${this.uniqueId}`, 'opened by the footer copy at the start');
    this.#store = store;
    this.#table = table;
    this.#blockBytes = blockBytes;
    this.#bitmapBytes = bitmapBytesOf(blockBytes);
    this.#parent = parent;
    this.#bitmaps = parent === undefined ? undefined : new SectorBitmaps(store, table, this.#bitmapBytes);
    const newBitmap = new Uint8Array(this.#bitmapBytes).fill(parent === undefined ? 0xff : 0);
    const { bytes: footer, offset: end } = found;
    this.#allocator = new BlockAllocator({ store, table, blockBytes, newBitmap, footer, end });
  }

  protected readRange(offset: number, into: Buffers, length: number): Settling {
    return settleAll(this.#segments(offset, into, length), (segment) => this.#readSegment(segment));
  }

  protected writeRange(offset: number, from: Buffers, length: number): Settling {
    return settleAll(this.#segments(offset, from, length), (segment) => this.#writeSegment(segment));
  }

  protected flushAll(): Promise<void> {
    return this.#commit.run();
  }

  protected async release(): Promise<void> {
    try {
      await this.#store.close();
    } finally {
      await this.#parent?.close();
    }
  }

  protected override details() {
    return {
      type: this.type,
      uniqueId: this.uniqueId,
      recovered: this.recovered,
      blockBytes: this.#blockBytes,
      allocatedBytes: this.#table.allocated * this.#blockBytes,
      pendingChanges: this.#pending,
      store: this.#store,
      ...(this.#parent === undefined ? {} : { parent: this.#parent }),
    };
  }

  get #pending(): number {
    return this.#table.pending + (this.#bitmaps?.pending ?? 0);
  }

  #segments(offset: number, buffers: Buffers, length: number): Segment[] {
    const segments: Segment[] = [];
    for (let done = 0; done < length; ) {
      const block = Math.floor((offset + done) / this.#blockBytes);
      const at = offset + done - block * this.#blockBytes;
      const part = Math.min(length - done, this.#blockBytes - at);
      segments.push({
        block,
        at,
        offset: offset + done,
        buffers: sliceBuffers(buffers, done, part),
        length: part,
      });
      done += part;
    }
    return segments;
  }

  #readSegment(segment: Segment): Settling {
    const place = this.#table.offsetOf(segment.block);
    if (place < 0) return this.#readBelow(segment.offset, segment.buffers, segment.length);
    if (this.#bitmaps === undefined) {
      return this.#store.read(place + this.#bitmapBytes + segment.at, segment.buffers);
    }
    return after(this.#bitmaps.get(segment.block), (bitmap) => this.#readMixed(segment, place, bitmap));
  }

  /** From a block of a differencing image: its own sectors from the image, the others from the parent. */
  #readMixed(segment: Segment, place: number, bitmap: SectorBitmap): Settling {
    const start = segment.at / SECTOR_BYTES;
    const behind = (segment.at + segment.length) / SECTOR_BYTES;
    const runs: { sector: number; count: number; own: boolean }[] = [];
    for (let sector = start; sector < behind; ) {
      const end = bitmap.runEnd(sector, behind);
      runs.push({ sector, count: end - sector, own: bitmap.has(sector) });
      sector = end;
    }
    return settleAll(runs, ({ sector, count, own }) => {
      const length = count * SECTOR_BYTES;
      const done = (sector - start) * SECTOR_BYTES;
      const part = sliceBuffers(segment.buffers, done, length);
      if (own) return this.#store.read(place + this.#bitmapBytes + segment.at + done, part);
      return this.#readBelow(segment.offset + done, part, length);
    });
  }

  /** What is there without this image: the parent as far as it goes, zeros behind. */
  #readBelow(offset: number, into: Buffers, length: number): Settling {
    const parent = this.#parent;
    const known = parent === undefined ? 0 : Math.min(Math.max(parent.sizeBytes - offset, 0), length);
    if (known < length) fillBuffers(sliceBuffers(into, known, length - known), 0);
    if (known > 0) return parent?.read(offset, sliceBuffers(into, 0, known));
  }

  #writeSegment(segment: Segment): Settling {
    const place = this.#table.offsetOf(segment.block);
    if (place >= 0) return this.#writeAt(segment, place);
    return this.#allocator.place(segment.block).then((placed) => this.#writeAt(segment, placed));
  }

  #writeAt(segment: Segment, place: number): Settling {
    const written = this.#store.write(place + this.#bitmapBytes + segment.at, segment.buffers);
    return after(written, () => {
      const first = segment.at / SECTOR_BYTES;
      const behind = first + segment.length / SECTOR_BYTES;
      return after(this.#bitmaps?.markOwn(segment.block, first, behind), () => this.#commitIfMany());
    });
  }

  #commitIfMany(): void {
    if (this.#pending < MOST_PENDING) return;
    // A failure leaves the changes pending: the next flush meets it again and fails.
    this.#commit.run().catch((error: Error) => {
      warnings.report(`vhd/${this.uniqueId}`, 'changes could not be written down', { error: error.message });
    });
  }

  /** Data first, then what refers to it. */
  async #commitAll(): Promise<void> {
    const entries = this.#table.takePending();
    const bitmaps = this.#bitmaps?.takeDirty() ?? [];
    if (entries.length > 0 || bitmaps.length > 0) {
      let written = false;
      try {
        await this.#store.flush();
        await this.#bitmaps?.write(bitmaps);
        await this.#table.write(entries);
        written = true;
      } finally {
        this.#bitmaps?.done(bitmaps, written);
        if (!written) this.#table.giveBack(entries);
      }
    }
    await this.#store.flush();
  }
}
