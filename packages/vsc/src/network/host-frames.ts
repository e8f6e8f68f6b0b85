/** RNDIS packets of the host as frames. RNDIS, RNDIS_PACKET_MSG; NDIS per-packet information. */

import { PerPacketInfo, PerPacketInfoType, RNDIS_OFFSET_BASE, RndisPacket } from '@viridian/protocols/netvsp';

/** `vlan` of a frame without a tag. */
export const NO_VLAN = -1;

const ETHERNET_HEADER_BYTES = 14;

/** A frame of the host. */
export interface HostFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Tag control information, or `NO_VLAN`. */
  readonly vlan: number;
}

/** Takes a packet apart, a private copy; a text says what is wrong with it. The frame keeps the bytes. */
export function frameOf(message: Uint8Array<ArrayBuffer>): HostFrame | string {
  if (message.length < RndisPacket.size) return 'RNDIS packet is shorter than its header';
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const { dataOffset, dataBytes, perPacketInfoOffset, perPacketInfoBytes } = RndisPacket.read(view);
  const room = message.length - RNDIS_OFFSET_BASE;
  if (dataOffset > room || dataBytes > room - dataOffset) return 'RNDIS data lie outside the packet';
  if (dataBytes < ETHERNET_HEADER_BYTES) return 'frame is shorter than its header';
  let vlan = NO_VLAN;
  if (perPacketInfoBytes !== 0) {
    if (perPacketInfoOffset > room || perPacketInfoBytes > room - perPacketInfoOffset) {
      return 'RNDIS packet information lies outside the packet';
    }
    const first = RNDIS_OFFSET_BASE + perPacketInfoOffset;
    const found = vlanIn(view, first, first + perPacketInfoBytes);
    if (typeof found === 'string') return found;
    vlan = found;
  }
  const start = RNDIS_OFFSET_BASE + dataOffset;
  return { bytes: message.subarray(start, start + dataBytes), vlan };
}

function vlanIn(view: DataView, first: number, end: number): number | string {
  let vlan = NO_VLAN;
  for (let at = first; at < end; ) {
    if (end - at < PerPacketInfo.size) return 'RNDIS packet information ends in the middle';
    const { entryBytes, type, valueOffset } = PerPacketInfo.read(view, at);
    if (entryBytes < PerPacketInfo.size || entryBytes > end - at) {
      return 'RNDIS packet information has a wrong length';
    }
    if (type === PerPacketInfoType.IEEE_8021Q) {
      if (valueOffset < PerPacketInfo.size || valueOffset + 4 > entryBytes) {
        return 'RNDIS packet information has no value';
      }
      const word = view.getUint32(at + valueOffset, true);
      vlan = ((word & 7) << 13) | (((word >>> 3) & 1) << 12) | ((word >>> 4) & 0xfff);
    }
    at += entryBytes;
  }
  return vlan;
}
