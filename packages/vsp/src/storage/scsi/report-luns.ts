/** REPORT LUNS, answered for a whole target. SPC-4, REPORT LUNS. */

import { invalidField } from './failures.ts';
import type { ScsiCommand } from './scsi-command.ts';

const HEADER_BYTES = 8;
const LUN_BYTES = 8;
const SELECT_ALL_KINDS = 2;
const SELECT_WELL_KNOWN = 1;

/** Answers with these LUNs (0–255, single level, peripheral addressing), in ascending order; none is a valid answer too. */
export function reportLuns(command: ScsiCommand, luns: readonly number[]): undefined {
  const select = command.cdb[2]!;
  if (select > SELECT_ALL_KINDS || command.cdbBytes < 12) return invalidField(command);
  const reported = select === SELECT_WELL_KNOWN ? [] : [...luns].sort((a, b) => a - b);
  const data = new Uint8Array(HEADER_BYTES + reported.length * LUN_BYTES);
  const view = new DataView(data.buffer);
  view.setUint32(0, reported.length * LUN_BYTES);
  reported.forEach((lun, i) => {
    view.setUint16(HEADER_BYTES + i * LUN_BYTES, lun);
  });
  command.respond(data, command.view.getUint32(6));
}
