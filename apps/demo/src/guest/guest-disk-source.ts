/** A disk of the TypeScript guest as libext2fs wants it. It mounts read-only in effect: nothing here writes files. */

import type { Disk } from '@viridian/linux-guest';
import type { DiskSource } from 'ext2fs';

/** Bytes at any offset. */
export class GuestDiskSource implements DiskSource {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async read(buffer: Uint8Array, bufferOffset: number, length: number, offset: number): Promise<unknown> {
    const block = this.#disk.blockBytes;
    const first = Math.floor(offset / block);
    const last = Math.ceil((offset + length) / block);
    const bytes = await this.#disk.readBlocks(first, last - first);
    buffer.set(bytes.subarray(offset - first * block, offset - first * block + length), bufferOffset);
    return { bytesRead: length, buffer };
  }

  async write(buffer: Uint8Array, bufferOffset: number, length: number, offset: number): Promise<unknown> {
    const block = this.#disk.blockBytes;
    if (offset % block !== 0 || length % block !== 0)
      throw new Error('the file system wrote part of a block');
    await this.#disk.writeBlocks(offset / block, buffer.subarray(bufferOffset, bufferOffset + length));
    return { bytesWritten: length, buffer };
  }

  async discard(): Promise<void> {}

  async flush(): Promise<void> {
    await this.#disk.flush();
  }
}
