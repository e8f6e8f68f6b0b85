/** Integration services: the frame of their messages, and what each service puts into it. */

export {
  FILE_COPY_DATA_BYTES,
  FILE_COPY_PATH_UNITS,
  FileCopyFlag,
  FileCopyHeader,
  FileCopyOperation,
  FileCopyStart,
  FileCopyWrite,
} from './file-copy.ts';
export { Heartbeat, HeartbeatState } from './heartbeat.ts';
export {
  KVP_INTRINSIC_KEYS,
  KVP_KEY_BYTES,
  KVP_VALUE_BYTES,
  KvpAddressFamily,
  KvpDelete,
  KvpEnumerate,
  KvpExchange,
  KvpHeader,
  KvpIpInfo,
  KvpOperation,
  KvpPool,
  KvpValueType,
} from './kvp.ts';
export {
  IC_HEADER_BYTES,
  IC_PIPE_HEADER_BYTES,
  IcFlag,
  IcMessage,
  IcMessageType,
  IcStatus,
} from './message.ts';
export {
  IC_FRAMEWORKS,
  IC_FRAMEWORKS_WIN8,
  IC_MAX_VERSIONS,
  IC_NEGOTIATED_BYTES,
  IcNegotiate,
  IcServiceVersions,
  IcVersion,
} from './negotiate.ts';
export { SHUTDOWN_REASON_PLANNED, ShutdownFlag, ShutdownRequest } from './shutdown.ts';
export { TimeSyncFlag, TimeSyncReference, TimeSyncSample, UNIX_EPOCH_1601 } from './time-sync.ts';
export { VSS_HOT_BACKUP_NO_AUTO_RECOVERY, VssMessage, VssOperation } from './vss.ts';
