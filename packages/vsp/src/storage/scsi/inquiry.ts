/** INQUIRY: standard data and vital product data. SPC-4, INQUIRY. */

import {
  INQUIRY_VERSION_SPC3,
  InquiryCdb,
  PERIPHERAL_ABSENT,
  PeripheralByte,
  StandardInquiry,
} from '@viridian/protocols/scsi';
import { invalidField } from './failures.ts';
import { type DiskIdentity, diskIdentity } from './identity.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';
import { vitalProductData } from './vital-product-data.ts';

const RESPONSE_DATA_FORMAT = 2;
/** Byte 4 does not count the bytes up to itself. */
const ADDITIONAL_LENGTH = StandardInquiry.size - 5;
const NOBODY = diskIdentity({});

/** INQUIRY of a disk. */
export function inquiry(disk: ScsiDisk, command: ScsiCommand): undefined {
  const { flags, pageCode, allocationLength } = InquiryCdb.read(command.view);
  if (flags.enableVitalProductData === 0) {
    if (pageCode !== 0) return invalidField(command);
    return command.respond(standardInquiry(0, disk.identity), allocationLength);
  }
  const page = vitalProductData(disk, pageCode);
  if (page === undefined) return invalidField(command);
  command.respond(page, allocationLength);
}

/**
 * INQUIRY where no unit is. It must succeed and say so: Linux's storvsc takes any failure of this command for success with a
 * buffer of zeros, and would make a disk of it.
 */
export function absentInquiry(command: ScsiCommand): undefined {
  const { flags, allocationLength } = InquiryCdb.read(command.view);
  if (flags.enableVitalProductData !== 0) return invalidField(command);
  command.respond(standardInquiry(PERIPHERAL_ABSENT, NOBODY), allocationLength);
}

function standardInquiry(peripheral: number, identity: DiskIdentity): Uint8Array {
  return StandardInquiry.bytes({
    peripheral: PeripheralByte.decode(peripheral),
    version: INQUIRY_VERSION_SPC3,
    format: { responseDataFormat: RESPONSE_DATA_FORMAT },
    additionalLength: ADDITIONAL_LENGTH,
    flags7: { commandQueueing: 1 },
    vendor: identity.vendor,
    product: identity.product,
    revision: identity.revision,
  });
}
