/** What a VHD file is made of, byte for byte. "Virtual Hard Disk Image Format Specification": Hard Disk Footer Format, Dynamic Disk Header Format. */

import {
  array,
  ascii,
  bytes,
  type Infer,
  pad,
  struct,
  u8,
  u16be,
  u32be,
  u64be,
  u64cappedBe,
} from '@viridian/wire';
import { alignUp } from '../image/damage.ts';

/** Unit of every position in a VHD and its only logical block size. */
export const SECTOR_BYTES = 512;
/** First bytes of a footer. */
export const FOOTER_COOKIE = 'conectix';
/** First bytes of a dynamic disk header. */
export const DYNAMIC_HEADER_COOKIE = 'cxsparse';
/** Version 1.0 of the footer and of the dynamic disk header. */
export const FORMAT_VERSION = 0x0001_0000;
/** Features: this bit is reserved and always set. */
export const FEATURE_RESERVED = 2;
/** A data offset that leads nowhere. */
export const NO_DATA_OFFSET = 0xffff_ffff_ffff_ffffn;
/** A BAT entry without a block. */
export const UNUSED_BLOCK = 0xffff_ffff;
/** Block size unless the creator chooses another one. */
export const DEFAULT_BLOCK_BYTES = 2 * 1024 * 1024;
/** 2040 GiB: more sectors than that leave BAT entries no room. */
export const MAX_SIZE_BYTES = 0xff00_0000 * SECTOR_BYTES;

/** The type field of the footer. */
export const DiskType = { FIXED: 2, DYNAMIC: 3, DIFFERENCING: 4 } as const;

/** Hard Disk Footer: the last sector of every image, and a copy in the first one of dynamic and differencing images. */
export const VhdFooter = struct('VHD_FOOTER', 512, {
  cookie: ascii(8),
  features: u32be,
  fileFormatVersion: u32be,
  dataOffset: u64be,
  timeStamp: u32be,
  creatorApplication: ascii(4),
  creatorVersion: u32be,
  creatorHostOs: u32be,
  originalSize: u64cappedBe,
  currentSize: u64cappedBe,
  cylinders: u16be,
  heads: u8,
  sectorsPerTrack: u8,
  diskType: u32be,
  checksum: u32be,
  uniqueId: bytes(16),
  savedState: u8,
  reserved: pad(427),
});
export type VhdFooter = Infer<typeof VhdFooter>;

/** Parent Locator Entry: where the name of the parent is kept, in the notation of one platform. */
export const ParentLocatorEntry = struct('PARENT_LOCATOR_ENTRY', 24, {
  platformCode: ascii(4),
  platformDataSpace: u32be,
  platformDataLength: u32be,
  reserved: pad(4),
  platformDataOffset: u64cappedBe,
});

/** Dynamic Disk Header: of dynamic and differencing images. */
export const VhdDynamicHeader = struct('VHD_DYNAMIC_HEADER', 1024, {
  cookie: ascii(8),
  dataOffset: u64be,
  tableOffset: u64cappedBe,
  headerVersion: u32be,
  maxTableEntries: u32be,
  blockSize: u32be,
  checksum: u32be,
  parentUniqueId: bytes(16),
  parentTimeStamp: u32be,
  reserved: pad(4),
  parentUnicodeName: bytes(512),
  parentLocators: array(ParentLocatorEntry, 8),
  reserved2: pad(256),
});
export type VhdDynamicHeader = Infer<typeof VhdDynamicHeader>;

/** Seconds between 1970 and 2000-01-01 00:00 UTC, where time stamps start. */
const EPOCH_SECONDS = 946_684_800;

/** A time stamp for milliseconds since 1970. */
export function vhdTimeStamp(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / 1000) - EPOCH_SECONDS);
}

/** One's complement of the sum of all bytes of a structure, its own checksum field left out. */
export function vhdChecksum(structure: Uint8Array, checksumOffset: number): number {
  let sum = 0;
  for (let i = 0; i < structure.length; i++) {
    if (i < checksumOffset || i >= checksumOffset + 4) sum += structure[i]!;
  }
  return ~sum >>> 0;
}

/** Bytes of a sector bitmap on disk: a bit per sector of the block, in whole sectors. */
export function bitmapBytesOf(blockBytes: number): number {
  return alignUp(blockBytes / SECTOR_BYTES / 8, SECTOR_BYTES);
}

/** The 16 bytes of a unique id as text, in the order they have in the file. */
export function formatUniqueId(id: Uint8Array): string {
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The bytes of a unique id written by `formatUniqueId`. Throws Error when it is none. */
export function parseUniqueId(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new Error(`'${text}' is no unique id`);
  return Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}
