/** A partition of the guest's disk as an ext4 file system, read by libext2fs (package `ext2fs`). */

import { createHash } from 'node:crypto';
import type { Disk, Partition } from '@viridian/linux-guest';
import { withMountedDisk } from 'ext2fs';

/** One file that was found, with the hash of what was read. */
export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads every file of the file system and hashes it, in order of path. */
export async function hashFiles(disk: Disk, partition: Partition): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const source = new PartitionSource(disk);
  await withMountedDisk(source, partition.firstLba * disk.blockBytes, async ({ promises: fs }) => {
    const walk = async (folder: string): Promise<void> => {
      const names = (await fs.readdir(folder)).filter((name) => name !== 'lost+found').sort();
      for (const name of names) {
        const path = `${folder === '/' ? '' : folder}/${name}`;
        const entry = await fs.stat(path);
        if (entry.isDirectory()) {
          await walk(path);
          continue;
        }
        // The package gives text only; latin1 keeps every byte.
        const bytes = Buffer.from(await fs.readFile(path, { encoding: 'latin1' }), 'latin1');
        found.push({
          path: path.slice(1),
          bytes: bytes.byteLength,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        });
      }
    };
    await walk('/');
  });
  return found;
}

/** What libext2fs wants of a disk: bytes at any offset. It mounts read-only in effect: nothing here writes files. */
class PartitionSource {
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
