/** The storage adapter as the guest sees it: connects, finds disks, keeps up with what the host changes. StorVSP protocol. */

import { AdditionalSense, Cdb6, ScsiOpcode } from '@viridian/protocols/scsi';
import {
  VmscsiRequestWin7,
  VSTOR_PAYLOAD_OFFSET,
  VstorOperation,
  vstorPacketBytes,
} from '@viridian/protocols/storvsp';
import { type Inspectable, type InspectNode, warning } from '@viridian/trace';
import type { BusClock, Channel } from '@viridian/vmbus/ring';
import { CommandChannel, type CommandChannelOwner, ringTransferLimit } from './command-channel.ts';
import { CommandPool, type Direction } from './command-pool.ts';
import { CommandQueue, closedError } from './command-queue.ts';
import {
  type Agreement,
  ControlExchange,
  createSubchannels,
  DEFAULT_VERSIONS,
  negotiate,
} from './control.ts';
import { StorageDisk } from './disk.ts';
import { askDiskFacts } from './disk-facts.ts';
import { DmaArena } from './dma-arena.ts';
import { StorageDvd } from './dvd.ts';
import { StorageError } from './errors.ts';
import type { DmaAllocator, GuestPages } from './guest-pages.ts';
import { formatAddress, type LunAddress } from './lun-address.ts';
import { Questions } from './questions.ts';
import { type FoundUnit, type ScanRange, scanUnits } from './scan.ts';
import type { StorageCommand } from './storage-command.ts';

/** Settings of an adapter. */
export interface StorvscOptions {
  /** Pages for scanning and for the copying forms of read and write. */
  readonly dma: DmaAllocator;
  /** Protocol versions, the preferred one first; 6.2, 6.0, 5.1, 4.2, 2.0 when absent. */
  readonly versions?: readonly number[];
  /** Sub-channels wanted, Linux: online processors − 1. The host may allow fewer. 0 when absent. */
  readonly subchannels?: number;
  /** Commands on one channel at once; 256 when absent. */
  readonly queueDepth?: number;
  /** Where disks are looked for; 8 paths of 2 targets when absent. */
  readonly scan?: ScanRange;
  /** For commands that are overdue, or that a busy host wants later; neither happens without a clock. */
  readonly clock?: BusClock;
  /** After this time an unanswered command is reported. It stays the host's. 60 s when absent. */
  readonly timeoutMilliseconds?: number;
  /** Path in warnings; `storvsc` when absent. */
  readonly where?: string;
}

const DEFAULT_QUEUE_DEPTH = 256;
const DEFAULT_TIMEOUT_MILLISECONDS = 60_000;
const LINUX_SCAN: ScanRange = { paths: 8, targets: 2 };
const TEST_UNIT_READY = Cdb6.bytes({ opcode: ScsiOpcode.TEST_UNIT_READY });

const hostWarning = warning('vsc.storage.host');

/**
 * Opens the adapter on its primary channel: negotiates, and asks for sub-channels, which the caller opens as they are
 * offered and gives to `addChannel`. Rejects with a `StorageError`; the channel is then still the caller's to close.
 */
export async function openStorvsc(channel: Channel, options: StorvscOptions): Promise<Storvsc> {
  return await Storvsc.open(channel, options);
}

