/** Packets in frames, put together: Ethernet, IPv4 or IPv6, and UDP, ICMP or ICMPv6 in it, with checksums. RFC 791, 8200, 768, 792, 4443. */

import { addWords, foldChecksum, storeLong, storeWord } from './checksum.ts';
import { ETHERNET_HEADER_BYTES, EtherType, MAC_BYTES } from './ethernet.ts';
import { IPV4_BYTES, type IpAddress } from './ip-address.ts';
import { fillIpv4Checksum, fillTransportChecksum, IpProtocol, PacketLayout } from './packet-layout.ts';

/** Who sends and who gets a packet; both addresses are of the same kind. */
export interface PacketEnds {
  readonly fromMac: Uint8Array;
  readonly toMac: Uint8Array;
  readonly from: IpAddress;
  readonly to: IpAddress;
}

/** Bytes of the headers without options. */
export const IPV4_HEADER_BYTES = 20;
export const IPV6_HEADER_BYTES = 40;
export const UDP_HEADER_BYTES = 8;

const ICMP_HEADER_BYTES = 8;
/** Ethernet, IPv6, and TCP with the options that are written here. */
const MOST_HEADER_BYTES = ETHERNET_HEADER_BYTES + 40 + 28;
const TTL = 64;
/** Neighbour discovery believes only packets that no router has passed on. */
const NEIGHBOUR_HOP_LIMIT = 255;
const DONT_FRAGMENT = 0x4000;

const layout = new PacketLayout();

/** Where the payload of IP begins in a frame of these ends. */
export function ipPayloadOffset({ from }: PacketEnds): number {
  return ETHERNET_HEADER_BYTES + (from.length === IPV4_BYTES ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);
}

/** A frame with an IP header in front of `payloadBytes` of room; in `into` if it fits there, where the payload is not cleared. */
export function ipPacket(
  ends: PacketEnds,
  protocol: number,
  payloadBytes: number,
  hopLimit = TTL,
  into?: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const lengthBytes = ipPayloadOffset(ends) + payloadBytes;
  const isInto = into !== undefined && lengthBytes <= into.length;
  const bytes = isInto ? into.subarray(0, lengthBytes) : new Uint8Array(lengthBytes);
  if (isInto) bytes.fill(0, 0, Math.min(lengthBytes, MOST_HEADER_BYTES));
  const ip = ETHERNET_HEADER_BYTES;
  const isIpv4 = ends.from.length === IPV4_BYTES;
  bytes.set(ends.toMac);
  bytes.set(ends.fromMac, MAC_BYTES);
  storeWord(bytes, ip - 2, isIpv4 ? EtherType.IPV4 : EtherType.IPV6);
  if (isIpv4) {
    bytes[ip] = 0x45;
    storeWord(bytes, ip + 2, IPV4_HEADER_BYTES + payloadBytes);
    storeWord(bytes, ip + 6, DONT_FRAGMENT);
    bytes[ip + 8] = hopLimit;
    bytes[ip + 9] = protocol;
    bytes.set(ends.from, ip + 12);
    bytes.set(ends.to, ip + 16);
    fillIpv4Checksum(bytes, ip);
  } else {
    bytes[ip] = 0x60;
    storeWord(bytes, ip + 4, payloadBytes);
    bytes[ip + 6] = protocol;
    bytes[ip + 7] = hopLimit;
    bytes.set(ends.from, ip + 8);
    bytes.set(ends.to, ip + 24);
  }
  return bytes;
}

/** A UDP datagram. */
export function udpPacket(
  ends: PacketEnds,
  fromPort: number,
  toPort: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = ipPacket(ends, IpProtocol.UDP, UDP_HEADER_BYTES + payload.length);
  const at = ipPayloadOffset(ends);
  storeWord(bytes, at, fromPort);
  storeWord(bytes, at + 2, toPort);
  storeWord(bytes, at + 4, UDP_HEADER_BYTES + payload.length);
  bytes.set(payload, at + UDP_HEADER_BYTES);
  fillChecksum(bytes);
  return bytes;
}

/** An ICMP or ICMPv6 message, by the kind of the addresses: type, code, the word behind the checksum, and a payload. */
export function icmpPacket(
  ends: PacketEnds,
  type: number,
  code: number,
  rest: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const isIpv4 = ends.from.length === IPV4_BYTES;
  const lengthBytes = ICMP_HEADER_BYTES + payload.length;
  const protocol = isIpv4 ? IpProtocol.ICMP : IpProtocol.ICMPV6;
  const bytes = ipPacket(ends, protocol, lengthBytes, isIpv4 ? TTL : NEIGHBOUR_HOP_LIMIT);
  const at = ipPayloadOffset(ends);
  bytes[at] = type;
  bytes[at + 1] = code;
  storeLong(bytes, at + 4, rest);
  bytes.set(payload, at + ICMP_HEADER_BYTES);
  // Only ICMPv6 has a pseudo header.
  const pseudo = isIpv4
    ? 0
    : addWords(ends.from, 0, ends.from.length, addWords(ends.to, 0, ends.to.length, lengthBytes + protocol));
  storeWord(bytes, at + 2, foldChecksum(addWords(bytes, at, bytes.length, pseudo)));
  return bytes;
}

/** Whether the ICMPv6 message from `at` to `end`, in a frame with an IPv6 header, has a right checksum. */
export function isIcmpv6ChecksumRight(bytes: Uint8Array, at: number, end: number): boolean {
  const addresses = ETHERNET_HEADER_BYTES + 8;
  const pseudo = addWords(bytes, addresses, addresses + 32, end - at + IpProtocol.ICMPV6);
  return foldChecksum(addWords(bytes, at, end, pseudo)) === 0;
}

/** Fills in the TCP or UDP checksum of a whole frame. */
export function fillChecksum(bytes: Uint8Array): void {
  if (layout.find(bytes)) fillTransportChecksum(bytes, layout);
}
