/** Frames as RNDIS packets for the guest. RNDIS, RNDIS_PACKET_MSG; NDIS per-packet information. */

import { type Frame, IpProtocol, NO_VLAN, PacketLayout } from '@viridian/drivers';
import {
  PER_PACKET_WORD_BYTES,
  PerPacketInfo,
  PerPacketInfoType,
  ReceiveChecksum,
  RNDIS_OFFSET_BASE,
  RndisMessageType,
  RndisPacket,
} from '@viridian/protocols/netvsp';

const VALUE_OFFSET = PerPacketInfo.size;
const VERIFIED_TCP = ReceiveChecksum.encode({ tcpSucceeded: 1, ipSucceeded: 1 });
const VERIFIED_UDP = ReceiveChecksum.encode({ udpSucceeded: 1, ipSucceeded: 1 });

/** Most bytes in front of a frame. */
export const MOST_HEADER_BYTES = RndisPacket.size + 2 * PER_PACKET_WORD_BYTES;

/** Writes what stands in front of one frame after another. */
export class ReceiveHeader {
  readonly #bytes = new Uint8Array(MOST_HEADER_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #packet = RndisPacket.on(this.#view);
  readonly #info = PerPacketInfo.on(this.#view);
  readonly #layout = new PacketLayout();
  /** The same bytes, by how many there are. */
  readonly #byCount = [0, 1, 2].map((count) =>
    this.#bytes.subarray(0, RndisPacket.size + count * PER_PACKET_WORD_BYTES),
  );

  /** The header of a frame that has the information of `frame` and these bytes; valid until the next call. */
  of(frame: Frame, bytes: Uint8Array): Uint8Array {
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
    const infoBytes = count * PER_PACKET_WORD_BYTES;
    const packet = this.#packet;
    packet.type = RndisMessageType.RNDIS_PACKET_MSG;
    packet.messageBytes = RndisPacket.size + infoBytes + bytes.length;
    packet.dataOffset = RndisPacket.size - RNDIS_OFFSET_BASE + infoBytes;
    packet.dataBytes = bytes.length;
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
