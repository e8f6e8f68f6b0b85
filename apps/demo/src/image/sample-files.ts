/** The files that the demo's disk carries, made from a seed so that every run knows their hashes. */

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One file of the demo's file system, by its path from the root. */
export interface SampleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

const WELCOME = `This file lies in an ext4 file system, in a partition, in a dynamic VHD.
A child partition reads it through VMBus: the storage client puts a SCSI READ on a ring in
shared memory, the storage provider in the parent takes it off and reads the image.
`;

/** Files of different sizes: text, empty, less than a block, megabytes. */
export function sampleFiles(): SampleFile[] {
  const text = new TextEncoder();
  return [
    sample('welcome.txt', text.encode(WELCOME)),
    sample('data/empty', new Uint8Array(0)),
    sample('data/small.bin', pseudoRandom(1, 1000)),
    sample('data/page.bin', pseudoRandom(2, 4096)),
    sample('data/large.bin', pseudoRandom(3, 5 * 1024 * 1024 + 123)),
  ];
}

/** Writes the files below `folder`. */
export async function writeSampleFiles(folder: string, files: readonly SampleFile[]): Promise<void> {
  for (const file of files) {
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.bytes);
  }
}

function sample(path: string, bytes: Uint8Array): SampleFile {
  return { path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** `length` bytes of a xorshift generator. */
export function pseudoRandom(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 0x9e3779b1) >>> 0 || 1;
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
