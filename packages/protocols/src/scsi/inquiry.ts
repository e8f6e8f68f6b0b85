/** INQUIRY data: the standard page and vital product data. SPC-4, "INQUIRY" and "Vital product data"; SBC-3 for B0 to B2. */

import { ascii, bits, pad, struct, u8, u16be, u32be, u64cappedBe } from '@viridian/wire';

/** Byte 0 of all INQUIRY data. */
export const PeripheralByte = bits(u8, { deviceType: [0, 5], qualifier: [5, 3] });

/** Peripheral device types. */
export const PeripheralDeviceType = { DISK: 0x00, CD_DVD: 0x05, UNKNOWN: 0x1f } as const;

/** Byte 0 for a LUN that is not there: qualifier 3, type 1Fh. Linux needs real data saying so. */
export const PERIPHERAL_ABSENT = 0x7f;

/** Standard INQUIRY data, 36 bytes. `version` 5 stands for SPC-3; response data format is 2. */
export const StandardInquiry = struct('Standard INQUIRY data', 36, {
  peripheral: PeripheralByte,
  removable: bits(u8, { removable: [7, 1] }),
  version: u8,
  format: bits(u8, { responseDataFormat: [0, 4], hierarchicalSupport: [4, 1], normalAca: [5, 1] }),
  additionalLength: u8,
  flags5: bits(u8, { protect: [0, 1], thirdPartyCopy: [3, 1], targetPortGroups: [4, 2] }),
  flags6: bits(u8, { multiPort: [4, 1], enclosureServices: [6, 1] }),
  flags7: bits(u8, { commandQueueing: [1, 1] }),
  vendor: ascii(8, ' '),
  product: ascii(16, ' '),
  revision: ascii(4, ' '),
});

/** Version byte of standard INQUIRY data that claims SPC-3. */
export const INQUIRY_VERSION_SPC3 = 5;

/** Vital product data page codes. */
export const VpdPage = {
  SUPPORTED_PAGES: 0x00,
  UNIT_SERIAL_NUMBER: 0x80,
  DEVICE_IDENTIFICATION: 0x83,
  ATA_INFORMATION: 0x89,
  BLOCK_LIMITS: 0xb0,
  BLOCK_DEVICE_CHARACTERISTICS: 0xb1,
  LOGICAL_BLOCK_PROVISIONING: 0xb2,
  CONCURRENT_POSITIONING_RANGES: 0xb9,
} as const;

/** Header of every vital product data page; page 00 continues with the list of page codes, page 80 with the serial number. */
export const VpdHeader = struct('VPD page header', 4, {
  peripheral: PeripheralByte,
  pageCode: u8,
  pageLength: u16be,
});

/** Header of one designator in page 83. */
export const DesignatorHeader = struct('Designation descriptor header', 4, {
  code: bits(u8, { codeSet: [0, 4], protocol: [4, 4] }),
  kind: bits(u8, { type: [0, 4], association: [4, 2], protocolValid: [7, 1] }),
  reserved: pad(1),
  designatorLength: u8,
});

/** Code sets of a designator. */
export const DesignatorCodeSet = { BINARY: 1, ASCII: 2, UTF8: 3 } as const;

/** Types of a designator. */
export const DesignatorType = {
  VENDOR_SPECIFIC: 0,
  T10_VENDOR_ID: 1,
  EUI64: 2,
  NAA: 3,
  SCSI_NAME: 8,
} as const;

/** Page B0, block limits, with its header. Lengths in blocks, 0 means not reported. */
export const BlockLimitsPage = struct('Block Limits VPD page', 64, {
  peripheral: PeripheralByte,
  pageCode: u8,
  pageLength: u16be,
  flags: bits(u8, { writeSameNonZero: [0, 1] }),
  maxCompareAndWriteBlocks: u8,
  optimalTransferGranularity: u16be,
  maxTransferBlocks: u32be,
  optimalTransferBlocks: u32be,
  maxPrefetchBlocks: u32be,
  maxUnmapBlocks: u32be,
  maxUnmapDescriptors: u32be,
  optimalUnmapGranularity: u32be,
  unmapAlignment: u32be,
  maxWriteSameBlocks: u64cappedBe,
  reserved: pad(20),
});

/** Bit 31 of `unmapAlignment`: the alignment is valid. */
export const UNMAP_ALIGNMENT_VALID = 0x8000_0000;

/** Page B1, block device characteristics, with its header. Rotation rate 1 stands for solid state. */
export const BlockCharacteristicsPage = struct('Block Device Characteristics VPD page', 64, {
  peripheral: PeripheralByte,
  pageCode: u8,
  pageLength: u16be,
  rotationRate: u16be,
  productType: u8,
  formFactor: bits(u8, { nominal: [0, 4] }),
  reserved: pad(56),
});

/** Rotation rate of a medium that does not rotate. */
export const ROTATION_NON_ROTATING = 1;

/** Page B2, logical block provisioning, with its header. */
export const LogicalBlockProvisioningPage = struct('Logical Block Provisioning VPD page', 8, {
  peripheral: PeripheralByte,
  pageCode: u8,
  pageLength: u16be,
  thresholdExponent: u8,
  flags: bits(u8, {
    descriptorPresent: [0, 1],
    anchorSupported: [1, 1],
    readZeros: [2, 1],
    writeSame10Unmap: [5, 1],
    writeSame16Unmap: [6, 1],
    unmap: [7, 1],
  }),
  provisioning: bits(u8, { type: [0, 3] }),
  reserved: pad(1),
});

/** Provisioning types of page B2. */
export const ProvisioningType = { FULL: 0, RESOURCE: 1, THIN: 2 } as const;
