/**
 * Both ends of the bus in one process, over one shared buffer: SynIC message slots, event flags and hypercalls as plain
 * queues, delivered one after another in microtasks, as interrupts are in turn.
 */

import type { AllocatedPages, GuestTransport } from '../src/guest/index.ts';
import { VmbusGuest, type VmbusGuestOptions } from '../src/guest/index.ts';
import type { HostTransport, SignalConnection } from '../src/host/index.ts';
import { VmbusHost, type VmbusHostOptions } from '../src/host/index.ts';
import type { BusClock, GuestMemory } from '../src/ring/index.ts';
import { PAGE_BYTES } from '../src/ring/index.ts';

/** Time that moves only when a test says so. */
export class ManualClock implements BusClock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

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

  get pending(): number {
    return this.#timers.length;
  }

  /** Moves on by so many units of 100 ns, running what is due in order. */
  advance(units: number): void {
    const until = this.#now + units;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.cancel(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = until;
  }
}

/** The SynIC has so many message buffers per port. */
const MESSAGE_BUFFERS = 16;
const FLAG_WORDS = 64;

export interface MachineSettings {
  readonly vpCount?: number;
  readonly pages?: number;
  /** Hand out pages in an order in which hardly any are neighbours. */
  readonly scattered?: boolean;
}

/** Memory, SynIC and hypercalls of one machine with a parent and a child. */
export class InProcessMachine {
  readonly vpCount: number;
  readonly buffer: SharedArrayBuffer;
  readonly clock = new ManualClock();
  readonly memory: GuestMemory;
  readonly hostTransport: HostTransport;
  readonly guestTransport: GuestTransport;
  /** What arrived at the guest, for tests that are the guest themselves. */
  readonly toGuest: Uint8Array[] = [];
  guest: VmbusGuest | undefined;
  /** Messages of the host are not taken while this is set. */
  guestStalled = false;
  /** Hypercalls of the guest, counted. */
  readonly hypercalls = { postMessage: 0, signalEvent: 0 };
  /** Statuses that the next HvPostMessage calls get instead of success. */
  readonly postStatuses: number[] = [];
  readonly allocated = new Set<AllocatedPages>();
  /** Event flags set by the host, as (flag, vp). */
  readonly flagsSet: { flag: number; vp: number }[] = [];
  readonly #free: number[];
  readonly #connections = new Map<number, () => void>();
  readonly #slots: { type: number; payload: Uint8Array }[][];
  readonly #flags: Int32Array;
  readonly #tasks: (() => void)[] = [];
  #scheduled = false;

  constructor(settings: MachineSettings = {}) {
    const { vpCount = 4, pages = 512, scattered = false } = settings;
    this.vpCount = vpCount;
    this.buffer = new SharedArrayBuffer(pages * PAGE_BYTES);
    this.#flags = new Int32Array(new SharedArrayBuffer(vpCount * FLAG_WORDS * 4));
    this.#slots = Array.from({ length: vpCount }, () => []);
    // Page 0 stays free: a GPA of 0 means none in some messages.
    this.#free = Array.from({ length: pages - 1 }, (_, i) => i + 1);
    if (scattered) this.#free.sort((a, b) => (a % 7) - (b % 7) || b - a);
    this.memory = this.#memory(pages);
    this.hostTransport = this.#hostSide();
    this.guestTransport = this.#guestSide();
  }

  /** Gives the host a message as the guest's kernel would. */
  post(message: Uint8Array): void {
    const copy = message.slice();
    this.#later(() => this.hostTransport.onMessage?.(copy));
  }

  /** Signals as the guest's kernel would. */
  signal(connectionId: number): void {
    this.#later(() => this.#connections.get(connectionId)?.());
  }

