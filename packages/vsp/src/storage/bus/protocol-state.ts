/** How guest and host come to terms on a storage channel: StorVSP protocol, from begin to end of initialization. */

import { StorvspVersion, VstorOperation } from '@viridian/protocols/storvsp';
import { NtStatus } from '@viridian/protocols/vmbus';

/** Where the guest is. From `end` on it has a version; `subchannels` is what it asked for, -1 before it did. */
export type ProtocolState =
  | { readonly at: 'begin' }
  | { readonly at: 'query-version' }
  | { readonly at: 'query-properties'; readonly version: number }
  | { readonly at: 'end'; readonly version: number; readonly subchannels: number }
  | { readonly at: 'ready'; readonly version: number; readonly subchannels: number };

/** What a control packet says, copied out of it. */
export interface ControlPacket {
  readonly operation: number;
  /** Of QUERY_PROTOCOL_VERSION. */
  readonly majorMinor: number;
  /** Of CREATE_SUB_CHANNELS. */
  readonly subChannelCount: number;
}

/** What this host is willing to do. */
export interface ProtocolLimits {
  /** Versions that are taken, see `StorvspVersion`. */
  readonly versions: readonly number[];
  readonly maxSubchannels: number;
}

/** The answer to a control packet, and what the runner must do once it has been sent. */
export interface Step {
  readonly next: ProtocolState;
  /** NTSTATUS. */
  readonly status: number;
  /** Sub-channels to offer. */
  readonly offer?: number;
}

/** All versions, newest first. */
export const ALL_VERSIONS: readonly number[] = Object.values(StorvspVersion).toSorted((a, b) => b - a);

/** The state of a channel that was just opened. */
export const AT_BEGIN: ProtocolState = { at: 'begin' };

/** Sub-channels came with Windows 8. */
export function subchannelsOf(version: number, limits: ProtocolLimits): number {
  return version >= StorvspVersion.WIN8 ? limits.maxSubchannels : 0;
}

/** Pure: no ring, no clock. Every packet out of order is answered with INVALID_DEVICE_STATE and changes nothing. */
export function step(state: ProtocolState, packet: ControlPacket, limits: ProtocolLimits): Step {
  const { operation } = packet;
  switch (state.at) {
    case 'begin':
      if (operation !== VstorOperation.BEGIN_INITIALIZATION) break;
      return took({ at: 'query-version' });
    case 'query-version': {
      if (operation !== VstorOperation.QUERY_PROTOCOL_VERSION) break;
      const version = packet.majorMinor;
      // A refused version leaves the guest free to ask for an older one.
      if (!limits.versions.includes(version)) return { next: state, status: NtStatus.REVISION_MISMATCH };
      return took({ at: 'query-properties', version });
    }
    case 'query-properties':
      if (operation !== VstorOperation.QUERY_PROPERTIES) break;
      return took({ at: 'end', version: state.version, subchannels: -1 });
    case 'end':
      // Windows asks for sub-channels here, Linux when it is ready.
      if (operation === VstorOperation.CREATE_SUB_CHANNELS) return createSubchannels(state, packet, limits);
      if (operation !== VstorOperation.END_INITIALIZATION) break;
      return took({ ...state, at: 'ready' });
    case 'ready':
      if (operation !== VstorOperation.CREATE_SUB_CHANNELS) break;
      return createSubchannels(state, packet, limits);
    default:
      state satisfies never;
  }
  return { next: state, status: NtStatus.INVALID_DEVICE_STATE };
}

function createSubchannels(
  state: Extract<ProtocolState, { at: 'end' | 'ready' }>,
  packet: ControlPacket,
  limits: ProtocolLimits,
): Step {
  if (state.subchannels >= 0) return { next: state, status: NtStatus.INVALID_DEVICE_STATE };
  const count = packet.subChannelCount;
  if (count > subchannelsOf(state.version, limits))
    return { next: state, status: NtStatus.INVALID_PARAMETER };
  return { next: { ...state, subchannels: count }, status: NtStatus.SUCCESS, offer: count };
}

function took(next: ProtocolState): Step {
  return { next, status: NtStatus.SUCCESS };
}
