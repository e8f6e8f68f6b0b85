/** The metadata region: what disk the image is. [MS-VHDX], Metadata Region. */

import { guid as guidKind, u32, u64capped } from '@viridian/wire';
import { viewOf } from '../image/damage.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { corrupt, readPart } from './corrupt.ts';
import {
  FileParameters,
  type Geometry,
  geometryOf,
  HAS_PARENT,
  KiB,
  LEAVE_BLOCKS_ALLOCATED,
  MAX_BLOCK_BYTES,
  MAX_SIZE_BYTES,
  MAX_TABLE_ENTRIES,
  METADATA_IS_REQUIRED,
  METADATA_IS_USER,
  METADATA_IS_VIRTUAL_DISK,
  MetadataItem,
  MetadataTableEntry,
  MetadataTableHeader,
  MIN_BLOCK_BYTES,
} from './layout.ts';
import type { Region } from './regions.ts';

const SIGNATURE = 'metadata';
const TABLE_BYTES = 64 * KiB;
/** Longest item that is believed; those of the format have few bytes, a parent locator some thousands. */
const MAX_ITEM_BYTES = 1024 * KiB;
/** Most entries of a BAT that are kept in memory: 64 TiB in blocks of 8 MiB. */
const MAX_BAT_ENTRIES = 2 ** 23 + 2 ** 13;

/** What the metadata say. */
export interface Metadata {
  readonly geometry: Geometry;
  readonly hasParent: boolean;
  /** A fixed image: every block has its place. */
  readonly leaveBlocksAllocated: boolean;
  readonly physicalSectorBytes: number;
  readonly diskId: string;
  /** The item with the parent locator, of differencing images. */
  readonly parentLocator: { readonly bytes: Uint8Array; readonly offset: number } | undefined;
}

type Items = ReadonlyMap<string, { readonly bytes: Uint8Array; readonly offset: number }>;

/** Reads and checks everything. Throws 'corrupt'. */
export async function readMetadata(store: ByteStore, region: Region): Promise<Metadata> {
  const items = await readItems(store, region);
  const item = (id: string, length: number, what: string): { view: DataView; offset: number } => {
    const found = items.get(id);
    if (found === undefined) throw corrupt(`metadata: no ${what}`, region.offset);
    if (found.bytes.length < length) {
      throw corrupt(`metadata: ${what} of ${found.bytes.length} bytes`, found.offset);
    }
    return { view: viewOf(found.bytes), offset: found.offset };
  };
  const parameters = item(MetadataItem.FILE_PARAMETERS, 8, 'file parameters');
  const { blockSize, flags } = FileParameters.read(parameters.view);
  const powerOfTwo = Number.isInteger(Math.log2(blockSize));
  if (blockSize < MIN_BLOCK_BYTES || blockSize > MAX_BLOCK_BYTES || !powerOfTwo) {
    throw corrupt(`metadata: a block size of ${blockSize} bytes is impossible`, parameters.offset);
  }
  const logical = sectorBytes(item(MetadataItem.LOGICAL_SECTOR_SIZE, 4, 'logical sector size'), 'logical');
  const physical = sectorBytes(
    item(MetadataItem.PHYSICAL_SECTOR_SIZE, 4, 'physical sector size'),
    'physical',
  );
  const size = item(MetadataItem.VIRTUAL_DISK_SIZE, 8, 'disk size');
  const sizeBytes = u64capped.read(size.view, 0);
  if (sizeBytes === 0 || sizeBytes > MAX_SIZE_BYTES || sizeBytes % logical !== 0) {
    throw corrupt(`metadata: a size of ${sizeBytes} bytes is impossible`, size.offset);
  }
  const hasParent = (flags & HAS_PARENT) !== 0;
  const geometry = geometryOf(sizeBytes, blockSize, logical, hasParent);
  if (geometry.tableEntries > MAX_BAT_ENTRIES) {
    throw corrupt(`metadata: ${geometry.tableEntries} blocks are too many`, parameters.offset);
  }
  return {
    geometry,
    hasParent,
    leaveBlocksAllocated: (flags & LEAVE_BLOCKS_ALLOCATED) !== 0,
    physicalSectorBytes: physical,
    diskId: guidKind.read(item(MetadataItem.VIRTUAL_DISK_ID, 16, 'disk id').view, 0),
    parentLocator: items.get(MetadataItem.PARENT_LOCATOR),
  };
}

