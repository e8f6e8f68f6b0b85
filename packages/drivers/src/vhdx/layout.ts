/** What a VHDX file is made of, byte for byte. [MS-VHDX], Structures: Header Section, Log, BAT, Metadata Region. */

import { ascii, bytes, guid, type Infer, pad, struct, u16, u32, u64, u64capped } from '@viridian/wire';

export const KiB = 1024;
export const MiB = 1024 * 1024;
/** First bytes of the file. */
export const FILE_SIGNATURE = 'vhdxfile';
/** The file identifier with its creator; the rest of its 64 KiB is reserved. */
export const FileIdentifier = struct('VHDX_FILE_IDENTIFIER', 520, {
  signature: ascii(8),
  creator: bytes(512),
});

/** Where the two headers and the two region tables are. */
export const HEADER_OFFSETS = [64 * KiB, 128 * KiB] as const;
export const REGION_TABLE_OFFSETS = [192 * KiB, 256 * KiB] as const;
/** Everything else starts behind the first MiB, in units of 1 MiB. */
export const HEADER_SECTION_BYTES = 1024 * KiB;
export const HEADER_BYTES = 4 * KiB;
export const REGION_TABLE_BYTES = 64 * KiB;
/** Most entries of a region table or a metadata table. */
export const MAX_TABLE_ENTRIES = 2047;

/** VHDX_HEADER: the first fields of its 4 KiB. */
export const VhdxHeader = struct('VHDX_HEADER', 80, {
  signature: ascii(4),
  checksum: u32,
  sequenceNumber: u64,
  fileWriteGuid: guid,
  dataWriteGuid: guid,
  logGuid: guid,
  logVersion: u16,
  version: u16,
  logLength: u32,
  logOffset: u64capped,
});
export type VhdxHeader = Infer<typeof VhdxHeader>;

/** VHDX_REGION_TABLE_HEADER. */
export const RegionTableHeader = struct('VHDX_REGION_TABLE_HEADER', 16, {
  signature: ascii(4),
  checksum: u32,
  entryCount: u32,
  reserved: pad(4),
});

/** VHDX_REGION_TABLE_ENTRY. */
export const RegionTableEntry = struct('VHDX_REGION_TABLE_ENTRY', 32, {
  guid,
  fileOffset: u64capped,
  length: u32,
  required: u32,
});

/** Known regions. */
export const BAT_REGION = '2dc27766-f623-4200-9d64-115e9bfd4a08';
export const METADATA_REGION = '8b7ca206-4790-4b9a-b8fe-575f050f886e';

/** VHDX_METADATA_TABLE_HEADER. */
export const MetadataTableHeader = struct('VHDX_METADATA_TABLE_HEADER', 32, {
  signature: ascii(8),
  reserved: pad(2),
  entryCount: u16,
  reserved2: pad(20),
});

/** VHDX_METADATA_TABLE_ENTRY. */
export const MetadataTableEntry = struct('VHDX_METADATA_TABLE_ENTRY', 32, {
  itemId: guid,
  offset: u32,
  length: u32,
  flags: u32,
  reserved: pad(4),
});

/** Flags of a metadata item. */
export const METADATA_IS_USER = 1;
export const METADATA_IS_VIRTUAL_DISK = 2;
export const METADATA_IS_REQUIRED = 4;

/** Known metadata items. */
export const MetadataItem = {
  FILE_PARAMETERS: 'caa16737-fa36-4d43-b3b6-33f0aa44e76b',
  VIRTUAL_DISK_SIZE: '2fa54224-cd1b-4876-b211-5dbed83bf4b8',
  VIRTUAL_DISK_ID: 'beca12ab-b2e6-4523-93ef-c309e000c746',
  LOGICAL_SECTOR_SIZE: '8141bf1d-a96f-4709-ba47-f233a8faab5f',
  PHYSICAL_SECTOR_SIZE: 'cda348c7-445d-4471-9cc9-e9885251c556',
  PARENT_LOCATOR: 'a8d35f2d-b30b-454d-abf7-d3d84834ab0c',
} as const;

/** VHDX_FILE_PARAMETERS. */
export const FileParameters = struct('VHDX_FILE_PARAMETERS', 8, { blockSize: u32, flags: u32 });
export const LEAVE_BLOCKS_ALLOCATED = 1;
export const HAS_PARENT = 2;

