/** Vital product data pages of a disk. SPC-4, Vital Product Data Parameters; SBC-3, the same chapter for B0h–B2h. */

import { writeText } from './inquiry.ts';
import { MAX_UNMAP_DESCRIPTORS, maxUnmapBlocks, maxWriteSameBlocks } from './provisioning-limits.ts';
import type { ScsiDisk } from './scsi-disk.ts';

const HEADER_BYTES = 4;
const NON_ROTATING = 0x0001;
const THIN_PROVISIONED = 0x02;
const LBPU = 0x80;
const LBPWS = 0x40;
const LBPRZ = 0x04;
const WSNZ = 0x01;
const UGAVALID = 0x80000000;
const CODE_SET_BINARY = 0x1;
const CODE_SET_ASCII = 0x2;
const DESIGNATOR_T10_VENDOR = 0x1;
const DESIGNATOR_NAA = 0x3;

type Page = (disk: ScsiDisk) => Uint8Array;

const PAGES: ReadonlyMap<number, Page> = new Map([
  [0x00, supportedPages],
  [0x80, unitSerialNumber],
  [0x83, deviceIdentification],
  [0xb0, blockLimits],
  [0xb1, blockDeviceCharacteristics],
  [0xb2, logicalBlockProvisioning],
]);

/** The page with its header; undefined when the disk has no such page. */
export function vitalProductData(disk: ScsiDisk, code: number): Uint8Array | undefined {
  return pagesOf(disk).includes(code) ? PAGES.get(code)?.(disk) : undefined;
}

function pagesOf(disk: ScsiDisk): number[] {
  return [...PAGES.keys()].filter((code) => code !== 0xb2 || disk.thin);
}

/** Header for a page of type 00h with room for `lengthBytes` behind it. */
function page(code: number, lengthBytes: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(HEADER_BYTES + lengthBytes);
  const view = new DataView(bytes.buffer);
  bytes[1] = code;
  view.setUint16(2, lengthBytes);
  return { bytes, view };
}

function supportedPages(disk: ScsiDisk): Uint8Array {
  const codes = pagesOf(disk);
  const { bytes } = page(0x00, codes.length);
  bytes.set(codes, HEADER_BYTES);
  return bytes;
}

function unitSerialNumber(disk: ScsiDisk): Uint8Array {
  const { serialNumber } = disk.identity;
  const { bytes } = page(0x80, serialNumber.length);
  writeText(bytes, HEADER_BYTES, serialNumber.length, serialNumber);
  return bytes;
}

function deviceIdentification(disk: ScsiDisk): Uint8Array {
  const { vendor, serialNumber, naa } = disk.identity;
  const t10Bytes = 8 + serialNumber.length;
  const { bytes } = page(0x83, 4 + t10Bytes + 4 + naa.length);
  let at = HEADER_BYTES;
  bytes.set([CODE_SET_ASCII, DESIGNATOR_T10_VENDOR, 0, t10Bytes], at);
  writeText(bytes, at + 4, 8, vendor);
  writeText(bytes, at + 12, serialNumber.length, serialNumber);
  at += 4 + t10Bytes;
  bytes.set([CODE_SET_BINARY, DESIGNATOR_NAA, 0, naa.length], at);
  bytes.set(naa, at + 4);
  return bytes;
}

function blockLimits(disk: ScsiDisk): Uint8Array {
  const { bytes, view } = page(0xb0, 0x3c);
  const granularity = disk.device.physicalBlockBytes / disk.blockBytes;
  bytes[4] = WSNZ;
  view.setUint16(6, granularity);
  view.setUint32(8, disk.maxTransferBlocks);
  view.setUint32(36 + 4, maxWriteSameBlocks(disk));
  if (disk.thin) {
    view.setUint32(20, maxUnmapBlocks(disk));
    view.setUint32(24, MAX_UNMAP_DESCRIPTORS);
    view.setUint32(28, granularity);
    view.setUint32(32, UGAVALID);
  }
  return bytes;
}

function blockDeviceCharacteristics(): Uint8Array {
  const { bytes, view } = page(0xb1, 0x3c);
  view.setUint16(4, NON_ROTATING);
  return bytes;
}

function logicalBlockProvisioning(): Uint8Array {
  const { bytes } = page(0xb2, 4);
  bytes[5] = LBPU | LBPWS | LBPRZ;
  bytes[6] = THIN_PROVISIONED;
  return bytes;
}
