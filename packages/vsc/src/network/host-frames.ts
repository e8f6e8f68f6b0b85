/** RNDIS packets of the host as frames. RNDIS, RNDIS_PACKET_MSG; NDIS per-packet information. */

import {
  PacketIdFlag,
  PerPacketInfo,
  PerPacketInfoType,
  ReceiveChecksum,
  RNDIS_OFFSET_BASE,
  RndisPacket,
} from '@viridian/protocols/netvsp';

/** `vlan` of a frame without a tag. */
export const NO_VLAN = -1;

const ETHERNET_HEADER_BYTES = 14;

/** A frame of the host. */
export interface HostFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Tag control information, or `NO_VLAN`. */
  readonly vlan: number;
  /** The host says that its checksums are right. */
  readonly verified: boolean;
}

/** What `HostPacket.read` says when what it has to read lies behind the head. */
export const NEEDS_MORE = 'more of the packet is needed';

const VERIFIED = ReceiveChecksum.encode({ tcpSucceeded: 1, udpSucceeded: 1 });
const PART_FLAGS = PacketIdFlag.SUB_ALLOCATION | PacketIdFlag.FIRST | PacketIdFlag.LAST;

/** One packet after another: where its data are, and what is said about them. */
export class HostPacket {
  /** Where the data begin in the message, and how many they are. */
  dataStart = 0;
  dataBytes = 0;
  vlan = NO_VLAN;
  verified = false;
  /** Flags of `PacketIdFlag`; 0 for a whole frame. */
  part = 0;
  readonly #packet = RndisPacket.on(new DataView(new ArrayBuffer(0)));
  readonly #info = PerPacketInfo.on(new DataView(new ArrayBuffer(0)));

  /**
   * Reads a message of `messageBytes`, of which `view` has a private copy of the first `headBytes`. Returns what is wrong with
   * it, or `NEEDS_MORE`.
   */
  read(view: DataView, headBytes: number, messageBytes: number): string | undefined {
    this.vlan = NO_VLAN;
    this.verified = false;
    this.part = 0;
    if (messageBytes < RndisPacket.size) return 'RNDIS packet is shorter than its header';
    if (headBytes < RndisPacket.size) return NEEDS_MORE;
    const packet = this.#packet;
    packet.view = view;
    const { dataOffset, dataBytes, perPacketInfoBytes } = packet;
    const room = messageBytes - RNDIS_OFFSET_BASE;
    if (dataOffset > room || dataBytes > room - dataOffset) return 'RNDIS data lie outside the packet';
    this.dataStart = RNDIS_OFFSET_BASE + dataOffset;
    this.dataBytes = dataBytes;
    if (perPacketInfoBytes !== 0) {
      const { perPacketInfoOffset } = packet;
      if (perPacketInfoOffset > room || perPacketInfoBytes > room - perPacketInfoOffset) {
        return 'RNDIS packet information lies outside the packet';
      }
      const first = RNDIS_OFFSET_BASE + perPacketInfoOffset;
      if (first + perPacketInfoBytes > headBytes) return NEEDS_MORE;
      const fault = this.#readInformation(view, first, first + perPacketInfoBytes);
      if (fault !== undefined) return fault;
    }
    const isWhole = (this.part & PacketIdFlag.FIRST) !== 0 || this.part === 0;
    return isWhole && dataBytes < ETHERNET_HEADER_BYTES ? 'frame is shorter than its header' : undefined;
  }

  #readInformation(view: DataView, first: number, end: number): string | undefined {
    const info = this.#info;
    info.view = view;
    for (let at = first; at < end; ) {
      if (end - at < PerPacketInfo.size) return 'RNDIS packet information ends in the middle';
      info.at = at;
      const { entryBytes, type, valueOffset } = info;
      if (entryBytes < PerPacketInfo.size || entryBytes > end - at) {
        return 'RNDIS packet information has a wrong length';
      }
      if (isKnown(type)) {
        if (valueOffset < PerPacketInfo.size || valueOffset + 4 > entryBytes) {
          return 'RNDIS packet information has no value';
        }
        this.#keep(type, view.getUint32(at + valueOffset, true));
      }
      at += entryBytes;
    }
    return undefined;
  }

  #keep(type: number, word: number): void {
    if (type === PerPacketInfoType.IEEE_8021Q) {
      this.vlan = ((word & 7) << 13) | (((word >>> 3) & 1) << 12) | ((word >>> 4) & 0xfff);
    } else if (type === PerPacketInfoType.TCPIP_CHECKSUM) {
      this.verified = (word & VERIFIED) !== 0;
    } else {
      this.part = (word >>> 8) & PART_FLAGS;
    }
  }
}

function isKnown(type: number): boolean {
  const { IEEE_8021Q, TCPIP_CHECKSUM, PACKET_ID } = PerPacketInfoType;
  return type === IEEE_8021Q || type === TCPIP_CHECKSUM || type === PACKET_ID;
}