/** VHDX_PARENT_LOCATOR_HEADER and its entries: keys and values in UTF-16. */
export const ParentLocatorHeader = struct('VHDX_PARENT_LOCATOR_HEADER', 20, {
  locatorType: guid,
  reserved: pad(2),
  keyValueCount: u16,
});
export const ParentLocatorEntry = struct('VHDX_PARENT_LOCATOR_ENTRY', 12, {
  keyOffset: u32,
  valueOffset: u32,
  keyLength: u16,
  valueLength: u16,
});
export const VHDX_PARENT_LOCATOR_TYPE = 'b04aefb7-d19e-4a81-b789-25b8e9445913';

/** VHDX_LOG_ENTRY_HEADER: at the start of the first sector of an entry, descriptors behind it. */
export const LogEntryHeader = struct('VHDX_LOG_ENTRY_HEADER', 64, {
  signature: ascii(4),
  checksum: u32,
  entryLength: u32,
  tail: u32,
  sequenceNumber: u64,
  descriptorCount: u32,
  reserved: pad(4),
  logGuid: guid,
  flushedFileOffset: u64capped,
  lastFileOffset: u64capped,
});

/** VHDX_LOG_ZERO_DESCRIPTOR: 'zero', a range to be zeroed. VHDX_LOG_DATA_DESCRIPTOR: 'desc', the ends of a sector. */
export const LogDescriptor = struct('VHDX_LOG_DESCRIPTOR', 32, {
  signature: ascii(4),
  trailingBytes: bytes(4),
  leadingBytes: bytes(8),
  fileOffset: u64capped,
  sequenceNumber: u64,
});
export const LogZeroDescriptor = struct('VHDX_LOG_ZERO_DESCRIPTOR', 32, {
  signature: ascii(4),
  reserved: pad(4),
  zeroLength: u64capped,
  fileOffset: u64capped,
  sequenceNumber: u64,
});

/** VHDX_LOG_DATA_SECTOR: the middle of a sector of 4 KiB. */
export const LogDataSector = struct('VHDX_LOG_DATA_SECTOR', 4096, {
  signature: ascii(4),
  sequenceHigh: u32,
  data: bytes(4084),
  sequenceLow: u32,
});
export const LOG_SECTOR_BYTES = 4 * KiB;

/** States of payload blocks and, of these, those of sector bitmap blocks: the low three bits of a BAT entry. */
export const BlockState = {
  NOT_PRESENT: 0,
  UNDEFINED: 1,
  ZERO: 2,
  UNMAPPED: 3,
  FULLY_PRESENT: 6,
  PARTIALLY_PRESENT: 7,
} as const;

/** Sectors that one sector bitmap block speaks of, and its size. */
export const CHUNK_SECTORS = 2 ** 23;
export const BITMAP_BLOCK_BYTES = 1024 * KiB;
/** Bitmaps are read, kept and logged in pages, each for so many sectors. */
export const PAGE_BYTES = 4 * KiB;
export const PAGE_SECTORS = PAGE_BYTES * 8;

/** Block sizes of the format, and the largest disk. */
export const MIN_BLOCK_BYTES = 1024 * KiB;
export const MAX_BLOCK_BYTES = 256 * MiB;
export const MAX_SIZE_BYTES = 64 * 2 ** 40;

/** How the disk is divided: blocks, and chunks of blocks with a sector bitmap block each. */
export interface Geometry {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly sectorBytes: number;
  /** Payload blocks of the disk. */
  readonly blocks: number;
  /** Payload blocks of a chunk. */
  readonly chunkBlocks: number;
  /** Entries that the BAT needs. */
  readonly tableEntries: number;
}

/** The division of a disk of that size. */
export function geometryOf(
  sizeBytes: number,
  blockBytes: number,
  sectorBytes: number,
  hasParent: boolean,
): Geometry {
  const blocks = Math.ceil(sizeBytes / blockBytes);
  const chunkBlocks = (CHUNK_SECTORS * sectorBytes) / blockBytes;
  const tableEntries = hasParent
    ? Math.ceil(blocks / chunkBlocks) * (chunkBlocks + 1)
    : blocks + Math.floor((blocks - 1) / chunkBlocks);
  return { sizeBytes, blockBytes, sectorBytes, blocks, chunkBlocks, tableEntries };
}
