/** Who has an IPv6 address, and where the router is. RFC 4861, 8106. */

import { storeLong } from './checksum.ts';
import { MAC_BYTES } from './ethernet.ts';
import { IPV6_BYTES, type IpAddress } from './ip-address.ts';
import { icmpPacket, type PacketEnds } from './ip-packet.ts';

/** Types of ICMPv6 messages. */
export const Icmpv6Type = {
  UNREACHABLE: 1,
  ECHO_REQUEST: 128,
  ECHO_REPLY: 129,
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOUR_SOLICITATION: 135,
  NEIGHBOUR_ADVERTISEMENT: 136,
} as const;

const HEADER_BYTES = 8;
const Option = { SOURCE_MAC: 1, TARGET_MAC: 2, PREFIX: 3, MTU: 5, NAME_SERVERS: 25 } as const;
/** In the word behind the checksum of an advertisement. */
const IS_ROUTER = 2 ** 31;
const IS_SOLICITED = 2 ** 30;
const OVERRIDES = 2 ** 29;
const HOP_LIMIT = 64;
const ON_LINK_AND_AUTONOMOUS = 0xc0;

/** The multicast address at which a station listens for questions about `address`. RFC 4291. */
export function solicitedNodeAddress(address: IpAddress): Uint8Array<ArrayBuffer> {
  const group = new Uint8Array(IPV6_BYTES);
  group.set([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]);
  group.set(address.subarray(13), 13);
  return group;
}

/** All stations of the link. */
export function allNodesAddress(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
}

/** All routers of the link. */
export function allRoutersAddress(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);
}

/** The hardware address of a multicast address. RFC 2464. */
export function multicastMac(group: IpAddress): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0x33, 0x33, group[12]!, group[13]!, group[14]!, group[15]!);
}

/** Asks for the hardware address of `target`. */
export function neighbourSolicitation(
  mac: Uint8Array,
  from: IpAddress,
  target: IpAddress,
): Uint8Array<ArrayBuffer> {
  const to = solicitedNodeAddress(target);
  const ends = { fromMac: mac, toMac: multicastMac(to), from, to };
  return icmpPacket(ends, Icmpv6Type.NEIGHBOUR_SOLICITATION, 0, 0, withMac(target, Option.SOURCE_MAC, mac));
}

/** Tells that `target` is at the hardware address that the packet comes from. */
export function neighbourAdvertisement(
  ends: PacketEnds,
  target: IpAddress,
  { isRouter, isSolicited }: { readonly isRouter: boolean; readonly isSolicited: boolean },
): Uint8Array<ArrayBuffer> {
  const flags = OVERRIDES + (isRouter ? IS_ROUTER : 0) + (isSolicited ? IS_SOLICITED : 0);
  const payload = withMac(target, Option.TARGET_MAC, ends.fromMac);
  return icmpPacket(ends, Icmpv6Type.NEIGHBOUR_ADVERTISEMENT, 0, flags, payload);
}

/** Asks for routers. */
export function routerSolicitation(mac: Uint8Array, from: IpAddress): Uint8Array<ArrayBuffer> {
  const to = allRoutersAddress();
  const ends = { fromMac: mac, toMac: multicastMac(to), from, to };
  const payload = Uint8Array.of(Option.SOURCE_MAC, 1, ...mac);
  return icmpPacket(ends, Icmpv6Type.ROUTER_SOLICITATION, 0, 0, payload);
}

/** What a router tells. */
export interface RouterFacts {
  /** 8 bytes, from which stations make addresses of their own. */
  readonly prefix: Uint8Array;
  readonly lifetimeSeconds: number;
  readonly mtuBytes: number;
  readonly nameServer: IpAddress | undefined;
}

/** Tells stations that the sender is their router. */
export function routerAdvertisement(ends: PacketEnds, facts: RouterFacts): Uint8Array<ArrayBuffer> {
  const { prefix, lifetimeSeconds, mtuBytes, nameServer } = facts;
  const payload = new Uint8Array(8 + 8 + 32 + 8 + (nameServer === undefined ? 0 : 24));
  // Reachable time and retransmission timer are left to the stations.
  payload.set([Option.SOURCE_MAC, 1, ...ends.fromMac], 8);
  payload.set([Option.PREFIX, 4, 64, ON_LINK_AND_AUTONOMOUS], 16);
  storeLong(payload, 20, lifetimeSeconds);
  storeLong(payload, 24, lifetimeSeconds);
  payload.set(prefix.subarray(0, 8), 32);
  payload.set([Option.MTU, 1], 48);
  storeLong(payload, 52, mtuBytes);
  if (nameServer !== undefined) {
    payload.set([Option.NAME_SERVERS, 3], 56);
    storeLong(payload, 60, lifetimeSeconds);
    payload.set(nameServer, 64);
  }
  const rest = HOP_LIMIT * 2 ** 24 + Math.min(lifetimeSeconds, 9000);
  return icmpPacket(ends, Icmpv6Type.ROUTER_ADVERTISEMENT, 0, rest, payload);
}

/** The hardware address in the options of a discovery message of this type, from `at` to `end`; undefined without one. */
export function discoveredMac(bytes: Uint8Array, at: number, end: number): Uint8Array | undefined {
  const type = bytes[at];
  const hasTarget = type === Icmpv6Type.NEIGHBOUR_SOLICITATION || type === Icmpv6Type.NEIGHBOUR_ADVERTISEMENT;
  const isAdvertised = type === Icmpv6Type.NEIGHBOUR_ADVERTISEMENT;
  const first =
    at + HEADER_BYTES + (hasTarget ? IPV6_BYTES : type === Icmpv6Type.ROUTER_ADVERTISEMENT ? 8 : 0);
  const wanted = isAdvertised ? Option.TARGET_MAC : Option.SOURCE_MAC;
  const found = findOption(bytes, first, end, wanted, 1);
  return found === undefined ? undefined : bytes.subarray(found + 2, found + 2 + MAC_BYTES);
}

/** The target of a neighbour message from `at` to `end`; undefined when it is cut short. */
export function discoveryTarget(bytes: Uint8Array, at: number, end: number): IpAddress | undefined {
  const from = at + HEADER_BYTES;
  return from + IPV6_BYTES > end ? undefined : bytes.subarray(from, from + IPV6_BYTES);
}

/** The prefix of a router's advertisement from `at` to `end` that stations may make addresses of; undefined without one. */
export function advertisedPrefix(bytes: Uint8Array, at: number, end: number): Uint8Array | undefined {
  const found = findOption(bytes, at + HEADER_BYTES + 8, end, Option.PREFIX, 4);
  const isUsable = found !== undefined && bytes[found + 2] === 64 && (bytes[found + 3]! & 0x40) !== 0;
  return isUsable ? bytes.subarray(found + 16, found + 24) : undefined;
}

/** The place of the first option of `type` that has `units` of 8 bytes. */
function findOption(
  bytes: Uint8Array,
  first: number,
  end: number,
  type: number,
  units: number,
): number | undefined {
  for (let at = first; at + 8 <= end; ) {
    const lengthBytes = bytes[at + 1]! * 8;
    if (lengthBytes === 0 || at + lengthBytes > end) return undefined;
    if (bytes[at] === type && bytes[at + 1] === units) return at;
    at += lengthBytes;
  }
  return undefined;
}

function withMac(target: IpAddress, option: number, mac: Uint8Array): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(IPV6_BYTES + 8);
  payload.set(target);
  payload.set([option, 1], IPV6_BYTES);
  payload.set(mac, IPV6_BYTES + 2);
  return payload;
}
