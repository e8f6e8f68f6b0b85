/** Addresses for guests. RFC 2131 and 2132. */

import { loadLong, MAC_BYTES, macNumber, storeLong } from '@viridian/inet';

/** UDP ports. */
export const DHCP_SERVER_PORT = 67;
export const DHCP_CLIENT_PORT = 68;

/** What a server says to its clients. */
export interface DhcpSettings {
  readonly gateway: number;
  /** First address to give, and how many. */
  readonly firstAddress: number;
  readonly addressCount: number;
  readonly netmask: number;
  readonly mtuBytes: number;
}

/** An answer: a BOOTP message, and whether it goes to all stations. */
export interface DhcpAnswer {
  readonly message: Uint8Array;
  readonly broadcast: boolean;
  /** The client's address if it has one from now on. */
  readonly address: Uint8Array;
}

const HEADER_BYTES = 236;
const COOKIE = 0x6382_5363;
const BROADCAST_FLAG = 0x80;
const SHORTEST_MESSAGE_BYTES = 300;
const LEASE_SECONDS = 86_400;
const Option = {
  NETMASK: 1,
  ROUTER: 3,
  DNS: 6,
  MTU: 26,
  REQUESTED_ADDRESS: 50,
  LEASE_SECONDS: 51,
  MESSAGE_TYPE: 53,
  SERVER: 54,
  RENEWAL_SECONDS: 58,
  REBINDING_SECONDS: 59,
  END: 255,
} as const;
const Type = { DISCOVER: 1, OFFER: 2, REQUEST: 3, ACK: 5, NAK: 6, INFORM: 8 } as const;

/** Gives each hardware address the same address again. */
export class DhcpServer {
  readonly #settings: DhcpSettings;
  readonly #leases = new Map<number, number>();

  constructor(settings: DhcpSettings) {
    this.#settings = settings;
  }

  /** The answer to a client's message; undefined for one that gets none. */
  answer(request: Uint8Array): DhcpAnswer | undefined {
    if (
      request.length < HEADER_BYTES + 4 ||
      request[0] !== 1 ||
      request[1] !== 1 ||
      request[2] !== MAC_BYTES
    ) {
      return undefined;
    }
    if (loadLong(request, HEADER_BYTES) !== COOKIE) return undefined;
    const options = readOptions(request);
    const type = options.get(Option.MESSAGE_TYPE)?.[0];
    const server = word(options.get(Option.SERVER));
    if (server !== undefined && server !== this.#settings.gateway) return undefined;
    if (type === Type.INFORM) return this.#reply(request, Type.ACK, 0);
    if (type !== Type.DISCOVER && type !== Type.REQUEST) return undefined;
    const address = this.#lease(macNumber(request, 28));
    if (address === undefined) return undefined;
    if (type === Type.DISCOVER) return this.#reply(request, Type.OFFER, address);
    const wanted = word(options.get(Option.REQUESTED_ADDRESS)) ?? loadLong(request, 12);
    return wanted === address ? this.#reply(request, Type.ACK, address) : this.#reply(request, Type.NAK, 0);
  }

  #lease(mac: number): number | undefined {
    const known = this.#leases.get(mac);
    if (known !== undefined) return known;
    const { firstAddress, addressCount } = this.#settings;
    if (this.#leases.size >= addressCount) return undefined;
    const address = firstAddress + this.#leases.size;
    this.#leases.set(mac, address);
    return address;
  }

  #reply(request: Uint8Array, type: number, address: number): DhcpAnswer {
    const { gateway, netmask, mtuBytes } = this.#settings;
    const message = new Uint8Array(SHORTEST_MESSAGE_BYTES + 64);
    message.set(request.subarray(0, HEADER_BYTES));
    message[0] = 2;
    storeLong(message, 16, type === Type.NAK ? 0 : address);
    storeLong(message, 20, gateway);
    message.fill(0, 44, HEADER_BYTES);
    storeLong(message, HEADER_BYTES, COOKIE);
    let at = HEADER_BYTES + 4;
    const put = (code: number, ...bytes: number[]): void => {
      message.set([code, bytes.length, ...bytes], at);
      at += 2 + bytes.length;
    };
    const putWord = (code: number, value: number): void =>
      put(code, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
    put(Option.MESSAGE_TYPE, type);
    putWord(Option.SERVER, gateway);
    if (type !== Type.NAK) {
      putWord(Option.NETMASK, netmask);
      putWord(Option.ROUTER, gateway);
      putWord(Option.DNS, gateway);
      put(Option.MTU, mtuBytes >>> 8, mtuBytes & 255);
    }
    if (type !== Type.NAK && address !== 0) {
      putWord(Option.LEASE_SECONDS, LEASE_SECONDS);
      putWord(Option.RENEWAL_SECONDS, LEASE_SECONDS / 2);
      putWord(Option.REBINDING_SECONDS, (LEASE_SECONDS * 7) / 8);
    }
    message[at] = Option.END;
    const client = loadLong(request, 12);
    const broadcast = type === Type.NAK || ((request[10]! & BROADCAST_FLAG) !== 0 && client === 0);
    const given = new Uint8Array(4);
    storeLong(given, 0, address || client);
    return {
      message: message.subarray(0, Math.max(at + 1, SHORTEST_MESSAGE_BYTES)),
      broadcast,
      address: given,
    };
  }
}

function readOptions(message: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  for (let at = HEADER_BYTES + 4; at + 1 < message.length && message[at] !== Option.END; ) {
    if (message[at] === 0) {
      at += 1;
      continue;
    }
    const length = message[at + 1]!;
    if (at + 2 + length > message.length) break;
    options.set(message[at]!, message.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

function word(bytes: Uint8Array | undefined): number | undefined {
  return bytes?.length === 4 ? loadLong(bytes, 0) : undefined;
}
