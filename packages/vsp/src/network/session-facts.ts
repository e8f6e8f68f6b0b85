/** The state of one opening of an adapter. */

import type { NetworkPort } from '@viridian/drivers';
import { ETHERNET_HEADER_BYTES } from '@viridian/inet';
import type { AdapterCounters, AdapterFacts } from './adapter-facts.ts';
import { DEFAULT_FRAME_BYTES } from './nvsp-state.ts';

/** What does not change from one opening to the next. */
export interface AdapterIdentity {
  readonly friendlyName: string;
  readonly permanentMac: Uint8Array;
  readonly port: NetworkPort;
  readonly counters: AdapterCounters;
}

/** Begins afresh with each opening of the primary channel. */
export class SessionFacts implements AdapterFacts {
  currentMac: Uint8Array;
  packetFilter = 0;
  coalesces = false;
  multicastList: Uint8Array = new Uint8Array(0);
  version = 0;
  frameBytes = DEFAULT_FRAME_BYTES;
  readonly #identity: AdapterIdentity;

  constructor(identity: AdapterIdentity) {
    this.#identity = identity;
    this.currentMac = identity.permanentMac;
  }

  get counters(): AdapterCounters {
    return this.#identity.counters;
  }

  get friendlyName(): string {
    return this.#identity.friendlyName;
  }

  get permanentMac(): Uint8Array {
    return this.#identity.permanentMac;
  }

  get linkUp(): boolean {
    return this.#identity.port.linkUp;
  }

  get mtuBytes(): number {
    return Math.min(this.frameBytes - ETHERNET_HEADER_BYTES, this.#identity.port.mtuBytes);
  }

  /** Version and frame length were agreed on. */
  agreed(version: number, frameBytes: number): void {
    this.version = version;
    this.frameBytes = frameBytes;
  }
}
