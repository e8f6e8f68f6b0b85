/** A device and a guest's memory with channels between them: both real ends, without the bus that opens channels. */

import type { AllocatedPages } from '@viridian/vmbus/guest';
import type { HostChannel, OfferedDevice } from '@viridian/vmbus/host';
import { type GuestMemory, PAGE_BYTES, RingChannel, type SharedPages } from '@viridian/vmbus/ring';
import type { StorageController } from '@viridian/vsp/storage';

/** Guest RAM: page numbers are offsets, everything past the end is not RAM. */
export class FlatMemory implements GuestMemory {
  readonly buffer: SharedArrayBuffer;
  readonly pageCount: number;
  /** Pages that are not RAM although they lie inside. */
  readonly holes = new Set<number>();
  readonly #free: number[];

  constructor(pageCount: number) {
    this.pageCount = pageCount;
    this.buffer = new SharedArrayBuffer(pageCount * PAGE_BYTES);
    // Page 0 stays free, as in real machines.
    this.#free = Array.from({ length: pageCount - 1 }, (_, i) => pageCount - 1 - i);
  }

  get freePageCount(): number {
    return this.#free.length;
  }

  bytes(gpn: number, byteOffset = 0, byteCount = PAGE_BYTES): Uint8Array {
    return new Uint8Array(this.buffer, gpn * PAGE_BYTES + byteOffset, byteCount);
  }

  pages(gpns: readonly number[]): SharedPages | undefined {
    if (gpns.some((gpn) => !this.#isRam(gpn))) return undefined;
    return { buffer: this.buffer, offsets: gpns.map((gpn) => gpn * PAGE_BYTES) };
  }

  gather(
    gpns: Float64Array | readonly number[],
    first: number,
    byteOffset: number,
    byteCount: number,
    into: Uint8Array[],
  ): boolean {
    const pages = Math.ceil((byteOffset + byteCount) / PAGE_BYTES);
    for (let i = 0; i < pages; i += 1) if (!this.#isRam(gpns[first + i]!)) return false;
    let left = byteCount;
    let at = byteOffset;
    for (let page = 0; left > 0; ) {
      const start = gpns[first + page]!;
      let run = 1;
      while (page + run < pages && gpns[first + page + run] === start + run) run += 1;
      const length = Math.min(left, run * PAGE_BYTES - at);
      into.push(new Uint8Array(this.buffer, start * PAGE_BYTES + at, length));
      left -= length;
      page += run;
      at = 0;
    }
    return true;
  }

  allocatePages(count: number): AllocatedPages {
    if (this.#free.length < count) throw new Error('the test machine is out of pages');
    const gpns = Array.from({ length: count }, () => this.#free.pop()!);
    for (const gpn of gpns) this.bytes(gpn).fill(0);
    return { gpns, pages: this.pages(gpns)! };
  }

  freePages(allocated: AllocatedPages): void {
    this.#free.push(...allocated.gpns);
  }

  #isRam(gpn: number): boolean {
    return gpn >= 0 && gpn < this.pageCount && !this.holes.has(gpn);
  }
}

/** One open channel, both ends. */
export interface ChannelPair {
  readonly host: HostChannel & RingChannel;
  readonly guest: RingChannel;
  /** Pages of the ring that the guest writes. */
  readonly toHost: SharedPages;
  /** As when the guest closes it. Settles when the device has let go. */
  close(reason?: string): Promise<void>;
  /** Why the channel ended; undefined while it is open. */
  readonly ended: string | undefined;
}

/** How channels are made. */
export interface MachineOptions {
  readonly pages?: number;
  /** Pages of each ring, control page included. */
  readonly ringPages?: number;
  /** Signals arrive while they are sent, or in a microtask. */
  readonly delivery?: 'direct' | 'later';
  /** Guest end is driven by the test alone: it gets no interrupts. */
  readonly mute?: boolean;
}

/** A guest with one device: a storage controller unless said otherwise. */
export class TestMachine<Device extends OfferedDevice = StorageController> {
  readonly memory: FlatMemory;
  readonly controller: Device;
  /** What the guest has lent, by GPADL id. */
  readonly gpadls = new Map<number, SharedPages>();
  /** Called with the index when the host offers a sub-channel. */
  onSubchannel: ((index: number) => void) | undefined;
  readonly #options: MachineOptions;
  #offered = 0;

  constructor(controller: Device, options: MachineOptions = {}) {
    this.controller = controller;
    this.#options = options;
    this.memory = new FlatMemory(options.pages ?? 1024);
  }

  /** Sub-channels that were offered. */
  get offered(): number {
    return this.#offered;
  }

  /** Opens the primary channel (index 0) or a sub-channel. Throws when the device refuses. */
  async open(subchannelIndex = 0): Promise<ChannelPair> {
    const { memory } = this;
    const ringPages = this.#options.ringPages ?? 8;
    const toHost = memory.allocatePages(ringPages).pages;
    const toGuest = memory.allocatePages(ringPages).pages;
    let ended: string | undefined;
    const deliver = (to: () => void): void => {
      if (this.#options.delivery === 'direct') to();
      else queueMicrotask(to);
    };
    const end = async (reason: string): Promise<void> => {
      if (ended !== undefined) return;
      ended = reason;
      host.end(reason);
      guest.end(reason);
      await this.controller.closed?.(host, reason);
    };
    const broken = (reason: string): void => void end(reason);
    const guest: RingChannel = new RingChannel({
      memory,
      outbound: toHost,
      inbound: toGuest,
      where: 'test/guest',
      side: 'guest',
      signal: () => deliver(() => host.interrupt()),
      broken,
    });
    const host: HostChannel & RingChannel = Object.assign(
      new RingChannel({
        memory,
        outbound: toGuest,
        inbound: toHost,
        where: 'test/host',
        side: 'host',
        signal: () => {
          if (this.#options.mute !== true) deliver(() => guest.interrupt());
        },
        broken,
        ...(this.controller.maxPacketBytes === undefined
          ? {}
          : { maxPacketBytes: this.controller.maxPacketBytes }),
      }),
      {
        relid: 1 + subchannelIndex,
        subchannelIndex,
        targetVp: 0,
        busVersion: 0x50003,
        offerSubchannels: (count: number) => this.#offer(count),
        gpadl: () => undefined,
        gpadlPages: (id: number) => this.gpadls.get(id),
      },
    );
    const request = { openId: 1, userData: new Uint8Array(120), subchannelIndex, targetVp: 0 };
    const status = await this.controller.open(host, request);
    if (status !== 0) throw new Error(`open refused: 0x${status.toString(16)}`);
    host.start();
    guest.start();
    return {
      host,
      guest,
      toHost,
      close: (reason = 'closed by the guest') => end(reason),
      get ended() {
        return ended;
      },
    };
  }

  #offer(count: number): number {
    for (let i = 0; i < count; i += 1) {
      this.#offered += 1;
      const index = this.#offered;
      queueMicrotask(() => this.onSubchannel?.(index));
    }
    return count;
  }
}
