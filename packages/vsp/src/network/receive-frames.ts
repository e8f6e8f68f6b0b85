/** Frames as RNDIS packets for the guest. RNDIS, RNDIS_PACKET_MSG; NDIS per-packet information. */

import { type Frame, NO_VLAN } from '@viridian/drivers';
import { IpProtocol, PacketLayout } from '@viridian/inet';
import {
  PacketIdFlag,
  PER_PACKET_WORD_BYTES,
  PerPacketInfo,
  PerPacketInfoType,
  ReceiveChecksum,
  RNDIS_OFFSET_BASE,
  RndisMessageType,
  RndisPacket,
} from '@viridian/protocols/netvsp';

const PACKET_ID_VERSION = 1;
const VALUE_OFFSET = PerPacketInfo.size;
const VERIFIED_TCP = ReceiveChecksum.encode({ tcpSucceeded: 1, ipSucceeded: 1 });
const VERIFIED_UDP = ReceiveChecksum.encode({ udpSucceeded: 1, ipSucceeded: 1 });

/** Most bytes in front of a frame. */
export const MOST_HEADER_BYTES: number = RndisPacket.size + 3 * PER_PACKET_WORD_BYTES;

/** Writes what stands in front of one frame after another. */
export class ReceiveHeader {
  readonly #bytes = new Uint8Array(MOST_HEADER_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #packet = RndisPacket.on(this.#view);
  readonly #info = PerPacketInfo.on(this.#view);
  readonly #layout = new PacketLayout();
  /** The same bytes, by how many there are. */
  readonly #byCount = [0, 1, 2, 3].map((count) =>
    this.#bytes.subarray(0, RndisPacket.size + count * PER_PACKET_WORD_BYTES),
  );

  /** The header of a frame that has the information of `frame` and these bytes; valid until the next call. */
  of(frame: Frame, bytes: Uint8Array): Uint8Array {
    return this.#finish(this.#putInformation(frame, bytes), bytes.length);
  }

  /**
   * The header of one part of a large segment that is given in several slots of one transfer page packet; what is known of
   * it goes with its first part.
   */
  ofPart(frame: Frame, partBytes: number, isFirst: boolean, isLast: boolean): Uint8Array {
    const count = isFirst ? this.#putInformation(frame, frame.bytes) : 0;
    const { SUB_ALLOCATION, FIRST, LAST } = PacketIdFlag;
    const flags = SUB_ALLOCATION | (isFirst ? FIRST : 0) | (isLast ? LAST : 0);
    this.#putWord(count, PerPacketInfoType.PACKET_ID, PACKET_ID_VERSION | (flags << 8));
    return this.#finish(count + 1, partBytes);
  }

  /** Gives how many entries there are. */
  #putInformation(frame: Frame, bytes: Uint8Array): number {
    let count = 0;
    if (frame.vlan !== NO_VLAN) {
      this.#putWord(count, PerPacketInfoType.IEEE_8021Q, vlanWord(frame.vlan));
      count += 1;
    }
    if ((frame.verified || frame.segmentBytes > 0) && this.#layout.find(bytes)) {
      const isTcp = this.#layout.protocol === IpProtocol.TCP;
      this.#putWord(count, PerPacketInfoType.TCPIP_CHECKSUM, isTcp ? VERIFIED_TCP : VERIFIED_UDP);
      count += 1;
    }
    return count;
  }

  #finish(count: number, dataBytes: number): Uint8Array {
    const infoBytes = count * PER_PACKET_WORD_BYTES;
    const packet = this.#packet;
    packet.type = RndisMessageType.RNDIS_PACKET_MSG;
    packet.messageBytes = RndisPacket.size + infoBytes + dataBytes;
    packet.dataOffset = RndisPacket.size - RNDIS_OFFSET_BASE + infoBytes;
    packet.dataBytes = dataBytes;
    packet.perPacketInfoOffset = count === 0 ? 0 : RndisPacket.size - RNDIS_OFFSET_BASE;
    packet.perPacketInfoBytes = infoBytes;
    return this.#byCount[count]!;
  }

  #putWord(index: number, type: number, word: number): void {
    const at = RndisPacket.size + index * PER_PACKET_WORD_BYTES;
    const info = this.#info;
    info.at = at;
    info.entryBytes = PER_PACKET_WORD_BYTES;
    info.type = type;
    info.valueOffset = VALUE_OFFSET;
    this.#view.setUint32(at + VALUE_OFFSET, word, true);
  }
}

/** Tag control information has the priority on top, per-packet information has it at the bottom. */
function vlanWord(tag: number): number {
  return (tag >>> 13) | (((tag >>> 12) & 1) << 3) | ((tag & 0xfff) << 4);
}
