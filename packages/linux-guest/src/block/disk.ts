/** A disk of the kernel: blocks by number, partitions, and a request queue in front of the device. */

import type { CpuMemory } from '../cpu.ts';
import { PAGE_BYTES, type PageAllocator } from '../mm/page-allocator.ts';
import { type BlockReader, type Partition, scanPartitions } from './partitions.ts';
import { type DmaPages, type QueueCounters, type QueueDevice, RequestQueue } from './request-queue.ts';

/** What a driver says of a device that it found. */
export interface DiskDevice extends QueueDevice {
  readonly blockCount: number;
  readonly readOnly: boolean;
  /** The device keeps written data in a cache that a flush empties. */
  readonly writeCache: boolean;
  /** The device takes discards. */
  readonly thin: boolean;
  /** Vendor and product, for people. */
  readonly model: string;
}

/** Contiguous guest memory for transfers; free it with `Disk.freeBuffer`. */
export interface DmaBuffer {
  readonly firstGpn: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly pages: DmaPages;
}

/** One disk. Block numbers and counts are in units of `blockBytes`. */
export class Disk implements BlockReader {
  readonly name: string;
  readonly #device: DiskDevice;
  readonly #queue: RequestQueue;
  readonly #memory: CpuMemory;
  readonly #allocator: PageAllocator;
  #partitions: readonly Partition[] = [];

  constructor(name: string, device: DiskDevice, memory: CpuMemory, allocator: PageAllocator) {
    this.name = name;
    this.#device = device;
    this.#queue = new RequestQueue(device);
    this.#memory = memory;
    this.#allocator = allocator;
  }

  get blockBytes(): number {
    return this.#device.blockBytes;
  }

  get blockCount(): number {
    return this.#device.blockCount;
  }

  get sizeBytes(): number {
    return this.blockCount * this.blockBytes;
  }

  get readOnly(): boolean {
    return this.#device.readOnly;
  }

  get model(): string {
    return this.#device.model;
  }

  get writeCache(): boolean {
    return this.#device.writeCache;
  }

  /** Partitions as of the last scan. */
  get partitions(): readonly Partition[] {
    return this.#partitions;
  }

  /** What the request queue has done. */
  get counters(): Readonly<QueueCounters> {
    return this.#queue.counters;
  }

  /** Reads the partition table anew. */
  async rescanPartitions(): Promise<void> {
    this.#partitions = await scanPartitions(this);
  }

  /** Reads blocks into a private copy. */
  async readBlocks(lba: number, count: number): Promise<Uint8Array> {
    const buffer = this.allocateBuffer(count * this.blockBytes);
    try {
      await this.transfer('read', lba, count, buffer.pages);
      return buffer.bytes.slice(0, count * this.blockBytes);
    } finally {
      this.freeBuffer(buffer);
    }
  }

  /** Writes whole blocks from `bytes`. */
  async writeBlocks(lba: number, bytes: Uint8Array): Promise<void> {
    const count = bytes.byteLength / this.blockBytes;
    if (!Number.isInteger(count)) throw new RangeError(`${bytes.byteLength} bytes are not whole blocks`);
    const buffer = this.allocateBuffer(bytes.byteLength);
    try {
      buffer.bytes.set(bytes);
      await this.transfer('write', lba, count, buffer.pages);
    } finally {
      this.freeBuffer(buffer);
    }
  }

  /** Moves blocks between the disk and guest pages, without a copy. */
  transfer(operation: 'read' | 'write', lba: number, count: number, pages: DmaPages): Promise<void> {
    if (!(Number.isInteger(count) && count > 0 && lba >= 0 && lba + count <= this.blockCount)) {
      return Promise.reject(
        new RangeError(`${this.name}: blocks ${lba} to ${lba + count} are not on the disk`),
      );
    }
    if (operation === 'write' && this.readOnly) return Promise.reject(new Error(`${this.name} is read-only`));
    return this.#queue.transfer(operation, lba, count, pages);
  }

  /** Settles when all that was written before is on the medium. */
  async flush(): Promise<void> {
    if (this.writeCache) await this.#queue.command('flush');
  }

  /** Tells a thin device that these blocks hold nothing of value; does nothing on others. */
  async discard(lba: number, count: number): Promise<void> {
    if (this.#device.thin) await this.#queue.command('discard', lba, count);
  }

  /** Contiguous guest memory of at least `bytes` bytes. */
  allocateBuffer(bytes: number): DmaBuffer {
    const count = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
    const firstGpn = this.#allocator.allocate(count);
    return {
      firstGpn,
      bytes: this.#memory.view(firstGpn * PAGE_BYTES, count * PAGE_BYTES),
      pages: { gpns: Array.from({ length: count }, (_, index) => firstGpn + index), byteOffset: 0 },
    };
  }

  /** Gives a buffer back. */
  freeBuffer(buffer: DmaBuffer): void {
    this.#allocator.free(buffer.firstGpn);
  }
}
