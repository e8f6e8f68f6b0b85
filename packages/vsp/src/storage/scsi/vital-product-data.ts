/** Vital product data pages of a disk. SPC-4, Vital Product Data Parameters; SBC-3, the same chapter for B0h–B2h. */

import {
  BlockCharacteristicsPage,
  BlockLimitsPage,
  DesignatorCodeSet,
  DesignatorHeader,
  DesignatorType,
  LogicalBlockProvisioningPage,
  ProvisioningType,
  ROTATION_NON_ROTATING,
  UNMAP_ALIGNMENT_VALID,
  VpdHeader,
  VpdPage,
} from '@viridian/protocols/scsi';
import { ascii } from '@viridian/wire';
import { concatenate } from './concatenate.ts';
import { MAX_UNMAP_DESCRIPTORS, maxUnmapBlocks, maxWriteSameBlocks } from './provisioning-limits.ts';
import type { ScsiDisk } from './scsi-disk.ts';

type Page = (disk: ScsiDisk) => Uint8Array;

const VENDOR_CHARACTERS = 8;

const PAGES: ReadonlyMap<number, Page> = new Map<number, Page>([
  [VpdPage.SUPPORTED_PAGES, supportedPages],
  [VpdPage.UNIT_SERIAL_NUMBER, unitSerialNumber],
  [VpdPage.DEVICE_IDENTIFICATION, deviceIdentification],
  [VpdPage.BLOCK_LIMITS, blockLimits],
  [VpdPage.BLOCK_DEVICE_CHARACTERISTICS, blockDeviceCharacteristics],
  [VpdPage.LOGICAL_BLOCK_PROVISIONING, logicalBlockProvisioning],
]);

/** The page with its header; undefined when the disk has no such page. */
export function vitalProductData(disk: ScsiDisk, code: number): Uint8Array | undefined {
  return pagesOf(disk).includes(code) ? PAGES.get(code)?.(disk) : undefined;
}

function pagesOf(disk: ScsiDisk): number[] {
  return [...PAGES.keys()].filter((code) => code !== VpdPage.LOGICAL_BLOCK_PROVISIONING || disk.thin);
}

/** A page of type 00h: header and body. */
function page(pageCode: number, body: Uint8Array): Uint8Array {
  return concatenate([VpdHeader.bytes({ pageCode, pageLength: body.length }), body]);
}

/** Header fields of a page whose structure includes them. */
function header(pageCode: number, pageBytes: number): { pageCode: number; pageLength: number } {
  return { pageCode, pageLength: pageBytes - VpdHeader.size };
}

function supportedPages(disk: ScsiDisk): Uint8Array {
  return page(VpdPage.SUPPORTED_PAGES, Uint8Array.from(pagesOf(disk)));
}

function unitSerialNumber(disk: ScsiDisk): Uint8Array {
  return page(VpdPage.UNIT_SERIAL_NUMBER, text(disk.identity.serialNumber));
}

function deviceIdentification(disk: ScsiDisk): Uint8Array {
  const { vendor, serialNumber, naa } = disk.identity;
  const vendorAndSerial = text(vendor.padEnd(VENDOR_CHARACTERS) + serialNumber);
  return page(
    VpdPage.DEVICE_IDENTIFICATION,
    concatenate([
      designator(DesignatorCodeSet.ASCII, DesignatorType.T10_VENDOR_ID, vendorAndSerial),
      designator(DesignatorCodeSet.BINARY, DesignatorType.NAA, naa),
    ]),
  );
}

function designator(codeSet: number, type: number, name: Uint8Array): Uint8Array {
  const code = { codeSet };
  return concatenate([DesignatorHeader.bytes({ code, kind: { type }, designatorLength: name.length }), name]);
}

function blockLimits(disk: ScsiDisk): Uint8Array {
  const granularity = disk.device.physicalBlockBytes / disk.blockBytes;
  const unmapLimits = {
    maxUnmapBlocks: maxUnmapBlocks(disk),
    maxUnmapDescriptors: MAX_UNMAP_DESCRIPTORS,
    optimalUnmapGranularity: granularity,
    unmapAlignment: UNMAP_ALIGNMENT_VALID,
  };
  return BlockLimitsPage.bytes({
    ...header(VpdPage.BLOCK_LIMITS, BlockLimitsPage.size),
    flags: { writeSameNonZero: 1 },
    optimalTransferGranularity: granularity,
    maxTransferBlocks: disk.maxTransferBlocks,
    maxWriteSameBlocks: maxWriteSameBlocks(disk),
    ...(disk.thin ? unmapLimits : {}),
  });
}

function blockDeviceCharacteristics(): Uint8Array {
  return BlockCharacteristicsPage.bytes({
    ...header(VpdPage.BLOCK_DEVICE_CHARACTERISTICS, BlockCharacteristicsPage.size),
    rotationRate: ROTATION_NON_ROTATING,
  });
}

function logicalBlockProvisioning(): Uint8Array {
  return LogicalBlockProvisioningPage.bytes({
    ...header(VpdPage.LOGICAL_BLOCK_PROVISIONING, LogicalBlockProvisioningPage.size),
    flags: { unmap: 1, writeSame16Unmap: 1, readZeros: 1 },
    provisioning: { type: ProvisioningType.THIN },
  });
}

function text(characters: string): Uint8Array {
  const bytes = new Uint8Array(characters.length);
  ascii(characters.length, ' ').write(new DataView(bytes.buffer), 0, characters);
  return bytes;
}
