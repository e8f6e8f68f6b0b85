/** An Ethernet switch in the process: joins several stations, and learns where each address is. IEEE 802.1D, learning bridge. */

import { formatMac, isGroupAddress, MAC_BYTES, macNumber } from '@viridian/inet';
import { type Counters, counters, type Inspectable, type InspectNode } from '@viridian/trace';
import type { Frame } from './frame.ts';
import type { NetworkPort, NetworkStation } from './network-port.ts';

/** Settings of a switch. */
export interface SwitchOptions {
  /** Longest payload of a frame: 9000 when absent. */
  readonly mtuBytes?: number;
  /** Addresses to remember, 4096 when absent; the longest known one makes room. */
  readonly maxAddresses?: number;
}

/** What a port counts, always on. */
export type SwitchPortCounters = Counters<
  'framesSent' | 'bytesSent' | 'framesReceived' | 'bytesReceived' | 'flooded' | 'dropped' | 'tooShort'
>;

const DEFAULT_MTU_BYTES = 9000;
const DEFAULT_MAX_ADDRESSES = 4096;
const SHORTEST_FRAME_BYTES = 14;

/** Frames are delivered while they are sent, by reference: nothing is copied, nothing waits. */
export class Switch implements Inspectable {
  readonly mtuBytes: number;
  readonly #maxAddresses: number;
  readonly #places = new Map<number, SwitchPort>();
  /** Replaced, never changed: a frame on its way sees the ports of its beginning. */
  #ports: readonly SwitchPort[] = [];

  constructor(options: SwitchOptions = {}) {
    this.mtuBytes = options.mtuBytes ?? DEFAULT_MTU_BYTES;
    this.#maxAddresses = options.maxAddresses ?? DEFAULT_MAX_ADDRESSES;
  }

  /** A new port. `name` is for people. */
  port(name = `port ${this.#ports.length}`): SwitchPort {
    const port = new SwitchPort(name, this.mtuBytes, {
      forward: (frame) => this.#forward(port, frame),
      forget: () => this.#forget(port),
      remove: () => {
        this.#ports = this.#ports.filter((other) => other !== port);
      },
    });
    this.#ports = [...this.#ports, port];
    return port;
  }

  inspect(): InspectNode {
    return {
      mtuBytes: this.mtuBytes,
      ports: () => Object.fromEntries(this.#ports.map((port) => [port.name, port])),
      addresses: () =>
        Object.fromEntries([...this.#places].map(([mac, port]) => [formatMac(macBytes(mac)), port.name])),
    };
  }

  #forward(from: SwitchPort, frame: Frame): void {
    const { bytes } = frame;
    if (!isGroupAddress(bytes, MAC_BYTES)) this.#learn(macNumber(bytes, MAC_BYTES), from);
    const to = isGroupAddress(bytes, 0) ? undefined : this.#places.get(macNumber(bytes, 0));
    if (to !== undefined) {
      // A frame for somebody behind the same port was heard there already.
      if (to !== from) to.deliver(frame);
      return;
    }
    from.counters.flooded += 1;
    for (const port of this.#ports) if (port !== from) port.deliver(frame);
  }

  #learn(mac: number, port: SwitchPort): void {
    if (this.#places.get(mac) === port) return;
    this.#places.delete(mac);
    if (this.#places.size >= this.#maxAddresses) {
      const [oldest] = this.#places.keys();
      this.#places.delete(oldest!);
    }
    this.#places.set(mac, port);
  }

  #forget(port: SwitchPort): void {
    for (const [mac, place] of this.#places) if (place === port) this.#places.delete(mac);
  }
}

/** What a port asks of its switch. */
interface SwitchCore {
  forward(frame: Frame): void;
  forget(): void;
  remove(): void;
}

/** A port of a switch. Its cable can be pulled, and it can be taken out for good. */
export class SwitchPort implements NetworkPort {
  readonly name: string;
  readonly mtuBytes: number;
  readonly counters: SwitchPortCounters = counters({
    framesSent: 0,
    bytesSent: 0,
    framesReceived: 0,
    bytesReceived: 0,
    flooded: 0,
    dropped: 0,
    tooShort: 0,
  });
  readonly #core: SwitchCore;
  #station: NetworkStation | undefined;
  #linkUp = true;

  /** Made by `Switch.port`. */
  constructor(name: string, mtuBytes: number, core: SwitchCore) {
    this.name = name;
    this.mtuBytes = mtuBytes;
    this.#core = core;
  }

  get linkUp(): boolean {
    return this.#linkUp;
  }

  connect(station: NetworkStation): void {
    if (this.#station !== undefined) throw new Error(`${this.name}: there is a station in this port`);
    this.#station = station;
  }

  disconnect(): void {
    this.#station = undefined;
    this.#core.forget();
  }

  send(frame: Frame): void {
    if (!this.#linkUp) {
      this.counters.dropped += 1;
      return;
    }
    if (frame.bytes.length < SHORTEST_FRAME_BYTES) {
      this.counters.tooShort += 1;
      return;
    }
    this.counters.framesSent += 1;
    this.counters.bytesSent += frame.bytes.length;
    this.#core.forward(frame);
  }

  /** The switch has a frame for this port. */
  deliver(frame: Frame): void {
    if (this.#station === undefined) return;
    if (!this.#linkUp || !this.#station.receive(frame)) {
      this.counters.dropped += 1;
      return;
    }
    this.counters.framesReceived += 1;
    this.counters.bytesReceived += frame.bytes.length;
  }

  /** Pulls the cable, or plugs it in; the station is told. */
  setLink(up: boolean): void {
    if (up === this.#linkUp) return;
    this.#linkUp = up;
    if (!up) this.#core.forget();
    this.#station?.linkChanged?.(up);
  }

  /** Takes the port out of the switch. */
  close(): void {
    this.setLink(false);
    this.disconnect();
    this.#core.remove();
  }

  inspect(): InspectNode {
    return {
      connected: this.#station !== undefined,
      linkUp: this.#linkUp,
      counters: this.counters,
    };
  }
}

function macBytes(mac: number): Uint8Array {
  return Uint8Array.from({ length: MAC_BYTES }, (_, i) => Math.floor(mac / 2 ** (8 * (5 - i))) % 256);
}
