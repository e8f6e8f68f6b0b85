/** A SCSI direct-access block device on a `BlockDevice`: SBC-3 and SPC-4 for one logical unit, without any bus. */

import type { BlockDevice } from '@viridian/drivers';
import { AdditionalSense, SenseKey } from '@viridian/protocols/scsi';
import { counters, type Inspectable, type InspectNode } from '@viridian/trace';
import { commandEntry } from './command-table.ts';
import { invalidField } from './failures.ts';
import { type DiskIdentity, diskIdentity } from './identity.ts';
import type { ScsiCommand } from './scsi-command.ts';

/** How a disk shows itself. */
export interface ScsiDiskOptions {
  /** Path of the disk in traces and warnings. */
  readonly name?: string;
  /**
   * What tells this disk from all others, e.g. a GUID as text: serial number and designators are derived from it. Disks that
   * get none share one identity, which confuses guests with several paths.
   */
  readonly id?: string;
  /** Vendor, 8 characters at most; `Msft` by default, which Linux's storvsc looks for. */
  readonly vendor?: string;
  /** Product, 16 characters at most. */
  readonly product?: string;
  /** Whether the disk starts with its write cache on: writes then reach stable storage with the next flush. Default true. */
  readonly writeCache?: boolean;
  /** Most bytes that one command may move: a multiple of the block size. Default 8 MiB. */
  readonly maxTransferBytes?: number;
}

/** Something that executes SCSI commands: a disk here, a DVD drive later. */
export interface ScsiUnit extends Inspectable {
  /**
   * Executes a command and leaves the result in it; returns a promise only when it is not finished yet. Neither throws nor
   * rejects, whatever the command says. The data buffers are not touched after it has finished.
   */
  execute(command: ScsiCommand): void | Promise<void>;
}

const DEFAULT_MAX_TRANSFER_BYTES = 8 * 1024 * 1024;

/** A logical unit of type 0. Commands may overlap; those that a memory device serves are finished when `execute` returns. */
export class ScsiDisk implements ScsiUnit {
  readonly name: string;
  readonly device: BlockDevice;
  readonly identity: DiskIdentity;
  readonly blockBytes: number;
  readonly maxTransferBlocks: number;
  /** Current number of logical blocks. */
  blocks: number;
  /** WCE of the caching mode page. Off, each write is done with force unit access. */
  writeCache: boolean;
  /** What `writeCache` was at first. */
  readonly defaultWriteCache: boolean;
  /** True after START STOP UNIT with START = 0. */
  stopped = false;
  readonly counters = counters({
    commands: 0,
    readBytes: 0,
    writtenBytes: 0,
    flushes: 0,
    discardedBytes: 0,
    checkConditions: 0,
    deviceErrors: 0,
  });
  /** Unit attention condition to report next, ASC << 8 | ASCQ; 0 for none. */
  #attention = 0;

  /** Throws when the device is empty or the options do not fit the wire. */
  constructor(device: BlockDevice, options: ScsiDiskOptions = {}) {
    this.name = options.name ?? 'disk';
    this.device = device;
    this.identity = diskIdentity(options);
    this.blockBytes = device.logicalBlockBytes;
    this.blocks = wholeBlocks(device);
    this.defaultWriteCache = options.writeCache ?? true;
    this.writeCache = this.defaultWriteCache;
    const maxTransferBytes = options.maxTransferBytes ?? DEFAULT_MAX_TRANSFER_BYTES;
    this.maxTransferBlocks = Math.floor(maxTransferBytes / this.blockBytes);
    if (this.maxTransferBlocks < 1) throw new Error(`${maxTransferBytes} bytes are less than one block`);
  }

  /** Whether blocks can be given back: UNMAP, WRITE SAME with UNMAP. */
  get thin(): boolean {
    return this.device.discard !== undefined && !this.device.readOnly;
  }

  execute(command: ScsiCommand): void | Promise<void> {
    this.counters.commands += 1;
    const pending = this.#dispatch(command);
    if (pending !== undefined) return pending.then(() => this.#finish(command));
    this.#finish(command);
  }

  /** Call it after the device has changed its size: the initiator is told with its next command. */
  capacityChanged(): void {
    this.blocks = wholeBlocks(this.device);
    this.raiseAttention(AdditionalSense.CAPACITY_DATA_HAS_CHANGED);
  }

  /** Reports this condition once, to the next command that can carry it. The latest one wins. */
  raiseAttention(code: number): void {
    this.#attention = code;
  }

  /** The pending unit attention condition, which is cleared by this; 0 for none. */
  takeAttention(): number {
    const code = this.#attention;
    this.#attention = 0;
    return code;
  }

  inspect(): InspectNode {
    return {
      product: `${this.identity.vendor} ${this.identity.product}`,
      serialNumber: this.identity.serialNumber,
      blocks: this.blocks,
      blockBytes: this.blockBytes,
      readOnly: this.device.readOnly,
      thin: this.thin,
      writeCache: this.writeCache,
      stopped: this.stopped,
      counters: this.counters,
      device: this.device,
    };
  }

  #dispatch(command: ScsiCommand): void | Promise<void> {
    const entry = commandEntry(command.cdb[0]!);
    if (entry === undefined) {
      return command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.INVALID_COMMAND_OPERATION_CODE);
    }
    if (this.#attention !== 0 && entry.reportsAttention) {
      return command.fail(SenseKey.UNIT_ATTENTION, this.takeAttention());
    }
    if (command.cdbBytes < entry.cdbBytes) return invalidField(command);
    if (command.dataBytes > 0 && entry.direction !== 'none' && entry.direction !== command.direction) {
      return invalidField(command);
    }
    if (this.stopped && entry.needsMedium) {
      return command.fail(SenseKey.NOT_READY, AdditionalSense.NOT_READY_INITIALIZING_COMMAND_REQUIRED);
    }
    return entry.run(this, command);
  }

  #finish(command: ScsiCommand): void {
    if (command.status !== 0) this.counters.checkConditions += 1;
  }
}

function wholeBlocks(device: BlockDevice): number {
  const blocks = Math.floor(device.sizeBytes / device.logicalBlockBytes);
  if (!(blocks >= 1))
    throw new Error(`a disk needs a block at least, the device has ${device.sizeBytes} bytes`);
  return blocks;
}
