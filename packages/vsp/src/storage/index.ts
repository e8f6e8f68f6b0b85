export {
  type CommandEntry,
  commandEntry,
  DISK_COMMANDS,
} from './scsi/command-table.ts';
export type { DiskIdentity } from './scsi/identity.ts';
export { type DataDirection, MAX_CDB_BYTES, ScsiCommand } from './scsi/scsi-command.ts';
export { ScsiDisk, type ScsiDiskOptions, type ScsiUnit } from './scsi/scsi-disk.ts';
