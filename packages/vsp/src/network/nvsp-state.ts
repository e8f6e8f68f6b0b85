/** How guest and host come to terms on a network channel. NVSP, version negotiation and buffers. */

import { NvspMessageType, NvspStatus, NvspVersion } from '@viridian/protocols/netvsp';

/** Where the guest is. `frameBytes` is the longest ordinary frame that it wants, its Ethernet header included. */
export type NvspState =
  | { readonly at: 'begin' }
  | {
      readonly at: 'negotiated';
      readonly version: number;
      readonly frameBytes: number;
      readonly capabilities: number;
      readonly hasReceiveBuffer: boolean;
      readonly hasSendBuffer: boolean;
    };

/** What a message says, copied out of it; fields of other messages are 0. */
export interface NvspMessage {
  readonly type: number;
  /** Of INIT. */
  readonly minVersion?: number;
  readonly maxVersion?: number;
  /** Of SEND_NDIS_CONFIG. */
  readonly mtu?: number;
  readonly capabilities?: number;
}

/** What this host is willing to do. */
export interface NvspLimits {
  /** Versions that are taken, see `NvspVersion`. */
  readonly versions: readonly number[];
}

/** What a message comes to. `status` is an `NvspStatus`; the state is unchanged unless it is SUCCESS. */
export interface NvspStep {
  readonly next: NvspState;
  readonly status: number;
}

/** All versions, newest first. */
export const ALL_NVSP_VERSIONS: readonly number[] = Object.values(NvspVersion).toSorted((a, b) => b - a);

/** The state of a channel that was just opened. */
export const AT_BEGIN: NvspState = { at: 'begin' };

/** A frame of 1500 bytes of payload. */
export const DEFAULT_FRAME_BYTES = 1514;

/** Longest frame that may be agreed on; as OpenVMM, what lies outside is taken for the default. */
const MOST_FRAME_BYTES = 9216;

/** Pure: no ring, no memory. Whoever maps the buffers calls it first, and does so only on SUCCESS. */
export function stepNvsp(state: NvspState, message: NvspMessage, limits: NvspLimits): NvspStep {
  const { type } = message;
  if (state.at === 'begin') {
    if (type !== NvspMessageType.INIT) return refused(state);
    return negotiate(state, message.minVersion ?? 0, message.maxVersion ?? 0, limits);
  }
  switch (type) {
    case NvspMessageType.NVSP_MSG1_TYPE_SEND_NDIS_VER:
      return took(state);
    case NvspMessageType.NVSP_MSG2_TYPE_SEND_NDIS_CONFIG:
      // The receive buffer is divided by the frame's length.
      if (state.version < NvspVersion.V2 || state.hasReceiveBuffer) return refused(state);
      return took({
        ...state,
        frameBytes: frameBytesOf(message.mtu ?? 0),
        capabilities: message.capabilities ?? 0,
      });
    case NvspMessageType.NVSP_MSG1_TYPE_SEND_RECV_BUF:
      return state.hasReceiveBuffer ? refused(state) : took({ ...state, hasReceiveBuffer: true });
    case NvspMessageType.NVSP_MSG1_TYPE_REVOKE_RECV_BUF:
      return state.hasReceiveBuffer ? took({ ...state, hasReceiveBuffer: false }) : refused(state);
    case NvspMessageType.NVSP_MSG1_TYPE_SEND_SEND_BUF:
      return state.hasSendBuffer ? refused(state) : took({ ...state, hasSendBuffer: true });
    case NvspMessageType.NVSP_MSG1_TYPE_REVOKE_SEND_BUF:
      return state.hasSendBuffer ? took({ ...state, hasSendBuffer: false }) : refused(state);
    case NvspMessageType.NVSP_MSG4_TYPE_SWITCH_DATA_PATH:
      return state.version >= NvspVersion.V4 ? took(state) : refused(state);
    case NvspMessageType.NVSP_MSG5_TYPE_SUBCHANNEL:
    case NvspMessageType.NVSP_MSG5_TYPE_OID_QUERY_EX:
      return state.version >= NvspVersion.V5 ? took(state) : refused(state);
    default:
      return refused(state);
  }
}

/** The newest version inside the guest's range; Linux offers one at a time. */
function negotiate(state: NvspState, least: number, most: number, limits: NvspLimits): NvspStep {
  const version = limits.versions.find((one) => one >= least && one <= most);
  if (version === undefined) {
    if (limits.versions.every((one) => one < least)) {
      return { next: state, status: NvspStatus.PROTOCOL_TOO_NEW };
    }
    const isTooOld = limits.versions.every((one) => one > most);
    return {
      next: state,
      status: isTooOld ? NvspStatus.PROTOCOL_TOO_OLD : NvspStatus.PROTOCOL_UNSUPPORTED,
    };
  }
  return took({
    at: 'negotiated',
    version,
    frameBytes: DEFAULT_FRAME_BYTES,
    capabilities: 0,
    hasReceiveBuffer: false,
    hasSendBuffer: false,
  });
}

function frameBytesOf(mtu: number): number {
  return mtu >= DEFAULT_FRAME_BYTES && mtu <= MOST_FRAME_BYTES ? mtu : DEFAULT_FRAME_BYTES;
}

function took(next: NvspState): NvspStep {
  return { next, status: NvspStatus.SUCCESS };
}

function refused(next: NvspState): NvspStep {
  return { next, status: NvspStatus.FAIL };
}
