/** TCP segments read, and put together. RFC 9293, 7323. */

import { loadLong, loadWord, storeLong, storeWord } from './checksum.ts';
import { fillChecksum, ipPacket, ipPayloadOffset, type PacketEnds } from './ip-packet.ts';
import { IpProtocol, type PacketLayout } from './packet-layout.ts';

/** Flags of a segment. */
export const TcpFlag = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 } as const;

/** A segment that came. */
export interface TcpSegment {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** As it stands there, not scaled. */
  readonly window: number;
  readonly payload: Uint8Array;
  /** Options of a SYN; undefined without. */
  readonly mss: number | undefined;
  readonly windowScale: number | undefined;
}

/** What a segment says that is to be sent. */
export interface TcpFields {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  /** Sent in a SYN. */
  readonly mss?: number;
  readonly windowScale?: number;
}

/** A segment to send. */
export interface OutgoingSegment {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** 0 for an ordinary one; else it is to be cut into packets of so many bytes of payload, which have no lengths and checksums yet. */
  readonly segmentBytes: number;
  /** Its checksums are right, or filled in when it is cut. */
  readonly verified: true;
}

/** Payload of the largest segment that is left uncut. */
export const MOST_UNCUT_BYTES = 60_000;

const HEADER_BYTES = 20;
const SYN_OPTION_BYTES = 8;

/** The segment that `layout` was found in. The payload is a view. */
export function readSegment(bytes: Uint8Array, layout: PacketLayout): TcpSegment {
  const at = layout.transportOffset;
  const flags = bytes[at + 13]!;
  const options =
    (flags & TcpFlag.SYN) === 0 ? {} : readOptions(bytes, at + HEADER_BYTES, layout.payloadOffset);
  return {
    flags,
    sequence: loadLong(bytes, at + 4),
    acknowledgement: loadLong(bytes, at + 8),
    window: loadWord(bytes, at + 14),
    payload: bytes.subarray(layout.payloadOffset, layout.endOffset),
    mss: options.mss,
    windowScale: options.windowScale,
  };
}

function readOptions(bytes: Uint8Array, start: number, end: number): { mss?: number; windowScale?: number } {
  const found: { mss?: number; windowScale?: number } = {};
  for (let at = start; at < end && bytes[at] !== 0; ) {
    if (bytes[at] === 1) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > end) break;
    if (bytes[at] === 2 && length === 4) found.mss = loadWord(bytes, at + 2);
    if (bytes[at] === 3 && length === 3) found.windowScale = Math.min(bytes[at + 2]!, 14);
    at += length;
  }
  return found;
}

/**
 * A frame with a segment. Payloads above `segmentBytes` leave uncut: whoever takes the frame cuts it. Built in `into` if it fits
 * there, for who has sent it before the next one.
 */
export function tcpPacket(
  ends: PacketEnds,
  fromPort: number,
  toPort: number,
  fields: TcpFields,
  payload: readonly Uint8Array[],
  segmentBytes: number,
  into?: Uint8Array<ArrayBuffer>,
): OutgoingSegment {
  const payloadBytes = payload.reduce((sum, part) => sum + part.length, 0);
  const optionBytes = fields.mss === undefined ? 0 : SYN_OPTION_BYTES;
  const lengthBytes = HEADER_BYTES + optionBytes + payloadBytes;
  const bytes = ipPacket(ends, IpProtocol.TCP, lengthBytes, undefined, into);
  const at = ipPayloadOffset(ends);
  storeWord(bytes, at, fromPort);
  storeWord(bytes, at + 2, toPort);
  storeLong(bytes, at + 4, fields.sequence);
  storeLong(bytes, at + 8, fields.acknowledgement);
  bytes[at + 12] = ((HEADER_BYTES + optionBytes) / 4) << 4;
  bytes[at + 13] = fields.flags;
  storeWord(bytes, at + 14, fields.window);
  if (fields.mss !== undefined) {
    // The scale may be offered only to who offers one as well; otherwise there are fillers.
    const scale = fields.windowScale === undefined ? [1, 1, 1, 1] : [1, 3, 3, fields.windowScale];
    bytes.set([2, 4, fields.mss >>> 8, fields.mss & 255, ...scale], at + HEADER_BYTES);
  }
  let to = at + HEADER_BYTES + optionBytes;
  for (const part of payload) {
    bytes.set(part, to);
    to += part.length;
  }
  const isLarge = payloadBytes > segmentBytes;
  if (!isLarge) fillChecksum(bytes);
  return { bytes, segmentBytes: isLarge ? segmentBytes : 0, verified: true };
}

/** The reset that answers a segment of nobody's connection. RFC 9293, Reset Generation. */
export function resetFor(segment: TcpSegment): TcpFields {
  const length =
    segment.payload.length + (segment.flags & TcpFlag.SYN ? 1 : 0) + (segment.flags & TcpFlag.FIN);
  const hasAck = (segment.flags & TcpFlag.ACK) !== 0;
  return {
    flags: TcpFlag.RST | (hasAck ? 0 : TcpFlag.ACK),
    sequence: hasAck ? segment.acknowledgement : 0,
    acknowledgement: hasAck ? 0 : (segment.sequence + length) % 2 ** 32,
    window: 0,
  };
}
