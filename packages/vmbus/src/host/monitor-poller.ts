/** Monitored notification: the guest sets a bit in a page, and we look often enough. VMBus, Monitor Pages. */

import { MONITOR_COUNT, MonitorOffset } from '@viridian/protocols/vmbus';
import type { BusClock } from '../ring/bus-clock.ts';
import { setFlag } from '../ring/flag-scan.ts';
import type { GuestPage } from './guest-page.ts';

const TRIGGER_STATE_WORD = MonitorOffset.TRIGGER_STATE / 4;
const GROUPS = 4;

interface Monitor {
  readonly latency: number;
  readonly signal: () => void;
}

/** Polls the guest's trigger page while a monitored channel is open; costs nothing otherwise. */
export class MonitorPoller {
  readonly #clock: BusClock;
  readonly #open = new Map<number, Monitor>();
  readonly #used = new Set<number>();
  #page: GuestPage | undefined;
  #timer: unknown;
  polls = 0;
  signals = 0;

  constructor(clock: BusClock) {
    this.#clock = clock;
  }

  /** A free monitor id; `undefined` when all 128 are taken. */
  allocate(): number | undefined {
    for (let id = 0; id < MONITOR_COUNT; id += 1) {
      if (this.#used.has(id)) continue;
      this.#used.add(id);
      return id;
    }
    return undefined;
  }

  free(id: number): void {
    this.#used.delete(id);
  }

  /** The child-to-parent page of the connection; `undefined` when the guest gave none or is gone. */
  connect(page: GuestPage | undefined): void {
    this.#page = page;
    this.#schedule();
  }

  get connected(): boolean {
    return this.#page !== undefined;
  }

  /** Begins to watch monitor `id`. `latency` is in units of 100 ns. */
  open(id: number, connectionId: number, latency: number, signal: () => void): void {
    this.#open.set(id, { latency, signal });
    const page = this.#page;
    if (page !== undefined) {
      const bytes = new DataView(page.words.buffer, page.first * 4, 4096);
      bytes.setUint16(MonitorOffset.LATENCY + id * 2, Math.min(latency, 0xffff), true);
      bytes.setUint32(MonitorOffset.PARAMETERS + id * 8, connectionId, true);
      bytes.setUint32(MonitorOffset.PARAMETERS + id * 8 + 4, 0, true);
      setFlag(page.words, page.first + TRIGGER_STATE_WORD, id >>> 5);
    }
    this.#schedule();
  }

  close(id: number): void {
    this.#open.delete(id);
    if (this.#open.size === 0) this.#stop();
  }

  /** Looks now; the timer does it by itself. */
  poll(): void {
    const page = this.#page;
    if (page === undefined) return;
    this.polls += 1;
    for (let group = 0; group < GROUPS; group += 1) {
      const word = page.first + (MonitorOffset.TRIGGER_GROUPS + group * 8) / 4;
      if (Atomics.load(page.words, word) === 0) continue;
      let pending = Atomics.exchange(page.words, word, 0);
      while (pending !== 0) {
        const id = group * 32 + 31 - Math.clz32(pending & -pending);
        pending &= pending - 1;
        const monitor = this.#open.get(id);
        if (monitor === undefined) continue;
        this.signals += 1;
        monitor.signal();
      }
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#page === undefined || this.#open.size === 0) return;
    let latency = Number.POSITIVE_INFINITY;
    for (const monitor of this.#open.values()) latency = Math.min(latency, monitor.latency);
    this.#timer = this.#clock.schedule(this.#clock.now() + latency, () => {
      this.#timer = undefined;
      this.poll();
      this.#schedule();
    });
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer as never);
    this.#timer = undefined;
  }
}
