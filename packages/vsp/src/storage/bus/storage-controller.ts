/** A storage controller on the bus: offered to one guest, with units that come and go. StorVSP protocol; synthetic SCSI. */

import { InterfaceId, LinuxMaxPacketBytes, NtStatus } from '@viridian/protocols/vmbus';
import type { Inspectable, InspectNode } from '@viridian/trace';
import type { HostChannel, OfferedDevice, OpenRequest } from '@viridian/vmbus/host';
import { PAGE_BYTES } from '@viridian/vmbus/ring';
import type { ScsiUnit } from '../scsi/scsi-disk.ts';
import { ChannelWorker } from './channel-worker.ts';
import type { LunAddress } from './lun-address.ts';
import { ALL_VERSIONS } from './protocol-state.ts';
import { StorageSession } from './storage-session.ts';
import { UnitTable } from './unit-table.ts';

/** Settings of a controller. */
export interface StorageControllerOptions {
  /** Instance GUID as text; unique on the whole bus. */
  readonly instanceId: string;
  /** Path in traces and warnings; `storage` when absent. */
  readonly where?: string;
  /** Sub-channels that the guest may have besides the primary one; 4 when absent. */
  readonly maxSubchannels?: number;
  /** Most bytes of one request: a multiple of 4096, 256 KiB when absent. */
  readonly maxTransferBytes?: number;
  /** Protocol versions that are taken; all of them when absent. */
  readonly versions?: readonly number[];
  /** Requests that one channel runs at once; 1024 when absent. */
  readonly queueDepth?: number;
}

const DEFAULT_SUBCHANNELS = 4;
const DEFAULT_MAX_TRANSFER_BYTES = 256 * 1024;
const DEFAULT_QUEUE_DEPTH = 1024;

/** Offer it to a guest with `VmbusHost.offer`. Units may be attached and detached before, while and after it is open. */
export class StorageController implements OfferedDevice, Inspectable {
  readonly interfaceId: string = InterfaceId.SCSI;
  readonly instanceId: string;
  readonly maxSubchannels: number;
  readonly maxPacketBytes = LinuxMaxPacketBytes.STORAGE;
  readonly maxTransferBytes: number;
  /** The path of all units, for guests that do not state it. */
  protected readonly fixedPath: number | undefined = undefined;
  readonly #where: string;
  readonly #versions: readonly number[];
  readonly #queueDepth: number;
  readonly #units = new UnitTable();
  readonly #workers = new Map<HostChannel, ChannelWorker>();
  readonly #closing = new Set<Promise<void>>();
  #session: StorageSession | undefined;
  #primary: ChannelWorker | undefined;

  /** Throws RangeError when an option is impossible. */
  constructor(options: StorageControllerOptions) {
    this.instanceId = options.instanceId;
    this.maxSubchannels = options.maxSubchannels ?? DEFAULT_SUBCHANNELS;
    this.maxTransferBytes = options.maxTransferBytes ?? DEFAULT_MAX_TRANSFER_BYTES;
    this.#where = options.where ?? 'storage';
    this.#versions = options.versions ?? ALL_VERSIONS;
    this.#queueDepth = options.queueDepth ?? DEFAULT_QUEUE_DEPTH;
    // Linux derives its largest request from this and divides by it.
    if (!(this.maxTransferBytes > 0) || this.maxTransferBytes % PAGE_BYTES !== 0) {
      throw new RangeError(`${this.maxTransferBytes} bytes are no whole number of pages`);
    }
    if (!(this.#queueDepth >= 1)) throw new RangeError('a channel must run one request at least');
  }

  /** Puts a unit at an address. A guest that is connected is told to look. Throws when the place is taken. */
  attach(address: LunAddress, unit: ScsiUnit): void {
    this.#units.add(address, unit);
    this.#primary?.announce();
  }

  /**
   * Takes a unit away; the guest finds nobody there from now on. Settles when the commands that ran have finished: only then
   * may the device be closed. Throws when there is no such unit.
   */
  async detach(address: LunAddress): Promise<void> {
    const slot = this.#units.remove(address);
    this.#primary?.announce();
    await slot.whenIdle();
  }

  /** Has the guest look at all units again, e.g. after one has changed its size. */
  announce(): void {
    this.#primary?.announce();
  }

  /**
   * Settles when no unit works on guest memory any more. To be awaited, with all channels closed, before guest memory is
   * taken away or given to somebody else: requests in flight read and write it in place.
   */
  async whenIdle(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  open(channel: HostChannel, request: OpenRequest): number {
    const isPrimary = request.subchannelIndex === 0;
    if (isPrimary) {
      this.#session = new StorageSession({
        versions: this.#versions,
        maxSubchannels: this.maxSubchannels,
      });
    }
    if (this.#session === undefined) return NtStatus.INVALID_DEVICE_STATE;
    const worker = new ChannelWorker(channel, this.#session, {
      where: isPrimary ? this.#where : `${this.#where}/${request.subchannelIndex}`,
      units: this.#units,
      maxTransferBytes: this.maxTransferBytes,
      queueDepth: this.#queueDepth,
      fixedPath: this.fixedPath,
    });
    this.#workers.set(channel, worker);
    if (isPrimary) this.#primary = worker;
    return NtStatus.SUCCESS;
  }

  closed(channel: HostChannel): Promise<void> | undefined {
    const worker = this.#workers.get(channel);
    if (worker === undefined) return undefined;
    this.#workers.delete(channel);
    if (worker === this.#primary) {
      this.#session?.end();
      this.#session = undefined;
      this.#primary = undefined;
    }
    const idle = worker.close();
    if (idle === undefined) return undefined;
    const closing = idle.finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    return closing;
  }

  inspect(): InspectNode {
    return {
      state: this.#session?.state.at ?? 'closed',
      ...(this.#session !== undefined && 'version' in this.#session.state
        ? { version: this.#session.state.version }
        : {}),
      maxTransferBytes: this.maxTransferBytes,
      outstanding: this.#session?.outstanding ?? 0,
      channels: () => Object.fromEntries([...this.#workers.values()].map((worker, i) => [i, worker])),
      units: () => this.#units.inspect(),
    };
  }
}
