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

/** A frame, or a part of one that the host gives in several. */
export interface FramePart extends HostFrame {
  /** Flags of `PacketIdFlag`; 0 for a whole frame. */
  readonly part: number;
}

interface Information {
  vlan: number;
  verified: boolean;
  part: number;
}

const VERIFIED = ReceiveChecksum.encode({ tcpSucceeded: 1, udpSucceeded: 1 });
const PART_FLAGS = PacketIdFlag.SUB_ALLOCATION | PacketIdFlag.FIRST | PacketIdFlag.LAST;

/** Takes a packet apart, a private copy; a text says what is wrong with it. The frame keeps the bytes. */
export function frameOf(message: Uint8Array<ArrayBuffer>): FramePart | string {
  if (message.length < RndisPacket.size) return 'RNDIS packet is shorter than its header';
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const { dataOffset, dataBytes, perPacketInfoOffset, perPacketInfoBytes } = RndisPacket.read(view);
  const room = message.length - RNDIS_OFFSET_BASE;
  if (dataOffset > room || dataBytes > room - dataOffset) return 'RNDIS data lie outside the packet';
  const information: Information = { vlan: NO_VLAN, verified: false, part: 0 };
  if (perPacketInfoBytes !== 0) {
    if (perPacketInfoOffset > room || perPacketInfoBytes > room - perPacketInfoOffset) {
      return 'RNDIS packet information lies outside the packet';
    }
    const first = RNDIS_OFFSET_BASE + perPacketInfoOffset;
    const fault = readInformation(view, first, first + perPacketInfoBytes, information);
    if (fault !== undefined) return fault;
  }
  const { part } = information;
  const isWhole = (part & PacketIdFlag.FIRST) !== 0 || part === 0;
  if (isWhole && dataBytes < ETHERNET_HEADER_BYTES) return 'frame is shorter than its header';
  const start = RNDIS_OFFSET_BASE + dataOffset;
  return { bytes: message.subarray(start, start + dataBytes), ...information };
}

function readInformation(
  view: DataView,
  first: number,
  end: number,
  information: Information,
): string | undefined {
  for (let at = first; at < end; ) {
    if (end - at < PerPacketInfo.size) return 'RNDIS packet information ends in the middle';
    const { entryBytes, type, valueOffset } = PerPacketInfo.read(view, at);
    if (entryBytes < PerPacketInfo.size || entryBytes > end - at) {
      return 'RNDIS packet information has a wrong length';
    }
    if (isKnown(type)) {
      if (valueOffset < PerPacketInfo.size || valueOffset + 4 > entryBytes) {
        return 'RNDIS packet information has no value';
      }
      keep(information, type, view.getUint32(at + valueOffset, true));
    }
    at += entryBytes;
  }
  return undefined;
}

function isKnown(type: number): boolean {
  const { IEEE_8021Q, TCPIP_CHECKSUM, PACKET_ID } = PerPacketInfoType;
  return type === IEEE_8021Q || type === TCPIP_CHECKSUM || type === PACKET_ID;
}

function keep(information: Information, type: number, word: number): void {
  if (type === PerPacketInfoType.IEEE_8021Q) {
    information.vlan = ((word & 7) << 13) | (((word >>> 3) & 1) << 12) | ((word >>> 4) & 0xfff);
  } else if (type === PerPacketInfoType.TCPIP_CHECKSUM) {
    information.verified = (word & VERIFIED) !== 0;
  } else {
    information.part = (word >>> 8) & PART_FLAGS;
  }
}
