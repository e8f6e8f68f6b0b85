/** Integration messages as bytes: what is put together for the guest, and how its answers are checked. Integration Services. */

import {
  IC_HEADER_BYTES,
  IC_PIPE_HEADER_BYTES,
  IcFlag,
  IcMessage,
  IcMessageType,
  IcNegotiate,
  IcVersion,
} from '@viridian/protocols/ic';
import { PipePacketType } from '@viridian/protocols/vmbus';

/** What both ends have agreed on. */
export interface AgreedVersions {
  readonly framework: IcVersion;
  readonly version: IcVersion;
}

/** An answer whose frame is right; `payload` is a window on the bytes it came in. */
export interface IcAnswer {
  readonly messageType: number;
  readonly transactionId: number;
  /** HRESULT. */
  readonly status: number;
  readonly payload: Uint8Array;
}

const NOTHING_AGREED: AgreedVersions = { framework: { major: 0, minor: 0 }, version: { major: 0, minor: 0 } };

/** A request around `payload`, ready for the ring. */
export function requestBytes(
  messageType: number,
  transactionId: number,
  payload: Uint8Array,
  { framework, version }: AgreedVersions = NOTHING_AGREED,
): Uint8Array {
  const message = new Uint8Array(IC_HEADER_BYTES + payload.length);
  IcMessage.write(new DataView(message.buffer), 0, {
    pipeType: PipePacketType.DATA,
    pipeBytes: message.length - IC_PIPE_HEADER_BYTES,
    frameworkMajor: framework.major,
    frameworkMinor: framework.minor,
    messageType,
    versionMajor: version.major,
    versionMinor: version.minor,
    payloadBytes: payload.length,
    transactionId,
    flags: IcFlag.TRANSACTION | IcFlag.REQUEST,
  });
  message.set(payload, IC_HEADER_BYTES);
  return message;
}

/** Payload of a negotiation that offers these versions. */
export function negotiationPayload(
  frameworks: readonly IcVersion[],
  versions: readonly IcVersion[],
): Uint8Array {
  const payload = new Uint8Array(IcNegotiate.size + (frameworks.length + versions.length) * IcVersion.size);
  const view = new DataView(payload.buffer);
  IcNegotiate.write(view, 0, { frameworkCount: frameworks.length, messageCount: versions.length });
  [...frameworks, ...versions].forEach((version, index) => {
    IcVersion.write(view, IcNegotiate.size + index * IcVersion.size, version);
  });
  return payload;
}

/**
 * Looks at a private copy of what the guest sent. Gives what is wrong as a fixed text. `packetBytes` is the payload of the
 * packet, of which only multiples of 8 are known.
 */
export function parseAnswer(bytes: Uint8Array): IcAnswer | string {
  if (bytes.length < IC_HEADER_BYTES) return 'message shorter than its header';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = IcMessage.read(view);
  if (header.pipeType !== PipePacketType.DATA) return 'not a data message';
  const end = IC_PIPE_HEADER_BYTES + header.pipeBytes;
  if (end < IC_HEADER_BYTES) return 'pipe length leaves no header';
  if (end > bytes.length) return 'pipe length beyond the packet';
  if ((header.flags & IcFlag.RESPONSE) === 0) return 'not an answer';
  return {
    messageType: header.messageType,
    transactionId: header.transactionId,
    status: header.status,
    payload: bytes.subarray(IC_HEADER_BYTES, end),
  };
}

/** What the guest chose; `none` when nothing suits it. A fixed text says what is wrong. */
export function parseNegotiated(
  { messageType, payload }: IcAnswer,
  frameworks: readonly IcVersion[],
  versions: readonly IcVersion[],
): AgreedVersions | 'none' | { readonly wrong: string } {
  if (messageType !== IcMessageType.NEGOTIATE) return { wrong: 'not the answer to a negotiation' };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (!IcNegotiate.fits(view)) return { wrong: 'negotiation cut short' };
  const { frameworkCount, messageCount } = IcNegotiate.read(view);
  if (frameworkCount === 0 || messageCount === 0) return 'none';
  if (frameworkCount !== 1 || messageCount !== 1) return { wrong: 'more than one version chosen' };
  const second = IcNegotiate.size + IcVersion.size;
  if (!IcVersion.fits(view, second)) return { wrong: 'negotiation cut short' };
  const framework = IcVersion.read(view, IcNegotiate.size);
  const version = IcVersion.read(view, second);
  const isOffered = isIn(framework, frameworks) && isIn(version, versions);
  return isOffered ? { framework, version } : { wrong: 'chose a version that was not offered' };
}

function isIn({ major, minor }: IcVersion, list: readonly IcVersion[]): boolean {
  return list.some((one) => one.major === major && one.minor === minor);
}
