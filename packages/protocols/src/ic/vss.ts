/** The backup service. Integration Services, Volume Shadow Copy. */

import { pad, struct, u8, u32 } from '@viridian/wire';

/** `operation` of a request. */
export const VssOperation = {
  CREATE: 0,
  DELETE: 1,
  HOT_BACKUP: 2,
  GET_DIRECT_MAPPED_INFO: 3,
  BACKUP_COMPLETE: 4,
  FREEZE: 5,
  THAW: 6,
  AUTO_RECOVER: 7,
} as const;

/** `flags` of the answer to HOT_BACKUP: possible, and the host need not recover anything afterwards. */
export const VSS_HOT_BACKUP_NO_AUTO_RECOVERY = 5;

/** Payload; a FREEZE of Hyper-V is followed by LUNs that Linux does not look at. */
export const VssMessage = struct('HV_VSS_MSG', 12, { operation: u8, reserved: pad(7), flags: u32 });