function sectorBytes(item: { view: DataView; offset: number }, what: string): number {
  const bytes = u32.read(item.view, 0);
  if (bytes === 512 || bytes === 4096) return bytes;
  throw corrupt(`metadata: ${what} sectors of ${bytes} bytes are impossible`, item.offset);
}

async function readItems(store: ByteStore, region: Region): Promise<Items> {
  const table = await readPart(store, region.offset, TABLE_BYTES, 'metadata table');
  const view = viewOf(table);
  const { signature, entryCount } = MetadataTableHeader.read(view);
  if (signature !== SIGNATURE) throw corrupt('metadata table: no signature', region.offset);
  if (entryCount > MAX_TABLE_ENTRIES) {
    throw corrupt(`metadata table: ${entryCount} entries are too many`, region.offset);
  }
  const known = new Set<string>(Object.values(MetadataItem));
  const items = new Map<string, { bytes: Uint8Array; offset: number }>();
  for (let index = 0; index < entryCount; index++) {
    const at = MetadataTableHeader.size + index * MetadataTableEntry.size;
    const { itemId, offset, length, flags } = MetadataTableEntry.read(view, at);
    if (!known.has(itemId) || (flags & METADATA_IS_USER) !== 0) {
      if ((flags & METADATA_IS_REQUIRED) === 0) continue;
      throw corrupt(`metadata: item ${itemId} is required and unknown`, region.offset + at);
    }
    const inside = offset >= TABLE_BYTES && length <= MAX_ITEM_BYTES && offset + length <= region.length;
    if (!inside || items.has(itemId)) {
      throw corrupt(`metadata: item ${itemId} is outside, too long or there twice`, region.offset + at);
    }
    const bytes = await readPart(store, region.offset + offset, length, 'metadata item');
    items.set(itemId, { bytes, offset: region.offset + offset });
  }
  return items;
}

/** What the metadata of a new image say. */
export interface NewMetadata {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly logicalBlockBytes: number;
  readonly physicalBlockBytes: number;
  readonly leaveBlocksAllocated: boolean;
  readonly diskId: string;
  readonly parentLocator?: Uint8Array;
}

/** The table and the items, for the start of the region. */
export function metadataBytes(fields: NewMetadata): Uint8Array<ArrayBuffer> {
  const ofDisk = METADATA_IS_VIRTUAL_DISK | METADATA_IS_REQUIRED;
  const { parentLocator } = fields;
  const flags =
    (fields.leaveBlocksAllocated ? LEAVE_BLOCKS_ALLOCATED : 0) |
    (parentLocator === undefined ? 0 : HAS_PARENT);
  const items: { id: string; bytes: Uint8Array; flags: number }[] = [
    {
      id: MetadataItem.FILE_PARAMETERS,
      bytes: FileParameters.bytes({ blockSize: fields.blockBytes, flags }),
      flags: METADATA_IS_REQUIRED,
    },
    { id: MetadataItem.VIRTUAL_DISK_SIZE, bytes: encoded(u64capped, fields.sizeBytes), flags: ofDisk },
    { id: MetadataItem.VIRTUAL_DISK_ID, bytes: encoded(guidKind, fields.diskId), flags: ofDisk },
    { id: MetadataItem.LOGICAL_SECTOR_SIZE, bytes: encoded(u32, fields.logicalBlockBytes), flags: ofDisk },
    { id: MetadataItem.PHYSICAL_SECTOR_SIZE, bytes: encoded(u32, fields.physicalBlockBytes), flags: ofDisk },
  ];
  if (parentLocator !== undefined) {
    items.push({ id: MetadataItem.PARENT_LOCATOR, bytes: parentLocator, flags: METADATA_IS_REQUIRED });
  }
  const region = new Uint8Array(TABLE_BYTES + items.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const view = viewOf(region);
  MetadataTableHeader.write(view, 0, { signature: SIGNATURE, entryCount: items.length });
  let offset = TABLE_BYTES;
  for (const [index, { id, bytes, flags }] of items.entries()) {
    const at = MetadataTableHeader.size + index * MetadataTableEntry.size;
    MetadataTableEntry.write(view, at, { itemId: id, offset, length: bytes.length, flags });
    region.set(bytes, offset);
    offset += bytes.length;
  }
  return region;
}

function encoded<Value>(
  kind: { readonly size: number; write(view: DataView, at: number, value: Value): void },
  value: Value,
): Uint8Array {
  const bytes = new Uint8Array(kind.size);
  kind.write(viewOf(bytes), 0, value);
  return bytes;
}
