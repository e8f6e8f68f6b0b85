/** Where the headers of a frame are, as far as checksums and segmentation need it. RFC 791, 8200, 9293, 768. */

import { addWords, foldChecksum, loadWord, storeWord } from './checksum.ts';
import { ETHERNET_HEADER_BYTES, EtherType } from './ethernet.ts';

/** Protocols in IP. */
export const IpProtocol = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58 } as const;

const IPV6_HEADER_BYTES = 40;
/** Extension headers that may stand before the transport header: hop-by-hop, routing, destination options. */
const IPV6_EXTENSIONS: readonly number[] = [0, 43, 60];

/** The headers of one frame after another; `find` fills it in. */
export class PacketLayout {
  isIpv6 = false;
  /** One of `IpProtocol`. */
  protocol = 0;
  /** Where the transport header begins. */
  transportOffset = 0;
  /** Where the transport payload begins; TCP and UDP only. */
  payloadOffset = 0;
  /** Where the IP packet ends; bytes behind it are padding. */
  endOffset = 0;

  /** Looks for TCP or UDP over IP, whole and in one packet. False for anything else, and for headers that do not fit. */
  find(bytes: Uint8Array): boolean {
    if (bytes.length < ETHERNET_HEADER_BYTES + 20) return false;
    const type = loadWord(bytes, 12);
    if (type === EtherType.IPV4) this.isIpv6 = false;
    else if (type === EtherType.IPV6) this.isIpv6 = true;
    else return false;
    return (this.isIpv6 ? this.#findIpv6(bytes) : this.#findIpv4(bytes)) && this.#findPayload(bytes);
  }

  #findIpv4(bytes: Uint8Array): boolean {
    const ip = ETHERNET_HEADER_BYTES;
    if (bytes[ip]! >>> 4 !== 4) return false;
    const headerBytes = (bytes[ip]! & 15) * 4;
    const totalBytes = loadWord(bytes, ip + 2);
    if (headerBytes < 20) return false;
    // A part of a packet has no transport header, or not all of what its checksum covers.
    if ((loadWord(bytes, ip + 6) & 0x3fff) !== 0) return false;
    this.protocol = bytes[ip + 9]!;
    this.transportOffset = ip + headerBytes;
    // The length of a segment that is yet to be cut is not filled in.
    this.endOffset = totalBytes === 0 ? bytes.length : ip + totalBytes;
    return this.endOffset <= bytes.length && this.transportOffset <= this.endOffset;
  }

  #findIpv6(bytes: Uint8Array): boolean {
    const ip = ETHERNET_HEADER_BYTES;
    if (bytes.length < ip + IPV6_HEADER_BYTES || bytes[ip]! >>> 4 !== 6) return false;
    const payloadBytes = loadWord(bytes, ip + 4);
    this.endOffset = payloadBytes === 0 ? bytes.length : ip + IPV6_HEADER_BYTES + payloadBytes;
    if (this.endOffset > bytes.length) return false;
    let next = bytes[ip + 6]!;
    let at = ip + IPV6_HEADER_BYTES;
    while (IPV6_EXTENSIONS.includes(next)) {
      if (at + 8 > this.endOffset) return false;
      next = bytes[at]!;
      at += (bytes[at + 1]! + 1) * 8;
    }
    this.protocol = next;
    this.transportOffset = at;
    return at <= this.endOffset;
  }

  #findPayload(bytes: Uint8Array): boolean {
    const at = this.transportOffset;
    if (this.protocol === IpProtocol.UDP) this.payloadOffset = at + 8;
    else if (this.protocol !== IpProtocol.TCP || at + 20 > this.endOffset) return false;
    else {
      const headerBytes = (bytes[at + 12]! >>> 4) * 4;
      if (headerBytes < 20) return false;
      this.payloadOffset = at + headerBytes;
    }
    return this.payloadOffset <= this.endOffset;
  }
}

/** Fills in the transport checksum of the packet that `layout` was found in, whatever stood there. */
export function fillTransportChecksum(bytes: Uint8Array, layout: PacketLayout): void {
  const { transportOffset, endOffset, protocol } = layout;
  const field = transportOffset + (protocol === IpProtocol.UDP ? 6 : 16);
  storeWord(bytes, field, 0);
  const sum = foldChecksum(addWords(bytes, transportOffset, endOffset, pseudoHeader(bytes, layout)));
  // In UDP zero means that there is no checksum.
  storeWord(bytes, field, sum === 0 && protocol === IpProtocol.UDP ? 0xffff : sum);
}

/** Whether the transport checksum is right; a UDP datagram without one is. */
export function isTransportChecksumRight(bytes: Uint8Array, layout: PacketLayout): boolean {
  const { transportOffset, endOffset, protocol } = layout;
  if (protocol === IpProtocol.UDP && loadWord(bytes, transportOffset + 6) === 0) return true;
  return foldChecksum(addWords(bytes, transportOffset, endOffset, pseudoHeader(bytes, layout))) === 0;
}

/** Fills in the checksum of an IPv4 header at `ip`. */
export function fillIpv4Checksum(bytes: Uint8Array, ip: number): void {
  storeWord(bytes, ip + 10, 0);
  const end = ip + (bytes[ip]! & 15) * 4;
  storeWord(bytes, ip + 10, foldChecksum(addWords(bytes, ip, end, 0)));
}

/** The sum of the pseudo header of the packet that `layout` was found in. */
export function pseudoHeader(bytes: Uint8Array, layout: PacketLayout): number {
  const ip = ETHERNET_HEADER_BYTES;
  const addresses = layout.isIpv6 ? ip + 8 : ip + 12;
  const addressBytes = layout.isIpv6 ? 32 : 8;
  const lengthBytes = layout.endOffset - layout.transportOffset;
  return addWords(bytes, addresses, addresses + addressBytes, layout.protocol + lengthBytes);
}
