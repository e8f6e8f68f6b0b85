/** Shutdown, time synchronization and heartbeat in the guest. Integration Services. */

import {
  Heartbeat,
  HeartbeatState,
  IcMessageType,
  IcServiceVersions,
  IcStatus,
  ShutdownFlag,
  ShutdownRequest,
  TimeSyncFlag,
  TimeSyncReference,
  TimeSyncSample,
  UNIX_EPOCH_1601,
} from '@viridian/protocols/ic';
import type { Channel } from '@viridian/vmbus/ring';
import { IcResponder } from './ic-responder.ts';

/** What the host asks for when it wants the guest to end. */
export interface ShutdownWish {
  readonly kind: 'power-off' | 'restart' | 'hibernate';
  readonly force: boolean;
  readonly message: string;
}

/** `wish` says whether the guest will; it acts after the answer, e.g. in a later turn. */
export function serveShutdown(channel: Channel, wish: (wish: ShutdownWish) => boolean): IcResponder {
  const facts = { messageType: IcMessageType.SHUTDOWN, versions: IcServiceVersions.SHUTDOWN };
  return new IcResponder(channel, facts, (payload) => {
    const view = viewOf(payload);
    if (!ShutdownRequest.fits(view)) return IcStatus.INVALID_ARGUMENT;
    const { flags, displayMessage } = ShutdownRequest.read(view);
    const kind = KINDS.get(flags & ~ShutdownFlag.FORCE);
    if (kind === undefined) return IcStatus.FAIL;
    const force = (flags & ShutdownFlag.FORCE) !== 0;
    return wish({ kind, force, message: displayMessage }) ? IcStatus.OK : IcStatus.FAIL;
  });
}

const KINDS = new Map<number, ShutdownWish['kind']>([
  [ShutdownFlag.POWER_OFF, 'power-off'],
  [ShutdownFlag.RESTART, 'restart'],
  [ShutdownFlag.HIBERNATE, 'hibernate'],
]);

/** The host's time as it says. */
export interface HostTime {
  /** 100 ns since 1970 UTC. */
  readonly unixTime: bigint;
  /** The partition's reference time at that moment; undefined with old versions. */
  readonly referenceTime: bigint | undefined;
  /** The guest should set its clock; otherwise it is a sample. */
  readonly isSync: boolean;
}

/** Hears the host's time. */
export function serveTimeSync(channel: Channel, hear: (time: HostTime) => void): IcResponder {
  const facts = { messageType: IcMessageType.TIME_SYNC, versions: IcServiceVersions.TIME_SYNC };
  return new IcResponder(channel, facts, (payload, version) => {
    const hasReference = version.major >= 4;
    const view = viewOf(payload);
    const struct = hasReference ? TimeSyncReference : TimeSyncSample;
    if (!struct.fits(view)) return IcStatus.INVALID_ARGUMENT;
    const { parentTime, flags } = struct.read(view);
    hear({
      unixTime: parentTime - UNIX_EPOCH_1601,
      referenceTime: hasReference ? TimeSyncReference.read(view).referenceTime : undefined,
      isSync: (flags & TimeSyncFlag.SYNC) !== 0,
    });
    return IcStatus.OK;
  });
}

/** Answers heartbeats; `healthy` says how the programs are. */
export function serveHeartbeat(channel: Channel, healthy?: () => boolean): IcResponder {
  const facts = { messageType: IcMessageType.HEARTBEAT, versions: IcServiceVersions.HEARTBEAT };
  return new IcResponder(channel, facts, (payload) => {
    const view = viewOf(payload);
    if (!Heartbeat.fits(view)) return IcStatus.INVALID_ARGUMENT;
    const live = Heartbeat.on(view);
    live.sequence = BigInt.asUintN(64, live.sequence + 1n);
    if (healthy !== undefined) live.state = healthy() ? HeartbeatState.HEALTHY : HeartbeatState.CRITICAL;
    return IcStatus.OK;
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
