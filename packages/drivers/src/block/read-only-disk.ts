/** A disk that cannot be changed, over one that can. */

import { BaseDevice } from './base-device.ts';
import type { BlockDevice, Buffers } from './block-device.ts';
import type { Settling } from './settle.ts';

/** Lets reads through and refuses every change with kind 'read-only'. Closing it closes the disk below. */
export class ReadOnlyDisk extends BaseDevice {
  protected readonly kind = 'read-only';
  readonly #base: BlockDevice;

  constructor(base: BlockDevice) {
    super({
      sizeBytes: base.sizeBytes,
      logicalBlockBytes: base.logicalBlockBytes,
      physicalBlockBytes: base.physicalBlockBytes,
      readOnly: true,
    });
    this.#base = base;
  }

  protected readRange(offset: number, into: Buffers): Settling {
    return this.#base.read(offset, into);
  }

  /** Never reached: the base class refuses changes. */
  protected writeRange(): void {}

  protected flushAll(): void {}

  protected release(): Promise<void> {
    return this.#base.close();
  }

  protected override details() {
    return { base: this.#base };
  }
}
