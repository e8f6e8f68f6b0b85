/** QEMU's image tools, and content that shows every mistake. */

import { execFileSync } from 'node:child_process';
import { openImage } from '../../src/node/index.ts';
import { seeded } from './slow-store.ts';

export function qemu(tool: 'qemu-img' | 'qemu-io', ...args: string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', stdio: 'pipe' });
}

export function hasQemu(): boolean {
  try {
    qemu('qemu-img', '--version');
    return true;
  } catch {
    console.warn('NOT TESTED: exchange of images with QEMU. qemu-img is missing; install qemu-utils.');
    return false;
  }
}

/** Writes random runs to the disk and to `expected`. */
export async function scribble(path: string, expected: Uint8Array, seed: number): Promise<void> {
  const disk = await openImage(path);
  const random = seeded(seed);
  const writes: (void | Promise<void>)[] = [];
  for (let run = 0; run < 24; run++) {
    const sectors = 1 + random(200);
    const at = random(disk.sizeBytes / 512 - sectors) * 512;
    expected.fill(1 + random(255), at, at + sectors * 512);
    await Promise.all(writes);
    writes.push(disk.write(at, [expected.slice(at, at + sectors * 512)]));
  }
  const last = disk.sizeBytes - 512;
  expected.fill(0xee, last);
  writes.push(disk.write(last, [expected.slice(last)]));
  await Promise.all(writes);
  await disk.close();
}
