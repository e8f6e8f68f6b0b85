/** INQUIRY: standard data and vital product data. SPC-4, INQUIRY. */

import { invalidField } from './failures.ts';
import type { DiskIdentity } from './identity.ts';
import type { ScsiCommand } from './scsi-command.ts';
import type { ScsiDisk } from './scsi-disk.ts';
import { vitalProductData } from './vital-product-data.ts';

const EVPD = 0x01;
const VERSION_SPC_3 = 0x05;
const RESPONSE_DATA_FORMAT = 0x02;
const CMDQUE = 0x02;
const STANDARD_INQUIRY_BYTES = 36;
/** Qualifier 3, type 1Fh: no device can be here. */
const NO_DEVICE_HERE = 0x7f;
const NOBODY: DiskIdentity = {
  vendor: 'Msft',
  product: 'Virtual Disk',
  revision: '1.0',
  serialNumber: '',
  naa: new Uint8Array(),
};

/** INQUIRY of a disk. */
export function inquiry(disk: ScsiDisk, command: ScsiCommand): undefined {
  const { cdb, view } = command;
  const allocationBytes = view.getUint16(3);
  if ((cdb[1]! & EVPD) === 0) {
    if (cdb[2] !== 0) return invalidField(command);
    return command.respond(standardInquiry(0, disk.identity), allocationBytes);
  }
  const page = vitalProductData(disk, cdb[2]!);
  if (page === undefined) return invalidField(command);
  command.respond(page, allocationBytes);
}

/**
 * INQUIRY where no unit is. It must succeed and say so: Linux's storvsc takes any failure of this command for success with a
 * buffer of zeros, and would make a disk of it.
 */
export function absentInquiry(command: ScsiCommand): undefined {
  if ((command.cdb[1]! & EVPD) !== 0) return invalidField(command);
  command.respond(standardInquiry(NO_DEVICE_HERE, NOBODY), command.view.getUint16(3));
}

function standardInquiry(peripheral: number, identity: DiskIdentity): Uint8Array {
  const data = new Uint8Array(STANDARD_INQUIRY_BYTES);
  data[0] = peripheral;
  data[2] = VERSION_SPC_3;
  data[3] = RESPONSE_DATA_FORMAT;
  data[4] = STANDARD_INQUIRY_BYTES - 5;
  data[7] = CMDQUE;
  writeText(data, 8, 8, identity.vendor);
  writeText(data, 16, 16, identity.product);
  writeText(data, 32, 4, identity.revision);
  return data;
}

/** ASCII, left-aligned, padded with blanks. */
export function writeText(into: Uint8Array, at: number, characters: number, text: string): void {
  for (let i = 0; i < characters; i += 1) into[at + i] = i < text.length ? text.charCodeAt(i) : 0x20;
}
