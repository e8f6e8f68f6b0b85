/** Binds storage adapters of the bus to the block layer: each disk that the adapter finds becomes a disk of the kernel. */

import { InterfaceId } from '@viridian/protocols/vmbus';
import type { ChannelOffer, GuestBus } from '@viridian/vmbus/guest';
import type { BusClock, Channel } from '@viridian/vmbus/ring';
import { type DmaAllocator, openStorvsc, type StorageDisk, type Storvsc } from '@viridian/vsc/storage';
import type { BoundDevice, VmbusDevice, VmbusDriver } from '../vmbus/driver-model.ts';
import type { BlockLayer } from './block-layer.ts';
import type { Disk, DiskDevice } from './disk.ts';
import type { DeviceRequest } from './request-queue.ts';

/** Pages of each direction's ring, as Linux has them. */
const RING_PAGES = 32;
/** Commands in flight for one disk. */
const QUEUE_DEPTH = 128;

/** What the driver needs of its kernel. */
export interface StorvscKernel {
  readonly bus: GuestBus;
  readonly block: BlockLayer;
  readonly dma: DmaAllocator;
  readonly busClock: BusClock;
  readonly processorCount: number;
  print(text: string): void;
}

/** The driver `hv_storvsc`. */
export function storvscDriver(kernel: StorvscKernel): VmbusDriver {
  return {
    name: 'hv_storvsc',
    interfaceIds: [InterfaceId.SCSI, InterfaceId.IDE],
    probe: (device) => Adapter.probe(kernel, device),
  };
}

/** One adapter with its disks. */
class Adapter implements BoundDevice {
  readonly #kernel: StorvscKernel;
  readonly #name: string;
  readonly #storvsc: Storvsc;
  readonly #channels: { close(): Promise<void> }[] = [];
  readonly #disks = new Map<StorageDisk, Disk>();
  /** Disks are added in the order in which they were found, so that names are stable. */
  #adding: Promise<unknown> = Promise.resolve();

  private constructor(kernel: StorvscKernel, name: string, storvsc: Storvsc) {
    this.#kernel = kernel;
    this.#name = name;
    this.#storvsc = storvsc;
    storvsc.onDiskAdded = (disk) => {
      this.#adding = this.#adding.then(() => this.#add(disk));
    };
    storvsc.onDiskRemoved = (disk) => {
      this.#adding = this.#adding.then(() => this.#remove(disk));
    };
    storvsc.onDvdAdded = (drive) => kernel.block.addDrive(drive);
    storvsc.onDvdRemoved = (drive) => kernel.block.removeDrive(drive);
    storvsc.onClosed = (reason) => kernel.print(`${name}: channel closed: ${reason}`);
  }

  static async probe(kernel: StorvscKernel, { offer, name }: VmbusDevice): Promise<BoundDevice> {
    const channel = await kernel.bus.open(offer, { ringPages: RING_PAGES, targetVp: 0 });
    try {
      const storvsc = await openStorvsc(channel satisfies Channel, {
        dma: kernel.dma,
        clock: kernel.busClock,
        subchannels: kernel.processorCount - 1,
        where: name,
      });
      const adapter = new Adapter(kernel, name, storvsc);
      adapter.#channels.push(channel);
      const version = `${storvsc.version >>> 8}.${storvsc.version & 0xff}`;
      kernel.print(
        `hv_storvsc ${name}: protocol ${version}, up to ${storvsc.maxTransferBytes / 1024} KiB per command`,
      );
      await storvsc.scan();
      await adapter.#adding;
      return adapter;
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  /** A further channel for requests; it interrupts another processor than the one before. */
  onSubchannel(offer: ChannelOffer): void {
    const targetVp = offer.subchannelIndex % this.#kernel.processorCount;
    this.#kernel.bus.open(offer, { ringPages: RING_PAGES, targetVp }).then(
      (channel) => {
        this.#channels.push(channel);
        this.#storvsc.addChannel(channel);
        this.#kernel.print(
          `hv_storvsc ${this.#name}: sub-channel ${offer.subchannelIndex} on CPU ${targetVp}`,
        );
      },
      (error: unknown) => {
        this.#kernel.print(
          `hv_storvsc ${this.#name}: sub-channel ${offer.subchannelIndex} failed: ${String(error)}`,
        );
      },
    );
  }

  async remove(isGone: boolean): Promise<void> {
    await this.#adding;
    if (!isGone) {
      await Promise.all(Array.from(this.#disks.values(), (disk) => disk.flush()));
      await this.#storvsc.whenIdle();
    }
    for (const disk of this.#disks.values()) this.#kernel.block.remove(disk);
    this.#disks.clear();
    this.#storvsc.onClosed = undefined;
    // Sub-channels first: the primary keeps the device.
    for (const channel of this.#channels.reverse()) await channel.close();
    this.#storvsc.release();
  }

  async #add(disk: StorageDisk): Promise<void> {
    const { path, target, lun } = disk.address;
    const { vendor, product, revision } = disk.facts;
    this.#kernel.print(`scsi ${path}:0:${target}:${lun}: Direct-Access ${vendor} ${product} ${revision}`);
    this.#disks.set(disk, await this.#kernel.block.add(new StorvscDevice(disk)));
  }

  #remove(disk: StorageDisk): void {
    const known = this.#disks.get(disk);
    if (known === undefined) return;
    this.#disks.delete(disk);
    this.#kernel.block.remove(known);
  }
}

/** A disk of the adapter as the request queue's device. */
class StorvscDevice implements DiskDevice {
  readonly queueDepth = QUEUE_DEPTH;
  readonly #disk: StorageDisk;

  constructor(disk: StorageDisk) {
    this.#disk = disk;
  }

  get blockBytes(): number {
    return this.#disk.blockBytes;
  }

  get blockCount(): number {
    return this.#disk.blockCount;
  }

  get readOnly(): boolean {
    return this.#disk.readOnly;
  }

  get writeCache(): boolean {
    return this.#disk.writeCache;
  }

  get thin(): boolean {
    return this.#disk.thin;
  }

  get maxTransferBytes(): number {
    return this.#disk.maxTransferBytes;
  }

  get model(): string {
    return `${this.#disk.facts.vendor} ${this.#disk.facts.product}`;
  }

  submit(request: DeviceRequest, done: (error: unknown) => void): void {
    const { operation, lba, blocks } = request;
    try {
      if (operation === 'read') this.#disk.submitRead(lba, blocks, request, done);
      else if (operation === 'write') this.#disk.submitWrite(lba, blocks, request, done);
      else {
        const over = operation === 'flush' ? this.#disk.flush() : this.#disk.discard(lba, blocks);
        over.then(() => done(undefined), done);
      }
    } catch (error) {
      done(error);
    }
  }
}
