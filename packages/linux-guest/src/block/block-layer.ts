/** The disks of a kernel, by name. */

import type { StorageDvd } from '@viridian/vsc/storage';
import type { CpuMemory } from '../cpu.ts';
import type { PageAllocator } from '../mm/page-allocator.ts';
import { Disk, type DiskDevice } from './disk.ts';

/** A DVD drive as its driver gives it: discs are read by block, and come and go. */
export type DvdDrive = StorageDvd;

const BYTES_PER_MIB = 2 ** 20;

/** What the block layer needs of its kernel. */
export interface BlockLayerKernel {
  readonly cpuMemory: CpuMemory;
  readonly pages: PageAllocator;
  print(text: string): void;
}

/** All disks and DVD drives. */
export class BlockLayer {
  readonly #kernel: BlockLayerKernel;
  readonly #disks = new Map<string, Disk>();
  readonly #drives = new Map<string, DvdDrive>();

  constructor(kernel: BlockLayerKernel) {
    this.#kernel = kernel;
  }

  /** Disks in order of their names. */
  get disks(): readonly Disk[] {
    return Array.from(this.#disks.values()).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A disk by name, e.g. `sda`. */
  disk(name: string): Disk | undefined {
    return this.#disks.get(name);
  }

  /** Adds a disk under the next free name and reads its partition table. */
  async add(device: DiskDevice): Promise<Disk> {
    const name = this.#freeName();
    const disk = new Disk(name, device, this.#kernel.cpuMemory, this.#kernel.pages);
    this.#disks.set(name, disk);
    const mib = Math.round((disk.sizeBytes / BYTES_PER_MIB) * 10) / 10;
    this.#kernel.print(
      `sd: [${name}] ${disk.blockCount} ${disk.blockBytes}-byte logical blocks: (${mib} MiB)`,
    );
    this.#kernel.print(`sd: [${name}] ${describeAccess(device)}`);
    try {
      await disk.rescanPartitions();
      this.#kernel.print(` ${name}: ${disk.partitions.map(({ number }) => `${name}${number}`).join(' ')}`);
    } catch (error) {
      this.#kernel.print(`sd: [${name}] reading the partition table failed: ${String(error)}`);
    }
    return disk;
  }

  /** DVD drives in order of their names. */
  get drives(): readonly DvdDrive[] {
    return Array.from(this.#drives.values());
  }

  /** A DVD drive by name, e.g. `sr0`. */
  drive(name: string): DvdDrive | undefined {
    return this.#drives.get(name);
  }

  /** Adds a drive under the next free name. */
  addDrive(drive: DvdDrive): void {
    let index = 0;
    while (this.#drives.has(`sr${index}`)) index += 1;
    this.#drives.set(`sr${index}`, drive);
    this.#kernel.print(`sr ${index}: [sr${index}] DVD drive`);
  }

  /** Takes a drive away. */
  removeDrive(drive: DvdDrive): void {
    for (const [name, known] of this.#drives) {
      if (known === drive && this.#drives.delete(name)) this.#kernel.print(`sr: [${name}] removed`);
    }
  }

  /** Takes a disk away. */
  remove(disk: Disk): void {
    if (this.#disks.delete(disk.name)) this.#kernel.print(`sd: [${disk.name}] removed`);
  }

  #freeName(): string {
    for (let index = 0; ; index += 1) {
      const name = diskName(index);
      if (!this.#disks.has(name)) return name;
    }
  }
}

/** `sda` to `sdz`, then `sdaa` and so on. */
export function diskName(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? `sd${letter}` : `${diskName(Math.floor(index / 26) - 1)}${letter}`;
}

function describeAccess(device: DiskDevice): string {
  const protect = device.readOnly ? 'on' : 'off';
  return `Write Protect is ${protect}, write cache: ${device.writeCache ? 'enabled' : 'disabled'}`;
}
