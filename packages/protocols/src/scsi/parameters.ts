/** Parameter data of other commands. SBC-3 for capacity, UNMAP and caching; SPC-4 for mode headers and REPORT LUNS. */

import { bits, pad, struct, u8, u16be, u32be, u64cappedBe } from '@viridian/wire';

/** READ CAPACITY(10) data. The last address is FFFFFFFFh when the disk needs READ CAPACITY(16). */
export const ReadCapacity10Data = struct('READ CAPACITY (10) parameter data', 8, {
  lastLba: u32be,
  blockBytes: u32be,
});

/** READ CAPACITY(16) data. `provisioning.enabled` is the thin bit; the lowest aligned address has 14 bits. */
export const ReadCapacity16Data = struct('READ CAPACITY (16) parameter data', 32, {
  lastLba: u64cappedBe,
  blockBytes: u32be,
  protection: bits(u8, { enabled: [0, 1], type: [1, 3] }),
  exponents: bits(u8, { logicalBlocksPerPhysical: [0, 4], protectionIntervals: [4, 4] }),
  provisioning: bits(u8, { lowestAlignedLbaHigh: [0, 6], readZeros: [6, 1], enabled: [7, 1] }),
  lowestAlignedLbaLow: u8,
  reserved: pad(16),
});

/** MODE SENSE(6) header. */
export const ModeHeader6 = struct('Mode parameter header (6)', 4, {
  dataLength: u8,
  mediumType: u8,
  deviceSpecific: u8,
  blockDescriptorLength: u8,
});

/** MODE SENSE(10) header. */
export const ModeHeader10 = struct('Mode parameter header (10)', 8, {
  dataLength: u16be,
  mediumType: u8,
  deviceSpecific: u8,
  flags: bits(u8, { longLba: [0, 1] }),
  reserved: pad(1),
  blockDescriptorLength: u16be,
});

/** Device-specific byte of a disk's mode header. */
export const ModeDeviceSpecific = { DPO_FUA: 0x10, WRITE_PROTECT: 0x80 } as const;

/** Mode page codes. */
export const ModePage = {
  VENDOR: 0x00,
  READ_WRITE_ERROR_RECOVERY: 0x01,
  CACHING: 0x08,
  CONTROL: 0x0a,
  CD_CAPABILITIES: 0x2a,
  ALL: 0x3f,
} as const;

/** Caching mode page. */
export const CachingPage = struct('Caching mode page', 20, {
  page: bits(u8, { code: [0, 6], subpageFormat: [6, 1], savable: [7, 1] }),
  pageLength: u8,
  flags: bits(u8, { readCacheDisable: [0, 1], multiplicationFactor: [1, 1], writeCacheEnable: [2, 1] }),
  retentionPriority: u8,
  disablePrefetchLength: u16be,
  minimumPrefetch: u16be,
  maximumPrefetch: u16be,
  maximumPrefetchCeiling: u16be,
  flags2: u8,
  cacheSegments: u8,
  cacheSegmentBytes: u16be,
  reserved: pad(4),
});

/** REPORT LUNS header; 8-byte LUNs follow. */
export const ReportLunsHeader = struct('REPORT LUNS parameter data header', 8, {
  listLength: u32be,
  reserved: pad(4),
});

/** One LUN, single-level: the number in the first two bytes. */
export const ReportLunsEntry = struct('REPORT LUNS entry', 8, { lun: u16be, reserved: pad(6) });

/** UNMAP parameter list header; descriptors follow. Lengths do not count their own field. */
export const UnmapListHeader = struct('UNMAP parameter list header', 8, {
  dataLength: u16be,
  descriptorLength: u16be,
  reserved: pad(4),
});

/** One UNMAP descriptor. */
export const UnmapDescriptor = struct('UNMAP block descriptor', 16, {
  lba: u64cappedBe,
  blockCount: u32be,
  reserved: pad(4),
});
