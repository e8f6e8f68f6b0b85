/** Pages through which the guest signals and is signalled without channel interrupts. VMBus, Interrupt and Monitor Pages. */

import { INTERRUPT_PAGE_GUEST_TO_HOST, MonitorOffset } from '@viridian/protocols/vmbus';
import { setFlag, takeFlags } from '../ring/flag-scan.ts';
import { PAGE_BYTES } from '../ring/guest-memory.ts';
import type { AllocatedPages, GuestTransport } from './guest-transport.ts';

const HALF_WORDS = INTERRUPT_PAGE_GUEST_TO_HOST / 4;
const FLAG_WORDS = 2048 / 32;

/** The interrupt page and the two monitor pages. Linux, too, has all three whatever the version. */
export class SharedSignals {
  readonly #transport: GuestTransport;
  readonly #pages: AllocatedPages;
  readonly #words: Int32Array;
  readonly #interrupt: number;
  readonly #childToParent: number;

  constructor(transport: GuestTransport) {
    this.#transport = transport;
    this.#pages = transport.allocatePages(3);
    const { buffer, offsets } = this.#pages.pages;
    this.#words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.#interrupt = offsets[0]! / 4;
    this.#childToParent = offsets[2]! / 4;
  }

  get interruptPageGpa(): number {
    return this.#pages.gpns[0]! * PAGE_BYTES;
  }

  get parentToChildGpa(): number {
    return this.#pages.gpns[1]! * PAGE_BYTES;
  }

  get childToParentGpa(): number {
    return this.#pages.gpns[2]! * PAGE_BYTES;
  }

  /** Takes the bits that the host set. */
  takeInterrupts(found: (relid: number) => void): void {
    takeFlags(this.#words, this.#interrupt, FLAG_WORDS, found);
  }

  /** Sets a channel's bit for the host. */
  setInterrupt(relid: number): void {
    setFlag(this.#words, this.#interrupt + HALF_WORDS, relid);
  }

  /** Triggers a monitor; the host sees it within its latency. */
  trigger(monitorId: number): void {
    const group = this.#childToParent + (MonitorOffset.TRIGGER_GROUPS + (monitorId >>> 5) * 8) / 4;
    setFlag(this.#words, group, monitorId & 31);
  }

  free(): void {
    this.#transport.freePages(this.#pages);
  }
}
