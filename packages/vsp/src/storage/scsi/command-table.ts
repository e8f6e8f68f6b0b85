/** The commands of a direct-access unit: opcode, length, direction and handler, each stated once. SBC-3, Direct Access Block Device Type. */

import { flush, readBlocks, verifyBlocks, writeBlocks } from './block-io.ts';
import { readCapacity10, serviceActionIn16 } from './capacity.ts';
import { Opcode } from './draft.ts';
import { inquiry } from './inquiry.ts';
import { modeSelect6, modeSelect10, modeSense6, modeSense10 } from './mode-commands.ts';
import { unmap, writeSame10, writeSame16 } from './provisioning.ts';
import type { DataDirection, ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';
import { preventAllow, requestSense, startStop, testUnitReady } from './unit-control.ts';

/** How a unit treats one opcode. */
export interface CommandEntry {
  readonly opcode: number;
  /** Length of the command descriptor block; a shorter one is refused. */
  readonly cdbBytes: 6 | 10 | 12 | 16;
  readonly direction: DataDirection;
  /** Refused while the unit is stopped. */
  readonly needsMedium: boolean;
  /** Whether a unit attention condition ends this command (SPC-4 excepts INQUIRY and REQUEST SENSE). */
  readonly reportsAttention: boolean;
  run(disk: ScsiDisk, command: ScsiCommand): void | Promise<void>;
}

type Handler = CommandEntry['run'];

const control = (opcode: number, direction: DataDirection, run: Handler): CommandEntry => ({
  opcode,
  cdbBytes: cdbBytesOf(opcode),
  direction,
  needsMedium: false,
  reportsAttention: opcode !== Opcode.INQUIRY && opcode !== Opcode.REQUEST_SENSE,
  run,
});

const medium = (opcode: number, direction: DataDirection, run: Handler): CommandEntry => ({
  ...control(opcode, direction, run),
  needsMedium: true,
});

/** Every command that a disk knows. REPORT LUNS is answered by the controller, which alone knows the units. */
export const DISK_COMMANDS: readonly CommandEntry[] = [
  medium(Opcode.TEST_UNIT_READY, 'none', testUnitReady),
  control(Opcode.REQUEST_SENSE, 'in', requestSense),
  control(Opcode.INQUIRY, 'in', inquiry),
  control(Opcode.MODE_SENSE_6, 'in', modeSense6),
  control(Opcode.MODE_SENSE_10, 'in', modeSense10),
  control(Opcode.MODE_SELECT_6, 'out', modeSelect6),
  control(Opcode.MODE_SELECT_10, 'out', modeSelect10),
  control(Opcode.START_STOP_UNIT, 'none', startStop),
  control(Opcode.PREVENT_ALLOW_MEDIUM_REMOVAL, 'none', preventAllow),
  medium(Opcode.READ_CAPACITY_10, 'in', readCapacity10),
  medium(Opcode.SERVICE_ACTION_IN_16, 'in', serviceActionIn16),
  medium(Opcode.READ_6, 'in', readBlocks),
  medium(Opcode.READ_10, 'in', readBlocks),
  medium(Opcode.READ_12, 'in', readBlocks),
  medium(Opcode.READ_16, 'in', readBlocks),
  medium(Opcode.WRITE_6, 'out', writeBlocks),
  medium(Opcode.WRITE_10, 'out', writeBlocks),
  medium(Opcode.WRITE_12, 'out', writeBlocks),
  medium(Opcode.WRITE_16, 'out', writeBlocks),
  medium(Opcode.VERIFY_10, 'out', verifyBlocks),
  medium(Opcode.VERIFY_12, 'out', verifyBlocks),
  medium(Opcode.VERIFY_16, 'out', verifyBlocks),
  medium(Opcode.SYNCHRONIZE_CACHE_10, 'none', flush),
  medium(Opcode.SYNCHRONIZE_CACHE_16, 'none', flush),
  medium(Opcode.UNMAP, 'out', unmap),
  medium(Opcode.WRITE_SAME_10, 'out', writeSame10),
  medium(Opcode.WRITE_SAME_16, 'out', writeSame16),
];

const byOpcode: readonly (CommandEntry | undefined)[] = Array.from({ length: 256 }, (_, opcode) =>
  DISK_COMMANDS.find((entry) => entry.opcode === opcode),
);

/** The entry of an opcode; undefined when the unit does not know it. */
export function commandEntry(opcode: number): CommandEntry | undefined {
  return byOpcode[opcode];
}

/** The length that an opcode's group code (bits 7–5) states; SPC-4, Operation Code. */
export function cdbBytesOf(opcode: number): 6 | 10 | 12 | 16 {
  switch (opcode >>> 5) {
    case 0:
      return 6;
    case 1:
    case 2:
      return 10;
    case 5:
      return 12;
    default:
      return 16;
  }
}
