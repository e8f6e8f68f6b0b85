/** REPORT LUNS, answered for a whole target. SPC-4, REPORT LUNS. */

import { ReportLunsCdb, ReportLunsEntry, ReportLunsHeader } from '@viridian/protocols/scsi';
import { concatenate } from './concatenate.ts';
import { invalidField } from './failures.ts';
import type { ScsiCommand } from './scsi-command.ts';

/** SELECT REPORT: 0 plain units, 1 well-known ones (there are none), 2 both. */
const SELECT_WELL_KNOWN = 1;
const SELECT_BOTH = 2;

/** Answers with these LUNs (0–255, peripheral addressing) in ascending order; an empty list is a valid answer too. */
export function reportLuns(command: ScsiCommand, luns: readonly number[]): undefined {
  const { selectReport, allocationLength } = ReportLunsCdb.read(command.view);
  if (selectReport > SELECT_BOTH || command.cdbBytes < ReportLunsCdb.size) return invalidField(command);
  const reported = selectReport === SELECT_WELL_KNOWN ? [] : luns.toSorted((a, b) => a - b);
  const entries = reported.map((lun) => ReportLunsEntry.bytes({ lun }));
  const header = ReportLunsHeader.bytes({ listLength: entries.length * ReportLunsEntry.size });
  command.respond(concatenate([header, ...entries]), allocationLength);
}
