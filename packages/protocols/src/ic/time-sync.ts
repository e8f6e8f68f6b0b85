/** The time synchronization service. Integration Services, Time Synchronization. */

import { pad, struct, u8, u64 } from '@viridian/wire';

/** `flags` of a sample: SYNC has the guest set its clock, SAMPLE is a hint. */
export const TimeSyncFlag = { PROBE: 0, SYNC: 1, SAMPLE: 2 } as const;

/** Payload up to version 3.0: times in units of 100 ns since 1601-01-01 UTC. Linux reads 25 bytes. */
export const TimeSyncSample = struct('ICTIMESYNC_DATA', 28, {
  parentTime: u64,
  childTime: u64,
  roundTripTime: u64,
  flags: u8,
  reserved: pad(3),
});

/** Payload of version 4.0: `referenceTime` is the partition's reference counter when `parentTime` was read. */
export const TimeSyncReference = struct('ICTIMESYNC_REF_DATA', 24, {
  parentTime: u64,
  referenceTime: u64,
  flags: u8,
  leapFlags: u8,
  stratum: u8,
  reserved: pad(5),
});

/** 1970-01-01 UTC in units of 100 ns since 1601-01-01. */
export const UNIX_EPOCH_1601 = 116_444_736_000_000_000n;
