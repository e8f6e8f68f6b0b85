/** VHDX images as disks. [MS-VHDX], Blocks and BAT; the order of writes follows its chapter Log. */

import { type InspectNode, warning } from '@viridian/trace';
import { GUID_ZERO } from '@viridian/wire';
import type { BlockDevice } from '../block/block-device.ts';
import { Coalesced } from '../block/coalesced.ts';
import { SectorBitmaps } from '../image/sector-bitmaps.ts';
import { BELOW, type Segment, SparseDisk, ZEROS } from '../image/sparse-disk.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { BlockAllocator } from './block-allocator.ts';
import type { BlockMap } from './block-map.ts';
import { readPart } from './corrupt.ts';
import type { Headers } from './headers.ts';
import { BITMAP_BLOCK_BYTES, BlockState, PAGE_BYTES, PAGE_SECTORS } from './layout.ts';
import { LogWriter } from './log-writer.ts';
import type { Metadata } from './metadata.ts';

/** The three kinds of VHDX. */
export type VhdxType = 'fixed' | 'dynamic' | 'differencing';

/** A checked image, ready to become a disk. */
export interface OpenedVhdx {
  readonly store: ByteStore;
  readonly headers: Headers;
  readonly metadata: Metadata;
  readonly map: BlockMap;
  /** What shows through where a differencing image has nothing of its own. */
  readonly parent: BlockDevice | undefined;
  readonly readOnly: boolean;
  /** The image was not closed, and its log was replayed. */
  readonly recovered: boolean;
}

const warnings = warning('drivers.vhdx');

// Past so many changes the disk no longer waits for a flush to write them down.
const MOST_PENDING = 64;
const PAGES_PER_BITMAP = BITMAP_BLOCK_BYTES / PAGE_BYTES;

/**
 * An open VHDX. Changes to the BAT and to sector bitmaps are gathered; flush, close and a number of them bring them to
 * disk through the log, after the data that they speak of.
 */
export class VhdxDisk extends SparseDisk {
  readonly type: VhdxType;
  readonly recovered: boolean;
  protected readonly kind = 'vhdx';
  protected readonly bitmaps: SectorBitmaps | undefined;
  readonly #headers: Headers;
  readonly #map: BlockMap;
  readonly #diskId: string;
  readonly #allocator: BlockAllocator;
  readonly #commit = new Coalesced(() => this.#commitAll());
  #beginning: Promise<void> | undefined;
  #log: LogWriter | undefined;

