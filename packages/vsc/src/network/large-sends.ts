/** Large TCP segments, in pages of their own, which the host cuts into packets. RNDIS, RNDIS_PACKET_MSG; NDIS, large send offload version 2. */

import { addWords, foldChecksum, IpProtocol, PacketLayout, storeWord } from '@viridian/inet';
import {
  LargeSendV2,
  PER_PACKET_WORD_BYTES,
  PerPacketInfo,
  PerPacketInfoType,
  RNDIS_OFFSET_BASE,
  RndisChannelType,
  RndisMessageType,
  RndisPacket,
} from '@viridian/protocols/netvsp';
import { PAGE_BYTES } from '@viridian/vmbus/ring';
import type { NetvscChannel } from './netvsc-channel.ts';
import type { PageBuffer } from './page-buffer.ts';

/** A segment of 64 KiB with its headers. */
const SLOT_PAGES = 17;
const HEADER_BYTES = RndisPacket.size + PER_PACKET_WORD_BYTES;
/** Ethernet, IP and TCP headers with all options. */
const MOST_PACKET_HEADER_BYTES = 14 + 60 + 60;
const IP = 14;

/** Ids of these packets begin here, above those of sections. */
export const FIRST_LARGE_ID = 0x1_0000;

/** Pages that so many segments on their way take. */
export function largeSendPages(segments: number): number {
  return segments * SLOT_PAGES;
}

/** Slots by number; a packet's id is `FIRST_LARGE_ID` and its slot's number. */
export class LargeSends {
  readonly #channel: NetvscChannel;
  readonly #buffer: PageBuffer;
  readonly #free: number[];
  readonly #isTaken: Uint8Array;
  readonly #layout = new PacketLayout();
  readonly #header = new Uint8Array(HEADER_BYTES + MOST_PACKET_HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);

  constructor(channel: NetvscChannel, buffer: PageBuffer) {
    const count = Math.floor(buffer.allocated.gpns.length / SLOT_PAGES);
    this.#channel = channel;
    this.#buffer = buffer;
    this.#free = Array.from({ length: count }, (_, i) => count - 1 - i);
    this.#isTaken = new Uint8Array(count);
  }

  /** Sends a TCP segment. False when there is no slot, or no room in the ring. Throws RangeError for what is none, or too long. */
  send(frame: Uint8Array, segmentBytes: number): boolean {
    const layout = this.#layout;
    const total = HEADER_BYTES + frame.length;
    if (
      !layout.find(frame) ||
      layout.protocol !== IpProtocol.TCP ||
      layout.payloadOffset > MOST_PACKET_HEADER_BYTES ||
      total > SLOT_PAGES * PAGE_BYTES
    ) {
      throw new RangeError('only TCP segments of up to 64 KiB can be cut');
    }
    const slot = this.#free.pop();
    if (slot === undefined) return false;
    this.#writeHeaders(frame, segmentBytes);
    const at = slot * SLOT_PAGES * PAGE_BYTES;
    const headerBytes = HEADER_BYTES + layout.payloadOffset;
    this.#buffer.write(at, this.#header.subarray(0, headerBytes));
    this.#buffer.write(at + headerBytes, frame.subarray(layout.payloadOffset));
    const first = slot * SLOT_PAGES;
    const gpns = this.#buffer.allocated.gpns.slice(first, first + Math.ceil(total / PAGE_BYTES));
    const isSent = this.#channel.sendPages(FIRST_LARGE_ID + slot, RndisChannelType.DATA, gpns, total);
    if (isSent) this.#isTaken[slot] = 1;
    else this.#free.push(slot);
    return isSent;
  }

  /** The host has read the packet with this id. False when there is no such packet. */
  giveBack(idLow: number): boolean {
    const slot = idLow - FIRST_LARGE_ID;
    if (this.#isTaken[slot] !== 1) return false;
    this.#isTaken[slot] = 0;
    this.#free.push(slot);
    return true;
  }

  /** RNDIS header and packet headers, the latter as large send wants them: without lengths, the TCP checksum that of the addresses. */
  #writeHeaders(frame: Uint8Array, segmentBytes: number): void {
    const { isIpv6, transportOffset, payloadOffset } = this.#layout;
    const infoOffset = RndisPacket.size;
    RndisPacket.write(this.#view, 0, {
      type: RndisMessageType.RNDIS_PACKET_MSG,
      messageBytes: HEADER_BYTES + frame.length,
      dataOffset: HEADER_BYTES - RNDIS_OFFSET_BASE,
      dataBytes: frame.length,
      perPacketInfoOffset: infoOffset - RNDIS_OFFSET_BASE,
      perPacketInfoBytes: PER_PACKET_WORD_BYTES,
    });
    PerPacketInfo.write(this.#view, infoOffset, {
      entryBytes: PER_PACKET_WORD_BYTES,
      type: PerPacketInfoType.LARGE_SEND,
      valueOffset: PerPacketInfo.size,
    });
    const word = LargeSendV2.encode({
      segmentBytes,
      transportOffset,
      isV2: 1,
      isIpv6: isIpv6 ? 1 : 0,
    });
    this.#view.setUint32(infoOffset + PerPacketInfo.size, word, true);
    const packet = this.#header.subarray(HEADER_BYTES);
    packet.set(frame.subarray(0, payloadOffset));
    storeWord(packet, IP + (isIpv6 ? 4 : 2), 0);
    if (!isIpv6) storeWord(packet, IP + 10, 0);
    const [from, to] = isIpv6 ? [IP + 8, IP + 40] : [IP + 12, IP + 20];
    const sum = foldChecksum(addWords(packet, from, to, IpProtocol.TCP));
    storeWord(packet, transportOffset + 16, ~sum & 0xffff);
  }
}
