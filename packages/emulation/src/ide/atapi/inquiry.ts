/** INQUIRY of a DVD drive (SPC-4, INQUIRY, Vital product data parameters; SFF-8020i). */

import {
  DesignatorCodeSet,
  DesignatorHeader,
  DesignatorType,
  INQUIRY_VERSION_SPC3,
  InquiryCdb,
  PeripheralDeviceType,
  StandardInquiry,
  VpdHeader,
  VpdPage,
} from '@viridian/protocols/scsi';
import { INVALID_FIELD, joined, type PacketResult, respond } from './packet-result.ts';

/** How the drive is called in packets; IDENTIFY PACKET DEVICE has its own. ASCII; what is too long is cut. */
export interface PacketNames {
  /** Up to 8 characters. */
  readonly vendor: string;
  /** Up to 16 characters. */
  readonly product: string;
  /** Up to 4 characters. */
  readonly revision: string;
  readonly serial: string;
  /** What carries the packets; an IDE cable unless told. */
  readonly carrier?: 'ATAPI' | 'SCSI';
}

const peripheral = { deviceType: PeripheralDeviceType.CD_DVD };
const encoder = new TextEncoder();

/** The standard data, or a page of vital product data. */
export function inquiry(names: PacketNames, cdb: DataView): PacketResult {
  const { flags, pageCode, allocationLength } = InquiryCdb.read(cdb);
  if (flags.enableVitalProductData === 0)
    return pageCode === 0 ? respond(standard(names), allocationLength) : INVALID_FIELD;
  const page = vitalProductData(names, pageCode);
  return page === undefined ? INVALID_FIELD : respond(page, allocationLength);
}

function standard(names: PacketNames): Uint8Array {
  const isScsi = names.carrier === 'SCSI';
  return StandardInquiry.bytes({
    peripheral,
    removable: { removable: 1 },
    // A packet device has version 0: Linux puts the versions of MMC-5 in its place. Its upper nibble of the format is the
    // packet interface, 2.
    version: isScsi ? INQUIRY_VERSION_SPC3 : 0,
    format: isScsi ? { responseDataFormat: 2 } : { responseDataFormat: 1, normalAca: 1 },
    additionalLength: StandardInquiry.size - 5,
    vendor: names.vendor.slice(0, 8),
    product: names.product.slice(0, 16),
    revision: names.revision.slice(0, 4),
  });
}

function vitalProductData(names: PacketNames, pageCode: number): Uint8Array | undefined {
  switch (pageCode) {
    case VpdPage.SUPPORTED_PAGES:
      return page(
        pageCode,
        Uint8Array.of(VpdPage.SUPPORTED_PAGES, VpdPage.UNIT_SERIAL_NUMBER, VpdPage.DEVICE_IDENTIFICATION),
      );
    case VpdPage.UNIT_SERIAL_NUMBER:
      return page(pageCode, encoder.encode(names.serial));
    case VpdPage.DEVICE_IDENTIFICATION:
      return page(pageCode, designator(names));
    default:
      return undefined;
  }
}

function page(pageCode: number, content: Uint8Array): Uint8Array {
  return joined([VpdHeader.bytes({ peripheral, pageCode, pageLength: content.length }), content]);
}

/** The name of the unit by its vendor: vendor, product and serial number. */
function designator(names: PacketNames): Uint8Array {
  const text = `${names.vendor.slice(0, 8).padEnd(8)}${names.product.slice(0, 16).padEnd(16)}${names.serial}`;
  const name = encoder.encode(text);
  const header = DesignatorHeader.bytes({
    code: { codeSet: DesignatorCodeSet.ASCII },
    kind: { type: DesignatorType.T10_VENDOR_ID },
    designatorLength: name.length,
  });
  return joined([header, name]);
}
