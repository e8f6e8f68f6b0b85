/** VHD images as disks: what all have in common, and the fixed one. */

import { BaseDevice } from '../block/base-device.ts';
import type { BlockDevice, Buffers } from '../block/block-device.ts';
import type { Settling } from '../block/settle.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { VhdFooter } from './layout.ts';
import { formatUniqueId, SECTOR_BYTES } from './layout.ts';

/** The three kinds of VHD. */
export type VhdType = 'fixed' | 'dynamic' | 'differencing';

/** An open VHD. */
export interface VhdDisk extends BlockDevice {
  readonly type: VhdType;
  /** What differencing images know their parent by. */
  readonly uniqueId: string;
  /** The footer at the end of the image was missing or damaged, and the copy at the start was used. */
  readonly recovered: boolean;
}

/** The shape of a device over a VHD. */
export function vhdShape(footer: VhdFooter, readOnly: boolean) {
  return {
    sizeBytes: footer.currentSize,
    logicalBlockBytes: SECTOR_BYTES,
    physicalBlockBytes: SECTOR_BYTES,
    readOnly,
  };
}

/** Fixed hard disk image: the disk's bytes, then the footer. */
export class FixedVhdDisk extends BaseDevice implements VhdDisk {
  readonly type = 'fixed';
  readonly uniqueId: string;
  readonly recovered = false;
  protected readonly kind = 'vhd';
  readonly #store: ByteStore;

  /** Takes a checked footer of type fixed; the store belongs to the disk from now on. */
  constructor(store: ByteStore, footer: VhdFooter, readOnly: boolean) {
    super(vhdShape(footer, readOnly));
    this.uniqueId = formatUniqueId(footer.uniqueId);
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
    return { type: this.type, uniqueId: this.uniqueId, store: this.#store };
  }
}
