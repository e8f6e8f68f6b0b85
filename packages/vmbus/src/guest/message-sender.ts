/** Messages to the host, in order, tried again while it has no buffers. TLFS, HvPostMessage. */

import { VMBUS_MESSAGE_TYPE } from '@viridian/protocols/vmbus';
import { messageTrace } from '../ring/trace-points.ts';
import type { VmbusGuestOptions } from './guest-types.ts';
import { VmbusError } from './vmbus-error.ts';

/** HV_STATUS values that pass by themselves. */
const INSUFFICIENT_MEMORY = 0x0b;
const INVALID_CONNECTION_ID = 0x12;
const INSUFFICIENT_BUFFERS = 0x13;
const MOST_TRIES = 100;
/** 1 µs and 2 ms, in units of 100 ns: the wait doubles between them. */
const FIRST_WAIT = 10;
const LONGEST_WAIT = 20_000;

/** Where a message goes, and whether an unknown connection there is an answer. */
export interface Destination {
  readonly connectionId: number;
  /** InitiateContact: 0x12 says at once that the host knows no such version. */
  readonly contact?: boolean;
}

/** Posts messages one behind the other. */
export class MessageSender {
  readonly #options: VmbusGuestOptions;
  readonly #where: string;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  posted = 0;
  retries = 0;

  constructor(options: VmbusGuestOptions, where: string) {
    this.#options = options;
    this.#where = where;
  }

  /** Settles when the hypervisor has taken the message. Rejects with `failed` when it never will. */
  send(message: Uint8Array, to: Destination): Promise<void> {
    this.#waiting += 1;
    const turn =
      this.#waiting === 1 ? this.#post(message, to) : this.#last.then(() => this.#post(message, to));
    const done = turn.finally(() => {
      this.#waiting -= 1;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #post(message: Uint8Array, to: Destination): Promise<void> {
    const { transport, clock } = this.#options;
    if (messageTrace.on) {
      const type = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
      messageTrace.emit(this.#where, 'sent', type, message.length);
    }
    let wait = FIRST_WAIT;
    for (let tries = 1; ; tries += 1) {
      const status = transport.postMessage(to.connectionId, VMBUS_MESSAGE_TYPE, message, message.length);
      if (status === 0) {
        this.posted += 1;
        return;
      }
      const passing =
        status === INSUFFICIENT_BUFFERS ||
        status === INSUFFICIENT_MEMORY ||
        (status === INVALID_CONNECTION_ID && to.contact !== true);
      if (!passing || tries === MOST_TRIES) throw new VmbusError('failed', 'HvPostMessage failed', status);
      this.retries += 1;
      const until = clock.now() + wait;
      await new Promise<void>((resolve) => clock.schedule(until, resolve));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }
}
