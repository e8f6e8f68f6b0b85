/** Hardware addresses of the stations on the link, asked for when they are needed. RFC 826, 4861. */

import { arpRequest, formatIp, type IpAddress, neighbourSolicitation } from '@viridian/inet';

/** What the cache needs of its stack. */
export interface NeighbourSettings {
  readonly mac: Uint8Array;
  /** Our address that speaks to this one. */
  readonly sourceFor: (target: IpAddress) => IpAddress | undefined;
  readonly send: (frame: Uint8Array) => void;
  readonly after: (milliseconds: number, callback: () => void) => () => void;
}

interface Neighbour {
  /** Undefined while it is asked for. */
  mac: Uint8Array | undefined;
  readonly waiting: ((mac: Uint8Array | undefined) => void)[];
}

const MOST_NEIGHBOURS = 256;
const ASK_MS = 500;
const MOST_QUESTIONS = 6;

/** Bounded; the longest known makes room. */
export class NeighbourCache {
  readonly #settings: NeighbourSettings;
  readonly #neighbours = new Map<string, Neighbour>();

  constructor(settings: NeighbourSettings) {
    this.#settings = settings;
  }

  /** The hardware address if it is known. */
  known(address: IpAddress): Uint8Array | undefined {
    return this.#neighbours.get(formatIp(address))?.mac;
  }

  /** The hardware address of a station on the link; undefined when nobody answers. */
  async resolve(address: IpAddress): Promise<Uint8Array | undefined> {
    const known = this.known(address);
    if (known !== undefined) return known;
    return await new Promise<Uint8Array | undefined>((resolve) => {
      const key = formatIp(address);
      const asked = this.#neighbours.get(key);
      const neighbour = asked ?? this.#add(key, { mac: undefined, waiting: [] });
      neighbour.waiting.push(resolve);
      if (asked === undefined) this.#ask(key, address.slice(), 0);
    });
  }

  /** A station told its address: kept if it was asked for or is known. */
  learn(address: IpAddress, mac: Uint8Array): void {
    const neighbour = this.#neighbours.get(formatIp(address));
    if (neighbour === undefined) return;
    neighbour.mac = mac.slice(0, 6);
    for (const resolve of neighbour.waiting.splice(0)) resolve(neighbour.mac);
  }

  #ask(key: string, address: IpAddress, questions: number): void {
    const neighbour = this.#neighbours.get(key);
    if (neighbour === undefined || neighbour.mac !== undefined) return;
    const { mac, sourceFor, send, after } = this.#settings;
    const source = sourceFor(address);
    if (questions === MOST_QUESTIONS || source === undefined) {
      this.#neighbours.delete(key);
      for (const resolve of neighbour.waiting) resolve(undefined);
      return;
    }
    const isIpv4 = address.length === 4;
    send(isIpv4 ? arpRequest(mac, source, address) : neighbourSolicitation(mac, source, address));
    after(ASK_MS, () => this.#ask(key, address, questions + 1));
  }

  #add(key: string, neighbour: Neighbour): Neighbour {
    if (this.#neighbours.size >= MOST_NEIGHBOURS) {
      const [oldest] = this.#neighbours.entries();
      this.#neighbours.delete(oldest![0]);
      for (const resolve of oldest![1].waiting) resolve(undefined);
    }
    this.#neighbours.set(key, neighbour);
    return neighbour;
  }
}
