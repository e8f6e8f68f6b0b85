/** A disk in memory: every request completes before the call returns. */

import { BaseDevice } from './base-device.ts';
import type { Buffers } from './block-device.ts';
import { copyFromBuffers, copyIntoBuffers } from './buffers.ts';

/** How a memory disk looks to its user. */
export interface MemoryDiskOptions {
  /** 512 (default) or 4096. */
  readonly logicalBlockBytes?: number;
  readonly readOnly?: boolean;
}

/** A disk over private or shared bytes. What it holds is gone with it: flushing does nothing. */
export class MemoryDisk extends BaseDevice {
  protected readonly kind = 'memory';
  readonly #bytes: Uint8Array;

  /** Takes a size, for a disk of zeros, or the bytes themselves, which it reads and writes in place. */
  constructor(content: number | Uint8Array, options: MemoryDiskOptions = {}) {
    const { logicalBlockBytes = 512, readOnly = false } = options;
    const sizeBytes = typeof content === 'number' ? content : content.length;
    super({ sizeBytes, logicalBlockBytes, physicalBlockBytes: logicalBlockBytes, readOnly });
    this.#bytes = typeof content === 'number' ? new Uint8Array(content) : content;
  }

  protected readRange(offset: number, into: Buffers): void {
    copyIntoBuffers(this.#bytes, offset, into);
  }

  protected writeRange(offset: number, from: Buffers): void {
    copyFromBuffers(from, this.#bytes, offset);
  }

  protected flushAll(): void {}

  protected release(): void {}
}
