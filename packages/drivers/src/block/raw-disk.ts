/** A raw image: the bytes of a store are the bytes of the disk. */

import type { ByteStore } from '../store/byte-store.ts';
import { BaseDevice } from './base-device.ts';
import type { Buffers } from './block-device.ts';
import type { Settling } from './settle.ts';

/** How a raw image looks to its user. */
export interface RawDiskOptions {
  /** 512 (default) or 4096. */
  readonly logicalBlockBytes?: number;
  /** 4096 unless told: what file systems and media of today like. */
  readonly physicalBlockBytes?: number;
  /** Set when the store could be written but this disk must not. */
  readonly readOnly?: boolean;
}

/**
 * A store as a disk of fixed size. Only whole blocks belong to the disk: a shorter rest at the end of the store stays
 * out of reach, as it does with a loop device. Closing it closes the store.
 */
export class RawDisk extends BaseDevice {
  protected readonly kind = 'raw';
  readonly #store: ByteStore;

  constructor(store: ByteStore, options: RawDiskOptions = {}) {
    const { logicalBlockBytes = 512, physicalBlockBytes = 4096 } = options;
    super({
      sizeBytes: store.sizeBytes - (store.sizeBytes % logicalBlockBytes),
      logicalBlockBytes,
      physicalBlockBytes,
      readOnly: store.readOnly || options.readOnly === true,
    });
    this.#store = store;
  }

  protected readRange(offset: number, into: Buffers): Settling {
    return this.#store.read(offset, into);
  }

  protected writeRange(offset: number, from: Buffers): Settling {
    return this.#store.write(offset, from);
  }

  protected flushAll(): Settling {
    return this.#store.flush();
  }

  protected release(): Promise<void> {
    return this.#store.close();
  }

  protected override details() {
    return { store: this.#store };
  }
}
