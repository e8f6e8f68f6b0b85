/** Which blocks a command means: LBA and transfer length of 6, 10, 12 and 16-byte descriptor blocks. SBC-3, Command Format. */

import { cappedFromHalves } from '@viridian/wire';
import { AdditionalSense, SenseKey } from './draft.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

/** CDB byte 1: RDPROTECT, WRPROTECT, VRPROTECT. */
export const PROTECT = 0xe0;
/** CDB byte 1 of READ and WRITE: force unit access. */
export const FUA = 0x08;

const READ_6_LBA_HIGH = 0x1f;
const READ_6_MOST_BLOCKS = 256;

/** Decodes the descriptor block into `lba`, `blocks` and `flags` of the command. */
export function decodeBlocks(command: ScsiCommand): void {
  const { view, cdb } = command;
  command.flags = cdb[1]!;
  switch (cdb[0]! >>> 5) {
    case 0:
      command.lba = ((cdb[1]! & READ_6_LBA_HIGH) << 16) | view.getUint16(2);
      command.blocks = cdb[4]! || READ_6_MOST_BLOCKS;
      command.flags = 0;
      return;
    case 4:
      command.lba = cappedFromHalves(view.getUint32(6), view.getUint32(2));
      command.blocks = view.getUint32(10);
      return;
    case 5:
      command.lba = view.getUint32(2);
      command.blocks = view.getUint32(6);
      return;
    default:
      command.lba = view.getUint32(2);
      command.blocks = view.getUint16(7);
  }
}

/** Whether these blocks lie on the disk; ends the command otherwise. */
export function isInsideDisk(disk: ScsiDisk, command: ScsiCommand, lba: number, blocks: number): boolean {
  if (lba < disk.blocks && blocks <= disk.blocks - lba) return true;
  command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.LBA_OUT_OF_RANGE);
  return false;
}
