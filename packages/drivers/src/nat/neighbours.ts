/** Which guest has which address, as its packets tell. */

import { type IpAddress, isInNetwork, MAC_BYTES, type PacketEnds } from '@viridian/inet';

/** Bits of the networks of guests. */
export const IPV4_PREFIX_BITS = 24;
export const IPV6_PREFIX_BITS = 64;

const MOST_NEIGHBOURS = 512;
const LINK_LOCAL = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** What a gateway is on its network. */
export interface GatewayAddresses {
  readonly mac: Uint8Array;
  readonly ipv4: IpAddress;
  /** In the network that guests make their addresses in. */
  readonly ipv6: IpAddress;
  readonly linkLocal: IpAddress;
}

/** A text that is the same for the same address. */
export function addressKey(address: IpAddress): string {
  return String.fromCharCode(...address);
}

/** Bounded; the longest known makes room. */
export class Neighbours {
  readonly #own: GatewayAddresses;
  /** Hardware addresses by address; changed in place, for flows keep them. */
  readonly #macs = new Map<string, Uint8Array>();

  constructor(own: GatewayAddresses) {
    this.#own = own;
  }

  get count(): number {
    return this.#macs.size;
  }

  /** A packet came from this address and this station. Addresses that cannot be a guest's are not believed. */
  learn(address: IpAddress, mac: Uint8Array): void {
    const key = addressKey(address);
    const known = this.#macs.get(key);
    if (known !== undefined) {
      for (let i = 0; i < MAC_BYTES; i += 1) known[i] = mac[i]!;
      return;
    }
    if (!this.#isGuest(address)) return;
    if (this.#macs.size >= MOST_NEIGHBOURS) {
      const [oldest] = this.#macs.keys();
      this.#macs.delete(oldest!);
    }
    this.#macs.set(key, mac.slice(0, MAC_BYTES));
  }

  /** The ends of packets from `from` to a guest; undefined for a guest that was never heard of. */
  ends(guest: IpAddress, from: IpAddress): PacketEnds | undefined {
    const toMac = this.#macs.get(addressKey(guest));
    return toMac === undefined ? undefined : { fromMac: this.#own.mac, toMac, from, to: guest };
  }

  #isGuest(address: IpAddress): boolean {
    const { ipv4, ipv6, linkLocal } = this.#own;
    const own = [ipv4, ipv6, linkLocal].map(addressKey);
    if (own.includes(addressKey(address))) return false;
    return (
      isInNetwork(address, ipv4, IPV4_PREFIX_BITS) ||
      isInNetwork(address, ipv6, IPV6_PREFIX_BITS) ||
      isInNetwork(address, LINK_LOCAL, IPV6_PREFIX_BITS)
    );
  }
}
