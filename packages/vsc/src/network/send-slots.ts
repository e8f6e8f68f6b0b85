/** Where frames lie while the host reads them: sections of the send buffer, or pages of their own when they are longer. */

import {
  Ieee8021q,
  PER_PACKET_WORD_BYTES,
  PerPacketInfo,
  PerPacketInfoType,
  RNDIS_OFFSET_BASE,
  RndisChannelType,
  RndisMessageType,
  RndisPacket,
} from '@viridian/protocols/netvsp';
import { PAGE_BYTES } from '@viridian/vmbus/ring';
import { NO_VLAN } from './host-frames.ts';
import type { NetvscChannel } from './netvsc-channel.ts';
import type { PageBuffer } from './page-buffer.ts';

/** Most bytes in front of a frame. */
export const MOST_HEADER_BYTES = RndisPacket.size + PER_PACKET_WORD_BYTES;

/** Slots by number; a packet's id is its slot's number + 1. */
export class SendSlots {
  readonly slotBytes: number;
  readonly count: number;
  readonly #channel: NetvscChannel;
  readonly #buffer: PageBuffer;
  /** Pages of each slot when slots are no sections. */
  readonly #gpns: readonly (readonly number[])[] | undefined;
  readonly #free: number[];
  readonly #isTaken: Uint8Array;
  readonly #header = new Uint8Array(MOST_HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  readonly #packet = RndisPacket.on(this.#view);

  /**
   * Cuts `buffer` into the host's sections if frames of `frameBytes` fit one, else into whole pages that are sent by their
   * addresses.
   */
  constructor(channel: NetvscChannel, buffer: PageBuffer, sectionBytes: number, frameBytes: number) {
    const wantedBytes = MOST_HEADER_BYTES + frameBytes;
    const isSection = wantedBytes <= sectionBytes;
    this.slotBytes = isSection ? sectionBytes : Math.ceil(wantedBytes / PAGE_BYTES) * PAGE_BYTES;
    this.count = Math.floor(buffer.lengthBytes / this.slotBytes);
    const pages = this.slotBytes / PAGE_BYTES;
    this.#gpns = isSection
      ? undefined
      : Array.from({ length: this.count }, (_, i) => buffer.allocated.gpns.slice(i * pages, (i + 1) * pages));
    this.#channel = channel;
    this.#buffer = buffer;
    this.#free = Array.from({ length: this.count }, (_, i) => this.count - 1 - i);
    this.#isTaken = new Uint8Array(this.count);
    this.#packet.type = RndisMessageType.RNDIS_PACKET_MSG;
    this.#packet.perPacketInfoOffset = RndisPacket.size - RNDIS_OFFSET_BASE;
  }

  /** Slots that the host has. */
  get taken(): number {
    return this.count - this.#free.length;
  }

  /** Sends a frame that fits a slot. False when there is no slot, or no room in the ring. */
  send(frame: Uint8Array, vlan: number): boolean {
    const slot = this.#free.pop();
    if (slot === undefined) return false;
    const headerBytes = this.#writeHeader(frame.length, vlan);
    const at = slot * this.slotBytes;
    this.#buffer.write(
      at,
      headerBytes === MOST_HEADER_BYTES ? this.#header : this.#header.subarray(0, headerBytes),
    );
    this.#buffer.write(at + headerBytes, frame);
    const total = headerBytes + frame.length;
    const { DATA } = RndisChannelType;
    const isSent =
      this.#gpns === undefined
        ? this.#channel.sendSection(slot + 1, DATA, slot, total)
        : this.#channel.sendPages(slot + 1, DATA, this.#pagesFor(slot, total), total);
    if (isSent) this.#isTaken[slot] = 1;
    else this.#free.push(slot);
    return isSent;
  }

  /** The host has read the packet with this id. False when there is no such packet. */
  giveBack(idLow: number): boolean {
    const slot = idLow - 1;
    if (this.#isTaken[slot] !== 1) return false;
    this.#isTaken[slot] = 0;
    this.#free.push(slot);
    return true;
  }

  #pagesFor(slot: number, lengthBytes: number): readonly number[] {
    const gpns = this.#gpns![slot]!;
    const pages = Math.ceil(lengthBytes / PAGE_BYTES);
    return pages === gpns.length ? gpns : gpns.slice(0, pages);
  }

  #writeHeader(frameBytes: number, vlan: number): number {
    const packet = this.#packet;
    const infoBytes = vlan === NO_VLAN ? 0 : PER_PACKET_WORD_BYTES;
    if (vlan !== NO_VLAN) {
      PerPacketInfo.write(this.#view, RndisPacket.size, {
        entryBytes: PER_PACKET_WORD_BYTES,
        type: PerPacketInfoType.IEEE_8021Q,
        valueOffset: PerPacketInfo.size,
      });
      const word = Ieee8021q.encode({
        priority: (vlan >>> 13) & 7,
        canonicalFormat: (vlan >>> 12) & 1,
        vlanId: vlan & 0xfff,
      });
      this.#view.setUint32(RndisPacket.size + PerPacketInfo.size, word, true);
    }
    packet.messageBytes = RndisPacket.size + infoBytes + frameBytes;
    packet.dataOffset = RndisPacket.size - RNDIS_OFFSET_BASE + infoBytes;
    packet.dataBytes = frameBytes;
    packet.perPacketInfoBytes = infoBytes;
    return RndisPacket.size + infoBytes;
  }
}
