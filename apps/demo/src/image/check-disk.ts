/** What the host finds on the demo's disk afterwards: the guest's files, and the file system's own consistency. */

import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openImage } from '@viridian/drivers/node';
import type { DemoFindings } from '../demo/demo-outcome.ts';
import { DeviceSource } from './device-source.ts';
import { type DemoImage, FILE_SYSTEM_OFFSET } from './disk-image.ts';
import { type FoundFile, hashFiles } from './file-hashes.ts';
import { findTool } from './system-tools.ts';

const CHUNK_BYTES = 2 ** 20;

/** What was compared. */
export interface DiskCheck {
  /** What agreed, for people. */
  readonly agreed: readonly string[];
  /** What did not; empty when all is well. */
  readonly problems: readonly string[];
}

/** Compares the guest's findings with the host's. The image is closed by then. */
export async function checkDisk(
  image: DemoImage,
  folder: string,
  findings: DemoFindings,
  onStep: (step: string) => void,
): Promise<DiskCheck> {
  const agreed: string[] = [];
  const problems: string[] = [];
  const compare = (who: string, whose: string, wanted: readonly Hashed[], found: readonly Hashed[]): void => {
    const wrong = wanted.filter(
      ({ path, sha256 }) => found.find((file) => file.path === path)?.sha256 !== sha256,
    );
    problems.push(...wrong.map(({ path }) => `${path}: ${who} does not read what ${whose} wrote`));
    if (wrong.length === 0 && wanted.length > 0)
      agreed.push(`${who} reads ${wanted.length} files with the hashes of ${whose}`);
  };
  compare('the guest', 'the host', image.files, findings.files);
  if (findings.written.length > 0) {
    onStep("reading the guest's files on the host");
    compare('the host', 'the guest', findings.written, await filesOf(image));
    await checkFileSystem(image, folder, agreed, problems);
  }
  return { agreed, problems };
}

type Hashed = Pick<FoundFile, 'path' | 'sha256'>;

async function filesOf(image: DemoImage): Promise<FoundFile[]> {
  const device = await openImage(image.path, { format: 'vhd', readOnly: true });
  try {
    return await hashFiles(new DeviceSource(device), FILE_SYSTEM_OFFSET);
  } finally {
    await device.close();
  }
}

/** e2fsck on a raw copy, where the host has the tool. */
async function checkFileSystem(
  image: DemoImage,
  folder: string,
  agreed: string[],
  problems: string[],
): Promise<void> {
  const tool = await findTool('e2fsck');
  if (tool === undefined) return;
  const raw = join(folder, 'check.raw');
  await copyToRaw(image, raw);
  try {
    await promisify(execFile)(tool, ['-fn', `${raw}?offset=${FILE_SYSTEM_OFFSET}`]);
    agreed.push('e2fsck finds the file system clean');
  } catch (error) {
    const { stdout = '', message } = error as { stdout?: string; message: string };
    problems.push(`e2fsck: ${stdout.trim() || message}`);
  } finally {
    await rm(raw, { force: true });
  }
}

async function copyToRaw(image: DemoImage, path: string): Promise<void> {
  const device = await openImage(image.path, { format: 'vhd', readOnly: true });
  const file = await open(path, 'w');
  try {
    await file.truncate(device.sizeBytes);
    for (let offset = 0; offset < device.sizeBytes; offset += CHUNK_BYTES) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, device.sizeBytes - offset));
      await device.read(offset, [chunk]);
      if (chunk.some((byte) => byte !== 0)) await file.write(chunk, 0, chunk.length, offset);
    }
  } finally {
    await file.close();
    await device.close();
  }
}
