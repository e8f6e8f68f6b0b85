/** RNDIS packets of the guest as frames. RNDIS, RNDIS_PACKET_MSG; NDIS per-packet information. */

import { Frame, NO_VLAN } from '@viridian/drivers';
import {
  ETHERNET_HEADER_BYTES,
  fillIpv4Checksum,
  fillTransportChecksum,
  IpProtocol,
  PacketLayout,
} from '@viridian/inet';
import {
  Ieee8021q,
  LargeSendV2,
  PerPacketInfo,
  PerPacketInfoType,
  RNDIS_OFFSET_BASE,
  RndisPacket,
  TransmitChecksum,
} from '@viridian/protocols/netvsp';

/** Shortest payload of a segment, TCP's own least: shorter ones would only make many frames of one. */
const LEAST_SEGMENT_BYTES = 48;
const CHECKSUM_TRANSPORT = TransmitChecksum.encode({ tcp: 1, udp: 1 });
const CHECKSUM_IP = TransmitChecksum.encode({ ipHeader: 1 });

/** Takes one packet after another apart. `bytes` are private: the guest cannot change them any more. */
export class TransmitFrames {
  /** Why the last packet was refused. */
  fault = '';
  readonly #layout = new PacketLayout();
  readonly #view: DataView;
  readonly #packet: ReturnType<typeof RndisPacket.on>;
  readonly #info: ReturnType<typeof PerPacketInfo.on>;
  #vlan = NO_VLAN;
  #checksum = 0;
  #largeSend = 0;

  constructor() {
    this.#view = new DataView(new ArrayBuffer(0));
    this.#packet = RndisPacket.on(this.#view);
    this.#info = PerPacketInfo.on(this.#view);
  }

  /**
   * The frame in the message of `messageBytes` at `at`, which lies inside the view, its checksums filled in if the guest
   * asked for it; undefined, with `fault`, for one that breaks a rule. The frame keeps the bytes.
   */
  take(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    messageBytes: number,
    frameBytes: number,
  ): Frame | undefined {
    const fault = this.#readInfo(view, at, messageBytes);
    if (fault !== undefined) return this.#refuse(fault);
    const start = at + RNDIS_OFFSET_BASE + this.#packet.dataOffset;
    const frame = bytes.subarray(start, start + this.#packet.dataBytes);
    if (frame.length < ETHERNET_HEADER_BYTES) return this.#refuse('frame is shorter than its header');
    return this.#largeSend === 0 ? this.#ordinary(frame, frameBytes) : this.#large(frame, frameBytes);
  }

  #ordinary(bytes: Uint8Array, frameBytes: number): Frame | undefined {
    if (bytes.length > frameBytes) return this.#refuse('frame is longer than was agreed on');
    const wantsTransport = (this.#checksum & CHECKSUM_TRANSPORT) !== 0;
    const wantsIp = (this.#checksum & CHECKSUM_IP) !== 0;
    if (wantsTransport || wantsIp) {
      const layout = this.#layout;
      if (!layout.find(bytes)) return this.#refuse('checksum of a packet that is neither TCP nor UDP');
      if (wantsIp && !layout.isIpv6) fillIpv4Checksum(bytes, ETHERNET_HEADER_BYTES);
      if (wantsTransport) fillTransportChecksum(bytes, layout);
    }
    return new Frame(bytes, { vlan: this.#vlan, verified: wantsTransport });
  }

  #large(bytes: Uint8Array, frameBytes: number): Frame | undefined {
    const layout = this.#layout;
    const segmentBytes = this.#largeSend & SEGMENT_BYTES_MASK;
    if (!layout.find(bytes) || layout.protocol !== IpProtocol.TCP) {
      return this.#refuse('large send of a packet that is not TCP');
    }
    if (segmentBytes < LEAST_SEGMENT_BYTES || layout.payloadOffset + segmentBytes > frameBytes) {
      return this.#refuse('large send with an impossible segment length');
    }
    return new Frame(bytes, { vlan: this.#vlan, segmentBytes, verified: true });
  }

  /** Checks the message and reads its information; says what is wrong. */
  #readInfo(view: DataView, at: number, messageBytes: number): string | undefined {
    this.#vlan = NO_VLAN;
    this.#checksum = 0;
    this.#largeSend = 0;
    if (messageBytes < RndisPacket.size) return 'packet is shorter than its header';
    const packet = this.#packet;
    packet.view = view;
    packet.at = at;
    const room = messageBytes - RNDIS_OFFSET_BASE;
    if (packet.dataOffset > room || packet.dataBytes > room - packet.dataOffset) {
      return 'packet data lie outside the message';
    }
    const infoBytes = packet.perPacketInfoBytes;
    if (infoBytes === 0) return undefined;
    const infoOffset = packet.perPacketInfoOffset;
    if (infoOffset > room || infoBytes > room - infoOffset)
      return 'packet information lies outside the message';
    const first = at + RNDIS_OFFSET_BASE + infoOffset;
    return this.#readEntries(view, first, first + infoBytes);
  }

  #readEntries(view: DataView, first: number, end: number): string | undefined {
    const info = this.#info;
    info.view = view;
    for (let at = first; at < end; ) {
      if (end - at < PerPacketInfo.size) return 'packet information ends in the middle';
      info.at = at;
      const { entryBytes, type, valueOffset } = info;
      if (entryBytes < PerPacketInfo.size || entryBytes > end - at)
        return 'packet information has a wrong length';
      if (isKnown(type)) {
        if (valueOffset < PerPacketInfo.size || valueOffset + 4 > entryBytes) {
          return 'packet information has no value';
        }
        this.#keep(type, view.getUint32(at + valueOffset, true));
      }
      at += entryBytes;
    }
    return undefined;
  }

  #keep(type: number, word: number): void {
    if (type === PerPacketInfoType.TCPIP_CHECKSUM) this.#checksum = word;
    else if (type === PerPacketInfoType.LARGE_SEND) this.#largeSend = word;
    else this.#vlan = tagOf(word);
  }

  #refuse(fault: string): undefined {
    this.fault = fault;
    return undefined;
  }
}

const SEGMENT_BYTES_MASK = 2 ** LargeSendV2.layout.segmentBytes[1] - 1;
const VLAN_ID_SHIFT = Ieee8021q.layout.vlanId[0];

function isKnown(type: number): boolean {
  return (
    type === PerPacketInfoType.TCPIP_CHECKSUM ||
    type === PerPacketInfoType.LARGE_SEND ||
    type === PerPacketInfoType.IEEE_8021Q
  );
}

/** Tag control information of a word that has the priority at the bottom. */
function tagOf(word: number): number {
  return ((word & 7) << 13) | (((word >>> 3) & 1) << 12) | ((word >>> VLAN_ID_SHIFT) & 0xfff);
}
