/** Messages to the guest, in order, however few buffers its SynIC has. TLFS, Inter-Partition Communication. */

import { warning } from '@viridian/trace';
import type { BusClock } from '../ring/bus-clock.ts';
import type { HostTransport } from './host-transport.ts';

/** 1 ms, in units of 100 ns. */
const RETRY_AFTER = 10_000;
const lostMessage = warning('vmbus.lost-message');

interface Waiting {
  readonly bytes: Uint8Array;
  readonly vp: number;
}

/** First in, first out; when the guest has no room the rest waits and is tried again. */
export class MessageQueue {
  readonly #transport: HostTransport;
  readonly #clock: BusClock;
  readonly #where: string;
  #waiting: Waiting[] = [];
  #retry: unknown;
  posted = 0;
  lost = 0;

  constructor(transport: HostTransport, clock: BusClock, where: string) {
    this.#transport = transport;
    this.#clock = clock;
    this.#where = where;
  }

  get length(): number {
    return this.#waiting.length;
  }

  send(bytes: Uint8Array, vp: number): void {
    this.#waiting.push({ bytes, vp });
    if (this.#retry === undefined) this.#flush();
  }

  /** Drops what waits: the guest that it was for is gone. */
  clear(): void {
    this.#waiting = [];
    if (this.#retry !== undefined) this.#clock.cancel(this.#retry as never);
    this.#retry = undefined;
  }

  #flush(): void {
    let done = 0;
    for (const { bytes, vp } of this.#waiting) {
      const result = this.#transport.postMessage(bytes, bytes.length, vp);
      if (result === 'retry') break;
      done += 1;
      if (result) this.posted += 1;
      else {
        this.lost += 1;
        lostMessage.report(this.#where, 'the guest can take no messages', { vp });
      }
    }
    this.#waiting.splice(0, done);
    if (this.#waiting.length === 0) return;
    this.#retry = this.#clock.schedule(this.#clock.now() + RETRY_AFTER, () => {
      this.#retry = undefined;
      this.#flush();
    });
  }
}
