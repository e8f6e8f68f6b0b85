/** Packets of the gateway: Ethernet, IPv4, and what is in it, with checksums. RFC 894, 791, 768, 792. */

import { addWords, foldChecksum, storeWord } from '../network/internet-checksum.ts';
import {
  EtherType,
  fillIpv4Checksum,
  fillTransportChecksum,
  IpProtocol,
  PacketLayout,
} from '../network/packet-layout.ts';

/** Where the payload of IPv4 begins in a frame. */
export const IP_PAYLOAD_OFFSET = 34;

const IP_OFFSET = 14;
const TTL = 64;
const UDP_HEADER_BYTES = 8;
const ICMP_HEADER_BYTES = 8;
const DONT_FRAGMENT = 0x4000;

const layout = new PacketLayout();

/** Who sends and who gets a packet. */
export interface PacketEnds {
  readonly fromMac: Uint8Array;
  readonly toMac: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** A frame with an IPv4 header in front of `payloadBytes` of room. */
export function ipv4Frame(ends: PacketEnds, protocol: number, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(IP_PAYLOAD_OFFSET + payloadBytes);
  bytes.set(ends.toMac);
  bytes.set(ends.fromMac, 6);
  storeWord(bytes, 12, EtherType.IPV4);
  bytes[IP_OFFSET] = 0x45;
  storeWord(bytes, IP_OFFSET + 2, 20 + payloadBytes);
  storeWord(bytes, IP_OFFSET + 6, DONT_FRAGMENT);
  bytes[IP_OFFSET + 8] = TTL;
  bytes[IP_OFFSET + 9] = protocol;
  storeAddress(bytes, IP_OFFSET + 12, ends.from);
  storeAddress(bytes, IP_OFFSET + 16, ends.to);
  fillIpv4Checksum(bytes, IP_OFFSET);
  return bytes;
}

/** A UDP datagram. */
export function udpFrame(
  ends: PacketEnds,
  fromPort: number,
  toPort: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = ipv4Frame(ends, IpProtocol.UDP, UDP_HEADER_BYTES + payload.length);
  storeWord(bytes, IP_PAYLOAD_OFFSET, fromPort);
  storeWord(bytes, IP_PAYLOAD_OFFSET + 2, toPort);
  storeWord(bytes, IP_PAYLOAD_OFFSET + 4, UDP_HEADER_BYTES + payload.length);
  bytes.set(payload, IP_PAYLOAD_OFFSET + UDP_HEADER_BYTES);
  fillChecksum(bytes);
  return bytes;
}

/** An ICMP message: header word by word, then a payload. */
export function icmpFrame(
  ends: PacketEnds,
  type: number,
  code: number,
  rest: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = ipv4Frame(ends, IpProtocol.ICMP, ICMP_HEADER_BYTES + payload.length);
  const at = IP_PAYLOAD_OFFSET;
  bytes[at] = type;
  bytes[at + 1] = code;
  storeAddress(bytes, at + 4, rest);
  bytes.set(payload, at + ICMP_HEADER_BYTES);
  storeWord(bytes, at + 2, foldChecksum(addWords(bytes, at, bytes.length, 0)));
  return bytes;
}

/** Fills in the TCP or UDP checksum of a whole frame. */
export function fillChecksum(bytes: Uint8Array): void {
  if (layout.find(bytes)) fillTransportChecksum(bytes, layout);
}

/** Stores a big-endian u32. */
export function storeAddress(bytes: Uint8Array, at: number, value: number): void {
  storeWord(bytes, at, value >>> 16);
  storeWord(bytes, at + 2, value & 0xffff);
}

/** Reads a big-endian u32. */
export function loadAddress(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
