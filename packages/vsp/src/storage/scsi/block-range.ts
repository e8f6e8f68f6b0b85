/** Which blocks a command means: address and length of 6, 10, 12 and 16-byte descriptor blocks. SBC-3, READ and its like. */

import {
  AdditionalSense,
  ReadWrite6Cdb,
  ReadWrite10Cdb,
  ReadWrite12Cdb,
  ReadWrite16Cdb,
  ReadWriteFlags,
  SenseKey,
} from '@viridian/protocols/scsi';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

const READ_6_MOST_BLOCKS = 256;

/** Masks for `flags` of a command: force unit access, and protection information, which no disk here has. */
export const FUA = ReadWriteFlags.encode({ fua: 1 });
export const PROTECT = ReadWriteFlags.encode({ protect: 7 });

const nowhere = new DataView(new ArrayBuffer(16));
const cdb6 = ReadWrite6Cdb.on(nowhere);
const cdb10 = ReadWrite10Cdb.on(nowhere);
const cdb12 = ReadWrite12Cdb.on(nowhere);
const cdb16 = ReadWrite16Cdb.on(nowhere);

/** Decodes the descriptor block into `lba`, `blocks` and `flags` of the command; `flags` is byte 1, 0 for the short form. */
export function decodeBlocks(command: ScsiCommand): void {
  command.flags = command.cdb[1]!;
  switch (command.cdb[0]! >>> 5) {
    case 0:
      cdb6.view = command.view;
      command.lba = (cdb6.lbaHigh.lba << 16) | cdb6.lbaLow;
      command.blocks = cdb6.transferLength || READ_6_MOST_BLOCKS;
      command.flags = 0;
      return;
    case 4:
      cdb16.view = command.view;
      command.lba = cdb16.lba;
      command.blocks = cdb16.transferLength;
      return;
    case 5:
      cdb12.view = command.view;
      command.lba = cdb12.lba;
      command.blocks = cdb12.transferLength;
      return;
    default:
      cdb10.view = command.view;
      command.lba = cdb10.lba;
      command.blocks = cdb10.transferLength;
  }
}

/** Whether these blocks lie on the disk; ends the command otherwise. */
export function isInsideDisk(disk: ScsiDisk, command: ScsiCommand, lba: number, blocks: number): boolean {
  if (lba < disk.blocks && blocks <= disk.blocks - lba) return true;
  command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
  return false;
}
