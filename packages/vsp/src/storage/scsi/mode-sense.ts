/** MODE SENSE(6) and (10). SPC-4, MODE SENSE. */

import {
  AdditionalSense,
  ModeDeviceSpecific,
  ModeHeader6,
  ModeHeader10,
  ModePage,
  ModeSense6Cdb,
  ModeSense10Cdb,
  SenseKey,
} from '@viridian/protocols/scsi';
import { concatenate } from './concatenate.ts';
import { invalidField } from './failures.ts';
import { MODE_PAGES, modePage, PageControl } from './mode-pages.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';

/** Subpage that asks for a page with all its subpages; there are none. */
const ALL_SUBPAGES = 0xff;

interface Wanted {
  readonly page: { readonly pageCode: number; readonly pageControl: number };
  readonly subpageCode: number;
}

/** MODE SENSE(6). No block descriptors: Linux and Windows take the block size from READ CAPACITY. */
export function modeSense6(disk: ScsiDisk, command: ScsiCommand): undefined {
  const cdb = ModeSense6Cdb.read(command.view);
  const pages = selectedPages(disk, command, cdb);
  if (pages === undefined) return;
  // The length field does not count itself: one byte here, two in the long form.
  const dataLength = ModeHeader6.size - 1 + pages.length;
  const header = ModeHeader6.bytes({ dataLength, deviceSpecific: deviceSpecific(disk) });
  command.respond(concatenate([header, pages]), cdb.allocationLength);
}

/** MODE SENSE(10). */
export function modeSense10(disk: ScsiDisk, command: ScsiCommand): undefined {
  const cdb = ModeSense10Cdb.read(command.view);
  const pages = selectedPages(disk, command, cdb);
  if (pages === undefined) return;
  const dataLength = ModeHeader10.size - 2 + pages.length;
  const header = ModeHeader10.bytes({ dataLength, deviceSpecific: deviceSpecific(disk) });
  command.respond(concatenate([header, pages]), cdb.allocationLength);
}

function deviceSpecific(disk: ScsiDisk): number {
  return (disk.device.readOnly ? ModeDeviceSpecific.WRITE_PROTECT : 0) | ModeDeviceSpecific.DPO_FUA;
}

/** The pages asked for, one behind the other; undefined when the command has been ended. */
function selectedPages(disk: ScsiDisk, command: ScsiCommand, wanted: Wanted): Uint8Array | undefined {
  const { pageCode, pageControl } = wanted.page;
  if (pageControl === PageControl.SAVED) {
    return command.fail(SenseKey.ILLEGAL_REQUEST, AdditionalSense.SAVING_PARAMETERS_NOT_SUPPORTED);
  }
  const codes = MODE_PAGES.filter((code) => pageCode === ModePage.ALL || pageCode === code);
  if (codes.length === 0 || (wanted.subpageCode !== 0 && wanted.subpageCode !== ALL_SUBPAGES)) {
    return invalidField(command);
  }
  return concatenate(codes.map((code) => modePage(disk, code, pageControl)!));
}
