/** Cuts TCP segments that are larger than the network's packets, as an adapter with large send offload does. RFC 9293. */

import {
  addWords,
  ETHERNET_HEADER_BYTES,
  fillIpv4Checksum,
  fillTransportChecksum,
  foldChecksum,
  IpProtocol,
  PacketLayout,
  pseudoHeader,
  storeWord,
} from '@viridian/inet';
import type { Frame } from './frame.ts';

const FIN = 0x01;
const PSH = 0x08;
const CWR = 0x80;
/** What the length field of IPv4 can say. */
const MOST_IP_BYTES = 0xffff;
const SMALLEST_SCRATCH_BYTES = 2048;

/** Cuts one frame after another; the segments are built in one place. */
export class SegmentCutter {
  readonly #layout = new PacketLayout();
  #scratch = new Uint8Array(SMALLEST_SCRATCH_BYTES);
  #view = new DataView(this.#scratch.buffer);

  /**
   * How many ordinary frames this one becomes: 1 when nothing is to be cut, 0 when it is no TCP segment or its segments
   * would be longer than `mtuBytes` allows.
   */
  count(frame: Frame, mtuBytes: number): number {
    if (frame.segmentBytes === 0) return frame.bytes.length <= ETHERNET_HEADER_BYTES + mtuBytes ? 1 : 0;
    const layout = this.#layout;
    if (!layout.find(frame.bytes) || layout.protocol !== IpProtocol.TCP) return 0;
    const headerBytes = layout.payloadOffset;
    if (headerBytes + frame.segmentBytes > ETHERNET_HEADER_BYTES + mtuBytes) return 0;
    return Math.max(1, Math.ceil((layout.endOffset - headerBytes) / frame.segmentBytes));
  }

  /**
   * Calls `deliver` with the bytes of each ordinary frame; they are overwritten when it returns, unless nothing had to be
   * cut. Returns how many there were; see `count` for 0.
   */
  cut(frame: Frame, mtuBytes: number, deliver: (bytes: Uint8Array) => void): number {
    const count = this.count(frame, mtuBytes);
    if (frame.segmentBytes === 0) {
      if (count === 1) deliver(frame.bytes);
      return count;
    }
    // The layout was found while counting; delivering may use this cutter again, so it is not looked at later.
    const { payloadOffset, transportOffset, endOffset, isIpv6 } = this.#layout;
    for (let index = 0; index < count; index += 1) {
      const from = payloadOffset + index * frame.segmentBytes;
      const to = Math.min(from + frame.segmentBytes, endOffset);
      const segment = this.#take(payloadOffset + to - from);
      segment.set(frame.bytes.subarray(0, payloadOffset));
      segment.set(frame.bytes.subarray(from, to), payloadOffset);
      this.#fillIn(segment, transportOffset, isIpv6, index, from - payloadOffset, index === count - 1);
      deliver(segment);
    }
    return count;
  }

  /**
   * The headers of a large segment as one packet, with lengths and checksums filled in, for a receiver that takes such; its
   * payload stands behind them in the frame. Overwritten by the next call. Undefined when nothing is to be cut, it is no
   * TCP segment, or longer than IP can say.
   */
  whole(frame: Frame): Uint8Array | undefined {
    const { bytes, segmentBytes } = frame;
    const layout = this.#layout;
    if (segmentBytes === 0 || !layout.find(bytes) || layout.protocol !== IpProtocol.TCP) return undefined;
    const { transportOffset, payloadOffset, endOffset, isIpv6 } = layout;
    if (endOffset !== bytes.length || endOffset - ETHERNET_HEADER_BYTES > MOST_IP_BYTES) return undefined;
    const head = this.#take(payloadOffset);
    head.set(bytes.subarray(0, payloadOffset));
    const ip = ETHERNET_HEADER_BYTES;
    if (isIpv6) storeWord(head, ip + 4, endOffset - ip - 40);
    else {
      storeWord(head, ip + 2, endOffset - ip);
      fillIpv4Checksum(head, ip);
    }
    const field = transportOffset + 16;
    storeWord(head, field, 0);
    const sum = addWords(head, transportOffset, payloadOffset, pseudoHeader(head, layout));
    storeWord(head, field, foldChecksum(addWords(bytes, payloadOffset, endOffset, sum)));
    return head;
  }

  #take(lengthBytes: number): Uint8Array {
    if (this.#scratch.length < lengthBytes) {
      this.#scratch = new Uint8Array(lengthBytes * 2);
      this.#view = new DataView(this.#scratch.buffer);
    }
    return this.#scratch.subarray(0, lengthBytes);
  }

  /** Makes the copied headers those of segment `index`, which begins so many bytes into the payload. */
  #fillIn(
    segment: Uint8Array,
    tcp: number,
    isIpv6: boolean,
    index: number,
    sequenceOffset: number,
    isLast: boolean,
  ): void {
    const ip = ETHERNET_HEADER_BYTES;
    const view = this.#view;
    if (isIpv6) {
      storeWord(segment, ip + 4, segment.length - ip - 40);
    } else {
      storeWord(segment, ip + 2, segment.length - ip);
      view.setUint16(ip + 4, view.getUint16(ip + 4) + index);
      fillIpv4Checksum(segment, ip);
    }
    view.setUint32(tcp + 4, view.getUint32(tcp + 4) + sequenceOffset);
    let flags = segment[tcp + 13]!;
    if (!isLast) flags &= ~(FIN | PSH);
    if (index > 0) flags &= ~CWR;
    segment[tcp + 13] = flags;
    if (this.#layout.find(segment)) fillTransportChecksum(segment, this.#layout);
  }
}