/** An open adapter. */
export class Storvsc implements Inspectable {
  /** Disks came: found by `scan`, or later because the host said so. */
  onDiskAdded: ((disk: StorageDisk) => void) | undefined;
  /** The host took a disk away; its requests fail. */
  onDiskRemoved: ((disk: StorageDisk) => void) | undefined;
  /** DVD drives, in the same way; with a disc or without. */
  onDvdAdded: ((drive: StorageDvd) => void) | undefined;
  onDvdRemoved: ((drive: StorageDvd) => void) | undefined;
  /** The primary channel is gone. */
  onClosed: ((reason: string) => void) | undefined;
  readonly #options: StorvscOptions;
  readonly #where: string;
  readonly #primary: CommandChannel;
  readonly #control: ControlExchange;
  readonly #queue: CommandQueue;
  readonly #pool: CommandPool;
  readonly #questions: Questions;
  readonly #dma: DmaArena;
  readonly #disks = new Map<string, StorageDisk>();
  readonly #drives = new Map<string, StorageDvd>();
  readonly #owner: CommandChannelOwner = {
    answered: (command) => this.#queue.answered(command),
    controlAnswered: (bytes) => {
      const fault = this.#control.answered(bytes);
      if (fault !== undefined) this.#primary.channel.fail(fault);
    },
    unsolicited: (operation) => this.#unsolicited(operation),
    writable: () => {
      this.#control.flush();
      this.#queue.flush();
    },
    closed: (channel, reason) => this.#channelClosed(channel, reason),
  };
  #agreement: Agreement | undefined;
  #subchannelCount = 0;
  #scanning: Promise<void> = Promise.resolve();
  #rescanDue = false;
  #isScanned = false;
  #closed: StorageError | undefined;

  private constructor(channel: Channel, options: StorvscOptions) {
    this.#options = options;
    this.#where = options.where ?? 'storvsc';
    this.#queue = new CommandQueue({
      where: this.#where,
      clock: options.clock,
      timeoutMilliseconds: options.timeoutMilliseconds ?? DEFAULT_TIMEOUT_MILLISECONDS,
      attention: (command, code) => this.#attention(command, code),
    });
    this.#pool = new CommandPool(this.#queue);
    this.#dma = new DmaArena(options.dma);
    this.#questions = new Questions(this.#pool, this.#dma);
    this.#primary = this.#newChannel(channel);
    this.#control = new ControlExchange(this.#primary);
  }

  /** See `openStorvsc`. */
  static async open(channel: Channel, options: StorvscOptions): Promise<Storvsc> {
    const adapter = new Storvsc(channel, options);
    try {
      await adapter.#initialize();
    } catch (error) {
      if (error instanceof StorageError && error.kind === 'protocol') channel.fail(error.message);
      throw error;
    }
    return adapter;
  }

  /** Protocol version, see `StorvspVersion`. */
  get version(): number {
    return this.#agreement?.version ?? 0;
  }

  /** Most bytes of one command: what the host allows and the ring can tell. */
  get maxTransferBytes(): number {
    const agreed = this.#agreement?.maxTransferBytes ?? 0;
    return Math.min(agreed, ringTransferLimit(this.#primary.channel));
  }

  /** Sub-channels that the host has been asked for and will offer. */
  get subchannelCount(): number {
    return this.#subchannelCount;
  }

  /** Disks known now, in order of their addresses. */
  get disks(): readonly StorageDisk[] {
    return [...this.#disks.values()].sort((a, b) => order(a.address) - order(b.address));
  }

  /** Takes a sub-channel into use. */
  addChannel(channel: Channel): void {
    const added = this.#newChannel(channel);
    added.setPacketBytes(vstorPacketBytes(this.version));
    this.#queue.addChannel(added);
  }

  /** Looks for disks, at first or again; calls `onDiskAdded` and `onDiskRemoved`. Settles with all disks. */
  async scan(): Promise<readonly StorageDisk[]> {
    this.#isScanned = true;
    const scan = this.#scanning.then(() => this.#scan());
    this.#scanning = scan.catch(() => {});
    await scan;
    return this.disks;
  }

  /** Runs any command; settles with the number of bytes moved, rejects with a `ScsiError` or a `StorageError`. */
  execute(address: LunAddress, cdb: Uint8Array, direction: Direction, pages: GuestPages): Promise<number> {
    return this.#pool.execute(address, cdb, direction, pages, { reportsAttention: true });
  }

  /**
   * Resets one unit, or with `address` absent the bus. The host answers after everything that it had before; commands are not
   * lost: each is answered, or was never taken.
   */
  async reset(address?: LunAddress): Promise<void> {
    const operation = address === undefined ? VstorOperation.RESET_BUS : VstorOperation.RESET_LUN;
    await this.#control.demand(operation, (view) => {
      const { path = 0, target = 0, lun = 0 } = address ?? {};
      const place = { pathId: path, targetId: target, lun };
      VmscsiRequestWin7.write(view, VSTOR_PAYLOAD_OFFSET, place);
    });
  }

  /** Settles when no command is outstanding: then the channel may be closed without losing one. */
  whenIdle(): Promise<void> {
    return this.#queue.whenIdle();
  }

  /**
   * Gives back the pages of commands that the end of the channel cut off. Call it when the host has let go of all channels:
   * `GuestChannel.close` has settled, or the bus was reset.
   */
  release(): void {
    this.#dma.release();
  }

  inspect(): InspectNode {
    return {
      version: this.version,
      maxTransferBytes: this.maxTransferBytes,
      channels: this.#queue.channels.map((channel) => channel.inFlight).join(' '),
      outstanding: this.#queue.outstanding,
      counters: this.#queue.counters,
      disks: Object.fromEntries(this.disks.map((disk) => [formatAddress(disk.address), disk.sizeBytes])),
    };
  }

  #newChannel(channel: Channel): CommandChannel {
    return new CommandChannel(channel, this.#options.queueDepth ?? DEFAULT_QUEUE_DEPTH, this.#owner);
  }

  async #initialize(): Promise<void> {
    const agreement = await negotiate(this.#control, this.#options.versions ?? DEFAULT_VERSIONS);
    this.#agreement = agreement;
    this.#primary.setPacketBytes(vstorPacketBytes(agreement.version));
    this.#subchannelCount = Math.min(this.#options.subchannels ?? 0, agreement.maxSubchannels);
    if (this.#subchannelCount > 0) await createSubchannels(this.#control, this.#subchannelCount);
    this.#queue.addChannel(this.#primary);
  }

  async #scan(): Promise<void> {
    const found = await scanUnits(this.#questions, this.#options.scan ?? LINUX_SCAN);
    const places = new Map(found.map((unit) => [formatAddress(unit.address), unit.type]));
    for (const [place, disk] of this.#disks) {
      if (places.get(place) !== 'disk') this.#remove(place, disk);
    }
    for (const [place, drive] of this.#drives) {
      if (places.get(place) !== 'dvd') this.#removeDrive(place, drive);
    }
    await Promise.all(found.map((unit) => this.#bringUp(unit)));
  }

  /** Makes a disk of a unit, or asks a known one again. A unit that gives no sensible answers is left out. */
  async #bringUp({ address, inquiry, type }: FoundUnit): Promise<void> {
    if (type === 'dvd') {
      this.#addDrive(address);
      return;
    }
    try {
      await this.#questions.tell(address, TEST_UNIT_READY);
      const facts = await askDiskFacts(this.#questions, address, inquiry);
      const known = this.#disks.get(formatAddress(address));
      if (known !== undefined) {
        if (!isSame(known.facts, facts)) known.update(facts);
        return;
      }
      const disk = new StorageDisk(address, facts, this.#pool, this.#dma, this.maxTransferBytes);
      this.#disks.set(formatAddress(address), disk);
      this.onDiskAdded?.(disk);
    } catch (error) {
      if (this.#closed !== undefined) throw error;
      const place = formatAddress(address);
      hostWarning.report(this.#where, 'a unit cannot be used', { place, error: String(error) });
    }
  }

  /** Whether there is a disc in it changes while it is there. */
  #addDrive(address: LunAddress): void {
    const place = formatAddress(address);
    if (this.#drives.has(place)) return;
    const drive = new StorageDvd(address, this.#questions, this.maxTransferBytes);
    this.#drives.set(place, drive);
    this.onDvdAdded?.(drive);
  }

  #removeDrive(place: string, drive: StorageDvd): void {
    this.#drives.delete(place);
    drive.present = false;
    this.onDvdRemoved?.(drive);
  }

  #remove(place: string, disk: StorageDisk): void {
    this.#disks.delete(place);
    disk.present = false;
    this.onDiskRemoved?.(disk);
  }

  #unsolicited(operation: number): void {
    const isBusChange =
      operation === VstorOperation.ENUMERATE_BUS || operation === VstorOperation.REMOVE_DEVICE;
    if (isBusChange) this.#rescanSoon();
    else hostWarning.report(this.#where, 'unknown unsolicited packet', { operation });
  }

  #attention(command: StorageCommand, code: number): void {
    const isChange =
      code === AdditionalSense.CAPACITY_DATA_HAS_CHANGED ||
      code >>> 8 === AdditionalSense.TARGET_OPERATING_CONDITIONS_CHANGED >>> 8;
    if (isChange && this.#disks.has(formatAddress(command))) this.#rescanSoon();
  }

  /** Scans once for all that came in this turn. Nothing to do before the first scan, which will see it. */
  #rescanSoon(): void {
    if (this.#rescanDue || !this.#isScanned) return;
    this.#rescanDue = true;
    queueMicrotask(() => {
      this.#rescanDue = false;
      this.scan().catch((error: unknown) => {
        hostWarning.report(this.#where, 'scanning again failed', { error: String(error) });
      });
    });
  }

  #channelClosed(channel: CommandChannel, reason: string): void {
    const error = closedError(reason);
    if (channel !== this.#primary) {
      this.#queue.removeChannel(channel, error);
      return;
    }
    this.#closed = error;
    this.#control.close(error);
    // Not among the queue's channels before negotiation has ended.
    this.#queue.close(error);
    for (const [place, disk] of [...this.#disks]) this.#remove(place, disk);
    for (const [place, drive] of [...this.#drives]) this.#removeDrive(place, drive);
    this.onClosed?.(reason);
  }
}

function order(address: LunAddress): number {
  return (address.path << 16) | (address.target << 8) | address.lun;
}

function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
