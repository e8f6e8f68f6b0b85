/** The storage adapter's driver: SCSI over VMBus, seen from the child. */

export type { CommandDone, Direction } from './command-pool.ts';
export { DEFAULT_VERSIONS } from './control.ts';
export { type DiskWriteOptions, StorageDisk } from './disk.ts';
export type { DiskFacts, UnmapMethod } from './disk-facts.ts';
export { type DiscEvent, StorageDvd } from './dvd.ts';
export { ScsiError, StorageError, type StorageErrorKind } from './errors.ts';
export type { DmaAllocator, GuestPages } from './guest-pages.ts';
export type { LunAddress } from './lun-address.ts';
export type { ScanRange } from './scan.ts';
export { openStorvsc, type Storvsc, type StorvscOptions } from './storvsc.ts';
