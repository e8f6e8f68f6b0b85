/** Checks of a packet that was copied off a ring. VMBus, Ring Packets. */

import {
  GpaDirectHeader,
  GpaRangeHeader,
  PACKET_FLAG_COMPLETION_REQUESTED,
  PacketDescriptor,
  PacketType,
  TransferPageHeader,
} from '@viridian/protocols/vmbus';
import { PAGE_BYTES } from './guest-memory.ts';
import type { IncomingPacket } from './packet.ts';

const TWO_TO_32 = 2 ** 32;
/** Page numbers have 52 bits. */
const MOST_GPN_HIGH = 2 ** 20 - 1;

/**
 * Fills in the fields of `packet` from its private bytes, whose descriptor says they are `packetBytes` long. Returns
 * what is wrong with them, as a fixed text; `undefined` when nothing is.
 */
export function parsePacket(packet: IncomingPacket, packetBytes: number): string | undefined {
  const { words } = packet;
  const first = words[0]!;
  const second = words[1]!;
  packet.type = first & 0xffff;
  packet.flags = second >>> 16;
  packet.idLow = words[2]! >>> 0;
  packet.idHigh = words[3]! >>> 0;
  packet.packetBytes = packetBytes;
  packet.payloadOffset = (first >>> 16) << 3;
  packet.payloadBytes = packetBytes - packet.payloadOffset;
  packet.rangeCount = 0;
  packet.gpnCount = 0;
  if (packet.payloadOffset < PacketDescriptor.size) return 'packet payload begins inside the descriptor';
  if (packet.payloadBytes < 0) return 'packet payload begins past the end';
  if ((packet.flags & ~PACKET_FLAG_COMPLETION_REQUESTED) !== 0) return 'packet has unknown flags';
  switch (packet.type) {
    case PacketType.DATA_INBAND:
    case PacketType.COMPLETION:
    case PacketType.CANCEL_REQUEST:
      return undefined;
    case PacketType.DATA_USING_GPA_DIRECT:
      return parseGpaRanges(packet);
    case PacketType.DATA_USING_TRANSFER_PAGES:
      return parseTransferPages(packet);
    default:
      return 'packet type is unknown';
  }
}

/**
 * The ranges between descriptor and payload. There may be room left behind them: Linux always sends the offset of its
 * largest list.
 */
function parseGpaRanges(packet: IncomingPacket): string | undefined {
  const { words } = packet;
  const end = packet.payloadOffset >>> 2;
  let at = (PacketDescriptor.size + GpaDirectHeader.size) / 4;
  if (at > end) return 'packet ends before its range count';
  const count = words[at - 1]! >>> 0;
  if (count === 0) return 'packet has no ranges';
  // Each range has a header and at least one page; this bounds what is reserved below.
  if (count > (end - at) / 4) return 'packet has more ranges than room';
  packet.reserveRanges(count);
  const { gpns } = packet;
  let gpnCount = 0;
  for (let range = 0; range < count; range += 1) {
    if (at + GpaRangeHeader.size / 4 > end) return 'packet ranges run into the payload';
    const byteCount = words[at]! >>> 0;
    const byteOffset = words[at + 1]! >>> 0;
    at += GpaRangeHeader.size / 4;
    if (byteOffset >= PAGE_BYTES) return 'packet range begins past its first page';
    if (byteCount === 0) return 'packet range is empty';
    const pages = Math.ceil((byteOffset + byteCount) / PAGE_BYTES);
    if (pages * 2 > end - at) return 'packet ranges run into the payload';
    packet.setRange(range, byteCount, byteOffset, gpnCount);
    for (let page = 0; page < pages; page += 1) {
      const high = words[at + 1]! >>> 0;
      if (high > MOST_GPN_HIGH) return 'packet page number is out of range';
      gpns[gpnCount] = (words[at]! >>> 0) + high * TWO_TO_32;
      gpnCount += 1;
      at += 2;
    }
  }
  packet.rangeCount = count;
  packet.gpnCount = gpnCount;
  return undefined;
}

function parseTransferPages(packet: IncomingPacket): string | undefined {
  const { words } = packet;
  const end = packet.payloadOffset >>> 2;
  const at = (PacketDescriptor.size + TransferPageHeader.size) / 4;
  if (at > end) return 'packet ends before its range count';
  packet.transferPageSetId = words[at - 2]! & 0xffff;
  const count = words[at - 1]! >>> 0;
  if (count === 0) return 'packet has no ranges';
  if (count > (end - at) / 2) return 'packet has more ranges than room';
  packet.reserveRanges(count);
  for (let range = 0; range < count; range += 1) {
    packet.setRange(range, words[at + range * 2]! >>> 0, words[at + range * 2 + 1]! >>> 0, 0);
  }
  packet.rangeCount = count;
  return undefined;
}
