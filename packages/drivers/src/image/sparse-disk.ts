/** Disks over blocks that exist once they are written to, with a parent or zeros below: what VHD and VHDX have in common. */

import { BaseDevice, type DeviceShape } from '../block/base-device.ts';
import type { BlockDevice, Buffers } from '../block/block-device.ts';
import { fillBuffers, sliceBuffers } from '../block/buffers.ts';
import { after, type Settling, settleAll } from '../block/settle.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { SectorBitmap, SectorBitmaps } from './sector-bitmaps.ts';

/** The part of a request that lies in one segment: a block, or the part of it that one bitmap speaks of. */
export interface Segment {
  readonly block: number;
  /** Byte offset in the block. */
  readonly at: number;
  /** Byte offset on the disk. */
  readonly offset: number;
  readonly buffers: Buffers;
  readonly length: number;
}

/** `dataAt` of a segment whose block has no place: what is below shows. */
export const BELOW = -1;
/** `dataAt` of a segment that reads as zeros, whatever is below. */
export const ZEROS = -2;

/** What the subclass is built of. */
export interface SparseShape extends DeviceShape {
  readonly store: ByteStore;
  readonly blockBytes: number;
  /** A divisor of `blockBytes`: no segment crosses its multiples. */
  readonly segmentBytes: number;
  /** What shows through where a differencing image has nothing of its own. */
  readonly parent: BlockDevice | undefined;
}

/** Splits requests into segments and sends each where its bytes are; places, bitmaps and their safety are the format's. */
export abstract class SparseDisk extends BaseDevice {
  protected readonly store: ByteStore;
  protected readonly parent: BlockDevice | undefined;
  protected readonly blockBytes: number;
  readonly #segmentBytes: number;

  constructor(shape: SparseShape) {
    super(shape);
    this.store = shape.store;
    this.parent = shape.parent;
    this.blockBytes = shape.blockBytes;
    this.#segmentBytes = shape.segmentBytes;
  }

  /** Where the segment's bytes lie in the store, or `BELOW` or `ZEROS`. */
  protected abstract dataAt(segment: Segment): number;
  /** Gives the segment's block a place and says where the segment's bytes then lie. */
  protected abstract place(segment: Segment): Promise<number>;
  /** Which bitmap speaks of the segment; -1 when all of its sectors are the image's own. */
  protected abstract bitmapKeyOf(segment: Segment): number;
  /** The first sector of the segment in that bitmap. */
  protected abstract firstSectorOf(segment: Segment): number;
  /** Of differencing images. */
  protected abstract readonly bitmaps: SectorBitmaps | undefined;
  /** Called after a write, when what speaks of it is marked. */
  protected abstract changed(): void;

  protected readRange(offset: number, into: Buffers, length: number): Settling {
    return settleAll(this.#segments(offset, into, length), (segment) => this.#readSegment(segment));
  }

  protected writeRange(offset: number, from: Buffers, length: number): Settling {
    return settleAll(this.#segments(offset, from, length), (segment) => this.#writeSegment(segment));
  }

  #segments(offset: number, buffers: Buffers, length: number): Segment[] {
    const segments: Segment[] = [];
    for (let done = 0; done < length; ) {
      const block = Math.floor((offset + done) / this.blockBytes);
      const at = offset + done - block * this.blockBytes;
      const part = Math.min(length - done, this.#segmentBytes - (at % this.#segmentBytes));
      const pieces = sliceBuffers(buffers, done, part);
      segments.push({ block, at, offset: offset + done, buffers: pieces, length: part });
      done += part;
    }
    return segments;
  }

  #readSegment(segment: Segment): Settling {
    const place = this.dataAt(segment);
    if (place === ZEROS) return fillBuffers(segment.buffers, 0);
    if (place === BELOW) return this.#readBelow(segment.offset, segment.buffers, segment.length);
    const key = this.bitmaps === undefined ? -1 : this.bitmapKeyOf(segment);
    if (this.bitmaps === undefined || key < 0) return this.store.read(place, segment.buffers);
    return after(this.bitmaps.get(key), (bitmap) => this.#readMixed(segment, place, bitmap));
  }

  /** From a block of a differencing image: its own sectors from the image, the others from the parent. */
  #readMixed(segment: Segment, place: number, bitmap: SectorBitmap): Settling {
    const sectorBytes = this.logicalBlockBytes;
    const start = this.firstSectorOf(segment);
    const behind = start + segment.length / sectorBytes;
    const runs: { sector: number; count: number; own: boolean }[] = [];
    for (let sector = start; sector < behind; ) {
      const end = bitmap.runEnd(sector, behind);
      runs.push({ sector, count: end - sector, own: bitmap.has(sector) });
      sector = end;
    }
    return settleAll(runs, ({ sector, count, own }) => {
      const length = count * sectorBytes;
      const done = (sector - start) * sectorBytes;
      const part = sliceBuffers(segment.buffers, done, length);
      if (own) return this.store.read(place + done, part);
      return this.#readBelow(segment.offset + done, part, length);
    });
  }

  /** What is there without this image: the parent as far as it goes, zeros behind. */
  #readBelow(offset: number, into: Buffers, length: number): Settling {
    const { parent } = this;
    const known = parent === undefined ? 0 : Math.min(Math.max(parent.sizeBytes - offset, 0), length);
    if (known < length) fillBuffers(sliceBuffers(into, known, length - known), 0);
    if (known > 0) return parent?.read(offset, sliceBuffers(into, 0, known));
  }

  #writeSegment(segment: Segment): Settling {
    const place = this.dataAt(segment);
    if (place >= 0) return this.#writeAt(segment, place);
    return this.place(segment).then((placed) => this.#writeAt(segment, placed));
  }

  #writeAt(segment: Segment, place: number): Settling {
    return after(this.store.write(place, segment.buffers), () =>
      after(this.#markOwn(segment), () => this.changed()),
    );
  }

  #markOwn(segment: Segment): Settling {
    const key = this.bitmaps === undefined ? -1 : this.bitmapKeyOf(segment);
    if (key < 0) return;
    const first = this.firstSectorOf(segment);
    return this.bitmaps?.mark(key, first, first + segment.length / this.logicalBlockBytes, true);
  }
}