  constructor(image: OpenedVhdx) {
    const { store, metadata, map, parent } = image;
    const { sizeBytes, blockBytes, sectorBytes } = metadata.geometry;
    super({
      sizeBytes,
      logicalBlockBytes: sectorBytes,
      physicalBlockBytes: metadata.physicalSectorBytes,
      readOnly: image.readOnly,
      store,
      blockBytes,
      segmentBytes: Math.min(blockBytes, PAGE_SECTORS * sectorBytes),
      parent,
    });
    this.type = parent !== undefined ? 'differencing' : metadata.leaveBlocksAllocated ? 'fixed' : 'dynamic';
    this.recovered = image.recovered;
    this.#headers = image.headers;
    this.#map = map;
    this.#diskId = metadata.diskId;
    if (image.recovered)
      warnings.report(`vhdx/${this.#diskId}`, 'the image was not closed: its log was replayed');
    this.bitmaps = parent === undefined ? undefined : this.#bitmapCache();
    this.#allocator = new BlockAllocator({
      store,
      map,
      bitmaps: this.bitmaps,
      keyOf: (chunk, page) => chunk * PAGES_PER_BITMAP + page,
    });
  }

  /** What differencing images know their parent by: changes when the image is written to. */
  get uniqueId(): string {
    return this.#headers.current.dataWriteGuid;
  }

  protected override writeRange(...request: Parameters<SparseDisk['writeRange']>) {
    // The headers must say that the data are no longer the same before they are not.
    if (this.#log !== undefined) return super.writeRange(...request);
    return this.#begin().then(() => super.writeRange(...request));
  }

  protected flushAll(): Promise<void> {
    return this.#commit.run();
  }

  protected async release(): Promise<void> {
    try {
      if (this.#log !== undefined && this.#pending === 0) {
        await this.store.flush();
        await this.#headers.update({ logGuid: GUID_ZERO });
      }
    } finally {
      try {
        await this.store.close();
      } finally {
        await this.parent?.close();
      }
    }
  }

  protected override details(): InspectNode {
    return {
      type: this.type,
      uniqueId: this.uniqueId,
      diskId: this.#diskId,
      recovered: this.recovered,
      blockBytes: this.blockBytes,
      allocatedBytes: this.#map.allocated * this.blockBytes,
      pendingChanges: this.#pending,
      store: this.store,
      ...(this.parent === undefined ? {} : { parent: this.parent }),
    };
  }

  protected dataAt(segment: Segment): number {
    const state = this.#map.stateOf(segment.block);
    if (state >= BlockState.FULLY_PRESENT) return this.#map.offsetOf(segment.block) + segment.at;
    return state === BlockState.NOT_PRESENT ? BELOW : ZEROS;
  }

  protected async place(segment: Segment): Promise<number> {
    await this.#allocator.place(segment.block);
    return this.#map.offsetOf(segment.block) + segment.at;
  }

  protected bitmapKeyOf(segment: Segment): number {
    if (this.#map.stateOf(segment.block) !== BlockState.PARTIALLY_PRESENT) return -1;
    const chunk = Math.floor(segment.block / this.#map.geometry.chunkBlocks);
    return chunk * PAGES_PER_BITMAP + Math.floor(this.#sectorInChunk(segment) / PAGE_SECTORS);
  }

  protected firstSectorOf(segment: Segment): number {
    return this.#sectorInChunk(segment) % PAGE_SECTORS;
  }

  protected changed(): void {
    if (this.#pending < MOST_PENDING) return;
    // A failure leaves the changes pending: the next flush meets it again and fails.
    this.#commit.run().catch((error: Error) => {
      warnings.report(`vhdx/${this.#diskId}`, 'changes could not be written down', { error: error.message });
    });
  }

  get #pending(): number {
    return this.#map.pending + (this.bitmaps?.pending ?? 0);
  }

  #sectorInChunk(segment: Segment): number {
    const { chunkBlocks, blockBytes, sectorBytes } = this.#map.geometry;
    return ((segment.block % chunkBlocks) * blockBytes + segment.at) / sectorBytes;
  }

  #bitmapCache(): SectorBitmaps {
    return new SectorBitmaps({
      store: this.store,
      readPart,
      order: 'low-first',
      bitmapBytes: PAGE_BYTES,
      offsetOf: (key) => this.#pageOffset(key),
    });
  }

  #pageOffset(key: number): number {
    const chunk = Math.floor(key / PAGES_PER_BITMAP);
    return this.#map.bitmapOffsetOf(chunk) + (key % PAGES_PER_BITMAP) * PAGE_BYTES;
  }

  /** Before the first change: the log is in use, and who knew the image by its ids knows it no longer. */
  #begin(): Promise<void> {
    this.#beginning ??= this.#startLog().catch((error) => {
      this.#beginning = undefined;
      throw error;
    });
    return this.#beginning;
  }

  async #startLog(): Promise<void> {
    const { logOffset: offset, logLength: length } = this.#headers.current;
    const logGuid = crypto.randomUUID();
    const log = new LogWriter(this.store, { offset, length }, logGuid);
    await log.start();
    await this.#headers.update({
      fileWriteGuid: crypto.randomUUID(),
      dataWriteGuid: crypto.randomUUID(),
      logGuid,
    });
    this.#log = log;
  }

  /** Data first, then the log, then the tables themselves. */
  async #commitAll(): Promise<void> {
    const entries = this.#map.takePending();
    const bitmaps = this.bitmaps?.takeDirty() ?? [];
    if (this.#log === undefined || (entries.length === 0 && bitmaps.length === 0)) {
      return void (await this.store.flush());
    }
    let written = false;
    try {
      // Entries before bitmaps: bits of a block that is not there yet would be cleared when it comes.
      const tables = this.#map.pagesWith(entries);
      const pages = bitmaps.map(({ key, bits }) => ({ offset: this.#pageOffset(key), bytes: bits }));
      await this.#log.commit([...tables, ...pages]);
      written = true;
    } finally {
      this.bitmaps?.done(bitmaps, written);
      if (!written) this.#map.giveBack(entries);
    }
  }
}
