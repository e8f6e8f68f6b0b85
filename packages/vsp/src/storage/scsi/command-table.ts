/** The commands of a direct-access unit: opcode, length, direction and handler, each stated once. SBC-3, Direct Access Block Device Type. */

import { cdbBytes, ScsiOpcode } from '@viridian/protocols/scsi';
import { flush, readBlocks, verifyBlocks, writeBlocks } from './block-io.ts';
import { readCapacity10, serviceActionIn16 } from './capacity.ts';
import { inquiry } from './inquiry.ts';
import { modeSelect6, modeSelect10 } from './mode-select.ts';
import { modeSense6, modeSense10 } from './mode-sense.ts';
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
  cdbBytes: cdbBytes(opcode)!,
  direction,
  needsMedium: false,
  reportsAttention: opcode !== ScsiOpcode.INQUIRY && opcode !== ScsiOpcode.REQUEST_SENSE,
  run,
});

const medium = (opcode: number, direction: DataDirection, run: Handler): CommandEntry => ({
  ...control(opcode, direction, run),
  needsMedium: true,
});

/** Every command that a disk knows. REPORT LUNS is answered by the controller, which alone knows the units. */
export const DISK_COMMANDS: readonly CommandEntry[] = [
  medium(ScsiOpcode.TEST_UNIT_READY, 'none', testUnitReady),
  control(ScsiOpcode.REQUEST_SENSE, 'in', requestSense),
  control(ScsiOpcode.INQUIRY, 'in', inquiry),
  control(ScsiOpcode.MODE_SENSE_6, 'in', modeSense6),
  control(ScsiOpcode.MODE_SENSE_10, 'in', modeSense10),
  control(ScsiOpcode.MODE_SELECT_6, 'out', modeSelect6),
  control(ScsiOpcode.MODE_SELECT_10, 'out', modeSelect10),
  control(ScsiOpcode.START_STOP_UNIT, 'none', startStop),
  control(ScsiOpcode.PREVENT_ALLOW_MEDIUM_REMOVAL, 'none', preventAllow),
  medium(ScsiOpcode.READ_CAPACITY_10, 'in', readCapacity10),
  medium(ScsiOpcode.SERVICE_ACTION_IN_16, 'in', serviceActionIn16),
  medium(ScsiOpcode.READ_6, 'in', readBlocks),
  medium(ScsiOpcode.READ_10, 'in', readBlocks),
  medium(ScsiOpcode.READ_12, 'in', readBlocks),
  medium(ScsiOpcode.READ_16, 'in', readBlocks),
  medium(ScsiOpcode.WRITE_6, 'out', writeBlocks),
  medium(ScsiOpcode.WRITE_10, 'out', writeBlocks),
  medium(ScsiOpcode.WRITE_12, 'out', writeBlocks),
  medium(ScsiOpcode.WRITE_16, 'out', writeBlocks),
  medium(ScsiOpcode.VERIFY_10, 'out', verifyBlocks),
  medium(ScsiOpcode.VERIFY_12, 'out', verifyBlocks),
  medium(ScsiOpcode.VERIFY_16, 'out', verifyBlocks),
  medium(ScsiOpcode.SYNCHRONIZE_CACHE_10, 'none', flush),
  medium(ScsiOpcode.SYNCHRONIZE_CACHE_16, 'none', flush),
  medium(ScsiOpcode.UNMAP, 'out', unmap),
  medium(ScsiOpcode.WRITE_SAME_10, 'out', writeSame10),
  medium(ScsiOpcode.WRITE_SAME_16, 'out', writeSame16),
];

const byOpcode: readonly (CommandEntry | undefined)[] = Array.from({ length: 256 }, (_, opcode) =>
  DISK_COMMANDS.find((entry) => entry.opcode === opcode),
);

/** The entry of an opcode; undefined when the unit does not know it. */
export function commandEntry(opcode: number): CommandEntry | undefined {
  return byOpcode[opcode];
}
