/**
 * Makes the demo's disk: a dynamic VHD with a partition table, an ext4 file system with known files, and a second
 * partition without a file system for the I/O workload.
 *
 * The file system is made by the system's own mke2fs, which needs no root and fills it from a folder. Where the tool
 * is missing the first partition stays empty, and the demo says so.
 */

import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createVhdFile, openImage } from '@viridian/drivers/node';
import { type SampleFile, sampleFiles, writeSampleFiles } from './sample-files.ts';
import { findTool } from './system-tools.ts';

const SECTOR_BYTES = 512;
const MIB = 1024 * 1024;

/** Where the first partition, with the file system, begins. */
export const FILE_SYSTEM_OFFSET = MIB;

/** What was made. */
export interface DemoImage {
  readonly path: string;
  readonly sizeBytes: number;
  /** Files of the file system; empty where no tool could make one. */
  readonly files: readonly SampleFile[];
  /** Why there is no file system, if there is none. */
  readonly note: string | undefined;
}

/** Sizes in MiB. Each partition starts at a whole MiB. */
export interface ImageLayout {
  readonly fileSystemMiB: number;
  readonly scratchMiB: number;
}

/** Makes the image in `folder`, replacing an older one. `onStep` hears what is being done. */
export async function makeDemoImage(
  folder: string,
  layout: ImageLayout,
  onStep: (step: string) => void,
): Promise<DemoImage> {
  await mkdir(folder, { recursive: true });
  const raw = join(folder, 'disk.raw');
  const path = join(folder, 'disk.vhd');
  const sizeBytes = (1 + layout.fileSystemMiB + layout.scratchMiB) * MIB;
  await writePartitionTable(raw, layout, sizeBytes);
  const tool = await findTool('mke2fs');
  const files = tool === undefined ? [] : sampleFiles();
  if (tool !== undefined) {
    onStep('making an ext4 file system with mke2fs');
    await makeFileSystem(tool, folder, raw, layout, files);
  }
  onStep('writing the dynamic VHD');
  await rm(path, { force: true });
  await copyToVhd(raw, path, sizeBytes);
  await rm(raw);
  const note =
    tool === undefined
      ? 'mke2fs was not found (Debian package e2fsprogs): the first partition is empty'
      : undefined;
  return { path, sizeBytes, files, note };
}

async function writePartitionTable(path: string, layout: ImageLayout, sizeBytes: number): Promise<void> {
  const sector = Buffer.alloc(SECTOR_BYTES);
  const partition = (index: number, type: number, startMiB: number, lengthMiB: number): void => {
    const at = 446 + index * 16;
    // CHS fields at their limit mean: look at the block numbers.
    sector.set([0, 0xfe, 0xff, 0xff, type, 0xfe, 0xff, 0xff], at);
    sector.writeUInt32LE((startMiB * MIB) / SECTOR_BYTES, at + 8);
    sector.writeUInt32LE((lengthMiB * MIB) / SECTOR_BYTES, at + 12);
  };
  partition(0, 0x83, 1, layout.fileSystemMiB);
  partition(1, 0xda, 1 + layout.fileSystemMiB, layout.scratchMiB);
  sector.writeUInt16LE(0xaa55, 510);
  const file = await open(path, 'w');
  try {
    await file.write(sector, 0, SECTOR_BYTES, 0);
    await file.truncate(sizeBytes);
  } finally {
    await file.close();
  }
}

async function makeFileSystem(
  tool: string,
  folder: string,
  raw: string,
  layout: ImageLayout,
  files: readonly SampleFile[],
): Promise<void> {
  const root = join(folder, 'root');
  await rm(root, { recursive: true, force: true });
  await writeSampleFiles(root, files);
  const options = [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-L',
    'viridian',
    '-d',
    root,
    '-E',
    `offset=${FILE_SYSTEM_OFFSET}`,
  ];
  await promisify(execFile)(tool, [...options, raw, `${layout.fileSystemMiB * 1024}k`]);
  await rm(root, { recursive: true });
}

async function copyToVhd(raw: string, path: string, sizeBytes: number): Promise<void> {
  await createVhdFile(path, { sizeBytes, type: 'dynamic' });
  const image = await openImage(path, {});
  const source = await open(raw, 'r');
  try {
    const chunk = Buffer.alloc(MIB);
    for (let offset = 0; offset < sizeBytes; offset += MIB) {
      const { bytesRead } = await source.read(chunk, 0, MIB, offset);
      const part = chunk.subarray(0, bytesRead);
      // What is zero stays unallocated: that is what a dynamic image is for.
      if (part.some((byte) => byte !== 0)) await image.write(offset, [part]);
    }
    await image.flush();
  } finally {
    await source.close();
    await image.close();
  }
}
