/** A host that answers what the test says: the other end of the driver's channel, in the test's hands. */

import type { AllocatedPages } from '@viridian/vmbus/guest';
import {
  type BusClock,
  type GuestMemory,
  IncomingPacket,
  PAGE_BYTES,
  RingChannel,
} from '@viridian/vmbus/ring';
import type { DmaAllocator } from '@viridian/vsc/storage';

const PAGE_COUNT = 512;

/** The guest's memory. */
export class Pages implements GuestMemory, DmaAllocator {
  readonly buffer = new SharedArrayBuffer(PAGE_COUNT * PAGE_BYTES);
  readonly #free = Array.from({ length: PAGE_COUNT - 1 }, (_, i) => PAGE_COUNT - 1 - i);

  get freeCount(): number {
    return this.#free.length;
  }

  bytes(gpn: number): Uint8Array {
    return new Uint8Array(this.buffer, gpn * PAGE_BYTES, PAGE_BYTES);
  }

  pages(gpns: readonly number[]) {
    return { buffer: this.buffer, offsets: gpns.map((gpn) => gpn * PAGE_BYTES) };
  }

  gather(): boolean {
    throw new Error('the guest gathers nothing');
  }

  allocatePages(count: number): AllocatedPages {
    if (this.#free.length < count) throw new Error('out of pages');
    const gpns = Array.from({ length: count }, () => this.#free.pop()!);
    for (const gpn of gpns) this.bytes(gpn).fill(0);
    return { gpns, pages: this.pages(gpns) };
  }

  freePages(allocated: AllocatedPages): void {
    this.#free.push(...allocated.gpns);
  }
}

/** Time that moves when the test says so. */
export class StillClock implements BusClock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  get pending(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.#now;
  }

  schedule(at: number, callback: () => void): object {
    const timer = { at, callback };
    this.#timers.push(timer);
    return timer;
  }

  cancel(handle: object): void {
    this.#timers = this.#timers.filter((timer) => timer !== handle);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds * 10_000;
    const due = this.#timers.filter((timer) => timer.at <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
    for (const timer of due) timer.callback();
  }
}

/** A packet of the driver. */
export interface Request {
  readonly idLow: number;
  readonly idHigh: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly gpns: readonly number[];
}

/** What the host says to a request, by offset. */
export interface Reply {
  readonly operation?: number;
  readonly status?: number;
  readonly srb?: number;
  readonly scsi?: number;
  readonly moved?: number;
  /** Sense key, ASC, ASCQ. */
  readonly sense?: readonly [number, number, number];
  /** u16 and u32 values by offset. */
  readonly u16?: Readonly<Record<number, number>>;
  readonly u32?: Readonly<Record<number, number>>;
  readonly packetBytes?: number;
}

/** Both ends of one channel; the driver has `guest`. */
export class RawHost {
  readonly memory: Pages;
  readonly guest: RingChannel;
  readonly host: RingChannel;
  /** Why the channel ended. */
  ended: string | undefined;
  readonly #packet = new IncomingPacket(8192);

  constructor(memory = new Pages(), ringPages = 4) {
    this.memory = memory;
    const toHost = memory.allocatePages(ringPages).pages;
    const toGuest = memory.allocatePages(ringPages).pages;
    const end = (reason: string) => this.end(reason);
    this.guest = new RingChannel({
      memory,
      outbound: toHost,
      inbound: toGuest,
      where: 'test/guest',
      side: 'guest',
      signal: () => queueMicrotask(() => this.host.interrupt()),
      broken: end,
    });
    this.host = new RingChannel({
      memory,
      outbound: toGuest,
      inbound: toHost,
      where: 'test/host',
      side: 'host',
      signal: () => queueMicrotask(() => this.guest.interrupt()),
      broken: end,
    });
    this.guest.start();
    this.host.start();
  }

  end(reason: string): void {
    if (this.ended !== undefined) return;
    this.ended = reason;
    this.host.end(reason);
    this.guest.end(reason);
  }

  /** What the driver has sent, after it has had time to. */
  async requests(): Promise<Request[]> {
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
    const requests: Request[] = [];
    while (this.host.receive(this.#packet)) {
      const { idLow, idHigh, payloadOffset, payloadBytes, gpns, gpnCount } = this.#packet;
      const bytes = this.#packet.bytes.slice(payloadOffset, payloadOffset + payloadBytes);
      const view = new DataView(bytes.buffer);
      requests.push({ idLow, idHigh, bytes, view, gpns: [...gpns.subarray(0, gpnCount)] });
    }
    this.host.endReceive();
    return requests;
  }

  /** The one request that the driver has sent. */
  async request(): Promise<Request> {
    const requests = await this.requests();
    if (requests.length !== 1) throw new Error(`${requests.length} requests, channel ${this.ended}`);
    return requests[0]!;
  }

  /** Answers a request; success with nothing moved unless it says otherwise. */
  reply(to: { readonly idLow: number; readonly idHigh: number }, reply: Reply = {}): void {
    const bytes = replyBytes(reply);
    this.host.sendCompletion(to.idLow, to.idHigh, bytes, bytes.length);
    this.host.endSend();
  }

  /** Sends an in-band packet. */
  send(reply: Reply, id = 0): void {
    const bytes = replyBytes(reply);
    this.host.sendInBand(id, 0, bytes, bytes.length, false);
    this.host.endSend();
  }

  /** Takes the driver through initialization: properties are 256 KiB and so many sub-channels. */
  async initialize(subchannels = 0): Promise<void> {
    for (const operation of [7, 9, 10, 8]) {
      const request = await this.request();
      if (request.view.getUint32(0, true) !== operation) throw new Error('the driver is out of step');
      const properties = { u16: { 16: subchannels }, u32: { 20: subchannels > 0 ? 1 : 0, 24: 0x40000 } };
      this.reply(request, operation === 10 ? properties : {});
    }
  }
}

function replyBytes(reply: Reply): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, reply.operation ?? 1, true);
  view.setUint32(8, reply.status ?? 0, true);
  bytes[14] = reply.srb ?? 1;
  bytes[15] = reply.scsi ?? 0;
  view.setUint32(24, reply.moved ?? 0, true);
  if (reply.sense !== undefined) {
    const [key, asc, ascq] = reply.sense;
    bytes.set([0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq], 28);
  }
  for (const [at, value] of Object.entries(reply.u16 ?? {})) view.setUint16(Number(at), value, true);
  for (const [at, value] of Object.entries(reply.u32 ?? {})) view.setUint32(Number(at), value, true);
  return bytes.subarray(0, reply.packetBytes ?? 64);
}
