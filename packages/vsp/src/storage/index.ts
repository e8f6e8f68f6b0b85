/** Storage for a guest: SCSI units, and the controller that serves them over VMBus. */

export { IdeAccelerator } from './bus/ide-accelerator.ts';
export type { LunAddress } from './bus/lun-address.ts';
export {
  ALL_VERSIONS,
  AT_BEGIN,
  type ControlPacket,
  type ProtocolLimits,
  type ProtocolState,
  type Step,
  step,
} from './bus/protocol-state.ts';
export { StorageController, type StorageControllerOptions } from './bus/storage-controller.ts';
export { type CommandEntry, commandEntry, DISK_COMMANDS } from './scsi/command-table.ts';
export type { DiskIdentity } from './scsi/identity.ts';
export { type DataDirection, MAX_CDB_BYTES, ScsiCommand } from './scsi/scsi-command.ts';
export { ScsiDisk, type ScsiDiskOptions, type ScsiUnit } from './scsi/scsi-disk.ts';