  get signalConnections(): number[] {
    return [...this.#connections.keys()];
  }

  /** Settles when nothing is in flight between the two ends. */
  async quiet(): Promise<void> {
    for (let still = 0; still < 20; still += 1) {
      if (this.#tasks.length > 0 || this.#scheduled) still = 0;
      await Promise.resolve();
    }
  }

  /** Posts and waits; returns what the host sent meanwhile. */
  async exchange(...messages: Uint8Array[]): Promise<Uint8Array[]> {
    const before = this.toGuest.length;
    for (const message of messages) this.post(message);
    await this.quiet();
    return this.toGuest.slice(before);
  }

  /** Views of pages by number. */
  page(gpn: number): DataView {
    return new DataView(this.buffer, gpn * PAGE_BYTES, PAGE_BYTES);
  }

  #memory(count: number): GuestMemory {
    const { buffer } = this;
    const ram = (gpn: number | undefined): gpn is number =>
      gpn !== undefined && Number.isInteger(gpn) && gpn >= 0 && gpn < count;
    return {
      pages(gpns) {
        if (!gpns.every(ram)) return undefined;
        return { buffer, offsets: gpns.map((gpn) => gpn * PAGE_BYTES) };
      },
      gather(gpns, first, byteOffset, byteCount, into) {
        const pages = Math.ceil((byteOffset + byteCount) / PAGE_BYTES);
        for (let i = 0; i < pages; i += 1) if (!ram(gpns[first + i])) return false;
        let left = byteCount;
        let offset = byteOffset;
        for (let i = 0; i < pages; i += 1) {
          const take = Math.min(PAGE_BYTES - offset, left);
          into.push(new Uint8Array(buffer, gpns[first + i]! * PAGE_BYTES + offset, take));
          left -= take;
          offset = 0;
        }
        return true;
      },
    };
  }

  #later(task: () => void): void {
    this.#tasks.push(task);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const next of this.#tasks.splice(0)) next();
    });
  }

  #hostSide(): HostTransport {
    return {
      onMessage: undefined,
      postMessage: (payload, lengthBytes, vp) => {
        const slot = this.#slots[vp];
        if (slot === undefined) return false;
        if (slot.length >= MESSAGE_BUFFERS) return 'retry';
        slot.push({ type: 1, payload: payload.slice(0, lengthBytes) });
        this.#later(() => this.interrupt(vp));
        return true;
      },
      signal: (flag, vp) => {
        this.flagsSet.push({ flag, vp });
        const mask = 1 << (flag & 31);
        const old = Atomics.or(this.#flags, vp * FLAG_WORDS + (flag >>> 5), mask);
        if ((old & mask) === 0) this.#later(() => this.interrupt(vp));
      },
      openSignal: (connectionId, onSignal): SignalConnection => {
        if (this.#connections.has(connectionId)) throw new Error(`connection ${connectionId} is in use`);
        this.#connections.set(connectionId, onSignal);
        return { close: () => void this.#connections.delete(connectionId) };
      },
    };
  }

  /** The guest's interrupt handler: events first, then the message slot. */
  interrupt(vp: number): void {
    this.guest?.dispatchEvents(this.#flags, vp * FLAG_WORDS);
    if (this.guestStalled) return;
    for (const { type, payload } of this.#slots[vp]!.splice(0)) {
      this.toGuest.push(payload);
      // As in the slot: 240 bytes, of which the first are the message.
      const slot = new Uint8Array(240);
      slot.set(payload);
      this.guest?.dispatchMessage(type, slot, payload.length);
    }
  }

  #guestSide(): GuestTransport {
    return {
      vpCount: this.vpCount,
      postMessage: (connectionId, type, payload, lengthBytes) => {
        this.hypercalls.postMessage += 1;
        const forced = this.postStatuses.shift();
        if (forced !== undefined && forced !== 0) return forced;
        if ((connectionId !== 1 && connectionId !== 4) || type !== 1) return 0x12;
        this.post(payload.subarray(0, lengthBytes));
        return 0;
      },
      signalEvent: (connectionId) => {
        this.hypercalls.signalEvent += 1;
        this.signal(connectionId);
      },
      allocatePages: (count) => this.allocatePages(count),
      freePages: (pages) => {
        if (!this.allocated.delete(pages)) throw new Error('pages freed twice');
        this.#free.push(...pages.gpns);
      },
    };
  }

  allocatePages(count: number): AllocatedPages {
    const gpns = this.#free.splice(0, count);
    if (gpns.length < count) throw new Error('no pages');
    for (const gpn of gpns) new Uint8Array(this.buffer, gpn * PAGE_BYTES, PAGE_BYTES).fill(0);
    const pages = { gpns, pages: { buffer: this.buffer, offsets: gpns.map((gpn) => gpn * PAGE_BYTES) } };
    this.allocated.add(pages);
    return pages;
  }
}

/** A machine with both ends of the bus on it. */
export interface Bus {
  readonly machine: InProcessMachine;
  readonly host: VmbusHost;
  readonly guest: VmbusGuest;
}

/** Builds both ends; nothing is connected yet. */
export function makeBus(
  settings: MachineSettings & {
    readonly host?: Partial<VmbusHostOptions>;
    readonly guest?: Partial<VmbusGuestOptions>;
  } = {},
): Bus {
  const machine = new InProcessMachine(settings);
  const { memory, clock, vpCount } = machine;
  const host = new VmbusHost({ transport: machine.hostTransport, memory, clock, vpCount, ...settings.host });
  const guest = new VmbusGuest({ transport: machine.guestTransport, memory, clock, ...settings.guest });
  machine.guest = guest;
  return { machine, host, guest };
}

/** The host end alone; the test is the guest. */
export function makeHost(
  settings: MachineSettings & { readonly host?: Partial<VmbusHostOptions> } = {},
): Omit<Bus, 'guest'> {
  const machine = new InProcessMachine(settings);
  const { memory, clock, vpCount } = machine;
  const host = new VmbusHost({ transport: machine.hostTransport, memory, clock, vpCount, ...settings.host });
  return { machine, host };
}
