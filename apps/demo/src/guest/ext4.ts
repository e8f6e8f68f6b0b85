/** A partition of the guest's disk as an ext4 file system, read by libext2fs (package `ext2fs`). */

import { createHash } from 'node:crypto';
import type { Disk, Partition } from '@viridian/linux-guest';
import { type FileSystem, withMountedDisk } from 'ext2fs';

const READ_BYTES = 256 * 1024;

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
        const bytes = await readWhole(fs, path, entry.size);
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

// `readFile` of the package gives text, and so loses bytes that are none.
async function readWhole(fs: FileSystem, path: string, size: number): Promise<Uint8Array> {
  const file = await fs.open(path, 'r');
  try {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      const part = Buffer.alloc(Math.min(READ_BYTES, size - at));
      const { bytesRead } = await file.read(part, 0, part.byteLength, at);
      if (bytesRead <= 0) throw new Error(`${path} ends after ${at} of ${size} bytes`);
      bytes.set(part.subarray(0, bytesRead), at);
      at += bytesRead;
    }
    return bytes;
  } finally {
    file.close();
  }
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
