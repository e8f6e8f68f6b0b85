/** The files of an ext4 file system with their hashes, read by libext2fs (package `ext2fs`). */

import { createHash } from 'node:crypto';
import { type DiskSource, type FileSystem, withMountedDisk } from 'ext2fs';

const READ_BYTES = 256 * 1024;

/** One file that was found, with the hash of what was read. */
export interface FoundFile {
  readonly path: string;
  /** Absent where only the hash was told. */
  readonly bytes?: number;
  readonly sha256: string;
}

/** Reads every file of the file system at `offset` of a disk and hashes it, in order of path. */
export async function hashFiles(source: DiskSource, offset: number): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  await withMountedDisk(source, offset, async ({ promises: fs }) => {
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
