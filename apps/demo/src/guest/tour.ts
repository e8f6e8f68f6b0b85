/** The demo's guest program: finds its disk, looks at it from partition table to file contents, then works it. */

import type { Disk, Kernel } from '@viridian/linux-guest';
import { type FoundFile, hashFiles } from '../image/file-hashes.ts';
import { GuestDiskSource } from './guest-disk-source.ts';
import { type OnProgress, runWorkload, type WorkloadResult } from './workload.ts';

/** What the guest found and did. */
export interface TourFindings {
  readonly disk: string;
  readonly files: readonly FoundFile[];
  readonly workload: readonly WorkloadResult[];
}

const MIB = 2 ** 20;
const LINUX_PARTITION = '0x83';

/** Runs in the guest. */
export async function tour(
  kernel: Kernel,
  hasFileSystem: boolean,
  onProgress: OnProgress,
): Promise<TourFindings> {
  const disk = kernel.block.disks[0];
  if (disk === undefined) throw new Error('no disk was found on the bus');
  describe(kernel, disk);
  const files = hasFileSystem ? await readFileSystem(kernel, disk) : [];
  const scratch = disk.partitions.find(({ type }) => type !== LINUX_PARTITION);
  if (scratch === undefined) throw new Error(`${disk.name} has no scratch partition`);
  const workload = await runWorkload(kernel, disk, scratch, onProgress);
  return { disk: `${disk.name}: ${disk.model}`, files, workload };
}

function describe(kernel: Kernel, disk: Disk): void {
  kernel.print(`init: ${disk.name} is ${disk.model}, ${Math.round(disk.sizeBytes / MIB)} MiB`);
  for (const partition of disk.partitions) {
    const mib = (partition.blocks * disk.blockBytes) / MIB;
    kernel.print(
      `init: ${disk.name}${partition.number} type ${partition.type} starts at block ${partition.firstLba}, ${mib} MiB`,
    );
  }
}

async function readFileSystem(kernel: Kernel, disk: Disk): Promise<FoundFile[]> {
  const partition = disk.partitions.find(({ type }) => type === LINUX_PARTITION);
  if (partition === undefined) throw new Error(`${disk.name} has no Linux partition`);
  const files = await hashFiles(new GuestDiskSource(disk), partition.firstLba * disk.blockBytes);
  kernel.print(`EXT4-fs (${disk.name}${partition.number}): read ${files.length} files`);
  for (const file of files) {
    kernel.print(`init: ${file.sha256.slice(0, 16)}… ${String(file.bytes ?? '').padStart(8)} ${file.path}`);
  }
  return files;
}
