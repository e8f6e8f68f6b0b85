/** Who has an IPv4 address: requests and answers. RFC 826. */

import { loadWord, storeWord } from './checksum.ts';
import { BROADCAST_MAC, ETHERNET_HEADER_BYTES, EtherType, MAC_BYTES } from './ethernet.ts';
import { IPV4_BYTES, type IpAddress } from './ip-address.ts';

/** Operations. */
export const ArpOperation = { REQUEST: 1, REPLY: 2 } as const;

/** A request or an answer for Ethernet and IPv4. Views of the frame. */
export interface ArpPacket {
  readonly operation: number;
  readonly senderMac: Uint8Array;
  readonly sender: IpAddress;
  readonly target: IpAddress;
}

const ARP_BYTES = 28;
const SHORTEST_FRAME_BYTES = 60;

/** The packet in a frame of type ARP; undefined for one that is cut short or about other things than IPv4 on Ethernet. */
export function readArp(frame: Uint8Array): ArpPacket | undefined {
  const at = ETHERNET_HEADER_BYTES;
  if (frame.length < at + ARP_BYTES) return undefined;
  const isKnown = loadWord(frame, at) === 1 && loadWord(frame, at + 2) === EtherType.IPV4;
  if (!isKnown || frame[at + 4] !== MAC_BYTES || frame[at + 5] !== IPV4_BYTES) return undefined;
  return {
    operation: loadWord(frame, at + 6),
    senderMac: frame.subarray(at + 8, at + 14),
    sender: frame.subarray(at + 14, at + 18),
    target: frame.subarray(at + 24, at + 28),
  };
}

/** A frame that asks all stations for `target`, from the station with these addresses. */
export function arpRequest(mac: Uint8Array, address: IpAddress, target: IpAddress): Uint8Array<ArrayBuffer> {
  return arpFrame(ArpOperation.REQUEST, { mac, address }, { mac: BROADCAST_MAC, address: target });
}

/** A frame that tells who asked: `address` is at `mac`. */
export function arpReply(mac: Uint8Array, address: IpAddress, asked: ArpPacket): Uint8Array<ArrayBuffer> {
  return arpFrame(ArpOperation.REPLY, { mac, address }, { mac: asked.senderMac, address: asked.sender });
}

interface Station {
  readonly mac: Uint8Array;
  readonly address: IpAddress;
}

function arpFrame(operation: number, from: Station, to: Station): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(SHORTEST_FRAME_BYTES);
  const at = ETHERNET_HEADER_BYTES;
  frame.set(to.mac);
  frame.set(from.mac, MAC_BYTES);
  storeWord(frame, at - 2, EtherType.ARP);
  storeWord(frame, at, 1);
  storeWord(frame, at + 2, EtherType.IPV4);
  frame[at + 4] = MAC_BYTES;
  frame[at + 5] = IPV4_BYTES;
  storeWord(frame, at + 6, operation);
  frame.set(from.mac, at + 8);
  frame.set(from.address, at + 14);
  // The hardware address that is asked for is not known yet.
  if (operation === ArpOperation.REPLY) frame.set(to.mac, at + 18);
  frame.set(to.address, at + 24);
  return frame;
}
