/** A block device as libext2fs wants it. */

import type { BlockDevice } from '@viridian/drivers';
import type { DiskSource } from 'ext2fs';

/** Bytes at any offset; the device stays its owner's, and its owner flushes it. */
export class DeviceSource implements DiskSource {
  readonly #device: BlockDevice;

  constructor(device: BlockDevice) {
    this.#device = device;
  }

  async read(buffer: Uint8Array, bufferOffset: number, length: number, offset: number): Promise<unknown> {
    const block = this.#device.logicalBlockBytes;
    const first = Math.floor(offset / block) * block;
    const bytes = new Uint8Array(Math.ceil((offset + length) / block) * block - first);
    await this.#device.read(first, [bytes]);
    buffer.set(bytes.subarray(offset - first, offset - first + length), bufferOffset);
    return { bytesRead: length, buffer };
  }

  /** Mounting marks the file system as in use. Nothing of that reaches the device. */
  async write(buffer: Uint8Array, _bufferOffset: number, length: number): Promise<unknown> {
    return { bytesWritten: length, buffer };
  }

  async discard(): Promise<void> {}

  async flush(): Promise<void> {}
}
