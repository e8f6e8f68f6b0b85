/** Copy on write: a disk that reads through to another one and keeps every change to itself. */

import type { ByteStore } from '../store/byte-store.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { BaseDevice } from './base-device.ts';
import type { BlockDevice, Buffers } from './block-device.ts';
import { fillBuffers, sliceBuffers } from './buffers.ts';
import { ABSENT, GranuleMap, PRESENT, ZERO } from './granule-map.ts';
import { RangeLock } from './range-lock.ts';
import { after, type Settling, settleAll } from './settle.ts';

/** How an overlay keeps its changes. */
export interface OverlayOptions {
  /** The unit that is copied: a power of two, at least the base's logical block; 4096 unless told. */
  readonly granuleBytes?: number;
  /**
   * Where the changes go: an empty store, to which granules are written at their own offsets, so a sparse file does. It
   * is scratch: which granules count is known in memory alone. In memory unless told.
   */
  readonly delta?: ByteStore;
  /** Leaves the base open when the overlay is closed, for a base under several overlays. */
  readonly keepBaseOpen?: boolean;
}

interface Run {
  readonly offset: number;
  readonly length: number;
  readonly state: number;
}

/** A changeable disk over a base that is never written. */
export class OverlayDisk extends BaseDevice {
  protected readonly kind = 'overlay';
  readonly #base: BlockDevice;
  readonly #delta: ByteStore;
  readonly #keepBaseOpen: boolean;
  readonly #granuleBytes: number;
  readonly #map = new GranuleMap();
  // Whoever makes a granule present or zero holds it here. A granule that is present is written without the lock:
  // nobody copies it from elsewhere any more.
  readonly #changing = new RangeLock();

  constructor(base: BlockDevice, options: OverlayOptions = {}) {
    const { granuleBytes = 4096 } = options;
    if (granuleBytes < base.logicalBlockBytes || !Number.isInteger(Math.log2(granuleBytes))) {
      throw new Error(`${granuleBytes} bytes make no granule over blocks of ${base.logicalBlockBytes}`);
    }
    super({
      sizeBytes: base.sizeBytes,
      logicalBlockBytes: base.logicalBlockBytes,
      physicalBlockBytes: granuleBytes,
      readOnly: false,
    });
    this.#base = base;
    this.#delta = options.delta ?? new MemoryStore(undefined, { chunkBytes: granuleBytes });
    this.#keepBaseOpen = options.keepBaseOpen === true;
    this.#granuleBytes = granuleBytes;
  }

  /** Bytes that differ from the base by having been written, in whole granules. */
  get allocatedBytes(): number {
    return this.#map.present * this.#granuleBytes;
  }

  protected readRange(offset: number, into: Buffers, length: number): Settling {
    return settleAll(this.#runs(offset, length), (run) => {
      const part = sliceBuffers(into, run.offset - offset, run.length);
      if (run.state === PRESENT) return this.#delta.read(run.offset, part);
      if (run.state === ABSENT) return this.#base.read(run.offset, part);
      fillBuffers(part, 0);
    });
  }

  protected writeRange(offset: number, from: Buffers, length: number): Settling {
    const { first, behind } = this.#granules(offset, length);
    if (this.#map.get(first) === PRESENT && this.#map.runEnd(first, behind) === behind) {
      return this.#delta.write(offset, from);
    }
    return this.#changing.run(first, behind, () => this.#copyAndWrite(offset, from, length));
  }

  /** Whole granules become zero without taking space; at the edges zeros are written. */
  discard(offset: number, lengthBytes: number): Settling {
    return this.discardChecked(offset, lengthBytes, () => {
      const { first, behind } = this.#granules(offset, lengthBytes);
      return this.#changing.run(first, behind, () => this.#discardHeld(offset, lengthBytes));
    });
  }

  protected flushAll(): Settling {
    return this.#delta.flush();
  }

  protected async release(): Promise<void> {
    await this.#delta.close();
    if (!this.#keepBaseOpen) await this.#base.close();
  }

  protected override details() {
    return {
      granuleBytes: this.#granuleBytes,
      allocatedBytes: this.allocatedBytes,
      delta: this.#delta,
      base: this.#base,
    };
  }

  #granules(offset: number, length: number): { first: number; behind: number } {
    return {
      first: Math.floor(offset / this.#granuleBytes),
      behind: Math.ceil((offset + length) / this.#granuleBytes),
    };
  }

  /** The range cut where the state changes. */
  #runs(offset: number, length: number): Run[] {
    const end = offset + length;
    const { first, behind } = this.#granules(offset, length);
    const runs: Run[] = [];
    for (let granule = first, at = offset; granule < behind; ) {
      const state = this.#map.get(granule);
      granule = this.#map.runEnd(granule, behind);
      const to = Math.min(end, granule * this.#granuleBytes);
      runs.push({ offset: at, length: to - at, state });
      at = to;
    }
    return runs;
  }

  /** With the granules held: widens the write to whole granules where they are not in the delta yet. */
  #copyAndWrite(offset: number, from: Buffers, length: number): Settling {
    const { first, behind } = this.#granules(offset, length);
    const end = offset + length;
    const start = this.#map.get(first) === PRESENT ? offset : first * this.#granuleBytes;
    const lastEnd = Math.min(behind * this.#granuleBytes, this.sizeBytes);
    const stop = this.#map.get(behind - 1) === PRESENT ? end : lastEnd;
    const head = new Uint8Array(offset - start);
    const tail = new Uint8Array(stop - end);
    const filled = settleAll(
      [
        { at: start, bytes: head, granule: first },
        { at: end, bytes: tail, granule: behind - 1 },
      ],
      ({ at, bytes, granule }) => {
        if (bytes.length > 0 && this.#map.get(granule) === ABSENT) return this.#base.read(at, [bytes]);
      },
    );
    const all = [head, ...from, tail].filter((part) => part.length > 0);
    return after(
      after(filled, () => this.#delta.write(start, all)),
      () => this.#map.set(first, behind, PRESENT),
    );
  }

  #discardHeld(offset: number, length: number): Settling {
    const end = offset + length;
    const granule = this.#granuleBytes;
    const first = Math.ceil(offset / granule);
    const behind = end === this.sizeBytes ? Math.ceil(end / granule) : Math.floor(end / granule);
    const whole = behind > first;
    const headEnd = Math.min(end, first * granule);
    const tailStart = whole ? Math.min(end, behind * granule) : headEnd;
    const stored = Math.min(tailStart, this.#delta.sizeBytes) - first * granule;
    if (whole) this.#map.set(first, behind, ZERO);
    const freed = whole && stored > 0 ? this.#delta.discard?.(first * granule, stored) : undefined;
    const edges = [
      { at: offset, bytes: headEnd - offset },
      { at: tailStart, bytes: end - tailStart },
    ].filter((edge) => edge.bytes > 0);
    return after(freed, () =>
      settleAll(edges, (edge) => this.#copyAndWrite(edge.at, [new Uint8Array(edge.bytes)], edge.bytes)),
    );
  }
}
