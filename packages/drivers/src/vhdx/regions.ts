/** The region table: where BAT and metadata are. [MS-VHDX], Region Table. */

import { viewOf } from '../image/damage.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { corrupt, readPart } from './corrupt.ts';
import { crc32c } from './crc32c.ts';
import {
  BAT_REGION,
  HEADER_SECTION_BYTES,
  MAX_TABLE_ENTRIES,
  METADATA_REGION,
  MiB,
  REGION_TABLE_BYTES,
  REGION_TABLE_OFFSETS,
  RegionTableEntry,
  RegionTableHeader,
} from './layout.ts';

const SIGNATURE = 'regi';

/** A part of the file that has an owner. */
export interface Region {
  readonly what: string;
  readonly offset: number;
  readonly length: number;
}

/** The regions of an image. */
export interface Regions {
  readonly bat: Region;
  readonly metadata: Region;
  /** These two and those that are unknown but optional: nothing else may lie in them. */
  readonly all: readonly Region[];
}

/** The 64 KiB of a region table. */
export function regionTableBytes(bat: Region, metadata: Region): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REGION_TABLE_BYTES);
  const view = viewOf(bytes);
  RegionTableHeader.write(view, 0, { signature: SIGNATURE, entryCount: 2 });
  for (const [index, { guid, region }] of [
    { guid: BAT_REGION, region: bat },
    { guid: METADATA_REGION, region: metadata },
  ].entries()) {
    const at = RegionTableHeader.size + index * RegionTableEntry.size;
    RegionTableEntry.write(view, at, {
      guid,
      fileOffset: region.offset,
      length: region.length,
      required: 1,
    });
  }
  const { checksum } = RegionTableHeader.offsets;
  view.setUint32(checksum, crc32c(bytes, checksum), true);
  return bytes;
}

/** Reads the first copy that is whole and checks every region against the file and each other. Throws 'corrupt'. */
export async function readRegions(store: ByteStore): Promise<Regions> {
  const reasons: string[] = [];
  for (const at of REGION_TABLE_OFFSETS) {
    const bytes = await readPart(store, at, REGION_TABLE_BYTES, 'region table');
    const problem = problemOf(bytes);
    if (problem === undefined) return parse(bytes, at, store);
    reasons.push(problem);
  }
  throw corrupt(`no region table is whole: ${reasons.join('; ')}`, REGION_TABLE_OFFSETS[0]);
}

function problemOf(bytes: Uint8Array): string | undefined {
  const header = RegionTableHeader.read(viewOf(bytes));
  if (header.signature !== SIGNATURE) return 'no signature';
  const sum = crc32c(bytes, RegionTableHeader.offsets.checksum);
  if (header.checksum !== sum) return `checksum 0x${header.checksum.toString(16)}`;
  if (header.entryCount > MAX_TABLE_ENTRIES) return `${header.entryCount} entries`;
  return undefined;
}

function parse(bytes: Uint8Array, at: number, store: ByteStore): Regions {
  const view = viewOf(bytes);
  const { entryCount } = RegionTableHeader.read(view);
  const all: Region[] = [];
  let bat: Region | undefined;
  let metadata: Region | undefined;
  for (let index = 0; index < entryCount; index++) {
    const entryAt = RegionTableHeader.size + index * RegionTableEntry.size;
    const { guid, fileOffset: offset, length, required } = RegionTableEntry.read(view, entryAt);
    const what =
      guid === BAT_REGION ? 'BAT' : guid === METADATA_REGION ? 'metadata region' : `region ${guid}`;
    const region = { what, offset, length };
    const aligned = offset % MiB === 0 && length % MiB === 0 && offset >= HEADER_SECTION_BYTES && length > 0;
    if (!aligned || length > store.sizeBytes - offset) {
      throw corrupt(`${what} of ${length} bytes at ${offset} is misaligned or outside`, at + entryAt);
    }
    if (guid === BAT_REGION) bat = region;
    else if (guid === METADATA_REGION) metadata = region;
    else if ((required & 1) !== 0) throw corrupt(`${what} is required and unknown`, at + entryAt);
    checkApart(region, all, at + entryAt);
    all.push(region);
  }
  if (bat === undefined || metadata === undefined) throw corrupt('BAT or metadata region is missing', at);
  return { bat, metadata, all };
}

/** Throws 'corrupt' when a region overlaps one of the others. */
export function checkApart(region: Region, others: readonly Region[], at: number): void {
  const end = region.offset + region.length;
  const hit = others.find((other) => other.offset < end && region.offset < other.offset + other.length);
  if (hit !== undefined) throw corrupt(`${region.what} overlaps ${hit.what}`, at);
}
