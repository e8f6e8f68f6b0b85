/** The dynamic disk header: made and checked. "Virtual Hard Disk Image Format Specification", Dynamic Disk Header Format. */

import { alignUp, viewOf } from '../image/damage.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { corrupt, readPart } from './corrupt.ts';
import type { FoundFooter } from './footer.ts';
import {
  DYNAMIC_HEADER_COOKIE,
  FORMAT_VERSION,
  MAX_SIZE_BYTES,
  NO_DATA_OFFSET,
  SECTOR_BYTES,
  VhdDynamicHeader,
  vhdChecksum,
} from './layout.ts';

/** Block sizes that are accepted; the format wants a power of two and its usual ones are 512 KiB and 2 MiB. */
export const MIN_BLOCK_BYTES = 4096;
export const MAX_BLOCK_BYTES = 256 * 1024 * 1024;
/** Most blocks that are kept track of: 2040 GiB in blocks of 512 KiB. */
const MAX_BLOCKS = MAX_SIZE_BYTES / (512 * 1024);

/** What a new header says. Without a parent the parent fields stay zero. */
export interface HeaderFields {
  readonly tableOffset: number;
  readonly maxTableEntries: number;
  readonly blockBytes: number;
  readonly parent?: Pick<
    VhdDynamicHeader,
    'parentUniqueId' | 'parentTimeStamp' | 'parentUnicodeName' | 'parentLocators'
  >;
}

/** The 1024 bytes of a new header. */
export function makeDynamicHeader(fields: HeaderFields): Uint8Array<ArrayBuffer> {
  const bytes = VhdDynamicHeader.bytes({
    cookie: DYNAMIC_HEADER_COOKIE,
    dataOffset: NO_DATA_OFFSET,
    tableOffset: fields.tableOffset,
    headerVersion: FORMAT_VERSION,
    maxTableEntries: fields.maxTableEntries,
    blockSize: fields.blockBytes,
    ...fields.parent,
  });
  const { checksum } = VhdDynamicHeader.offsets;
  viewOf(bytes).setUint32(checksum, vhdChecksum(bytes, checksum), false);
  return bytes;
}

/** A checked header, where it was, and how many of its table entries the disk needs. */
export interface FoundHeader {
  readonly header: VhdDynamicHeader;
  readonly offset: number;
  readonly blocks: number;
}

/** Reads the header that a footer leads to and checks it against that footer and the store. Throws 'corrupt'. */
export async function readDynamicHeader(store: ByteStore, found: FoundFooter): Promise<FoundHeader> {
  const { dataOffset, currentSize } = found.footer;
  if (dataOffset > BigInt(store.sizeBytes) || dataOffset % BigInt(SECTOR_BYTES) !== 0n) {
    throw corrupt(`footer: data offset ${dataOffset} is misaligned or outside the image`, found.offset);
  }
  const offset = Number(dataOffset);
  const bytes = await readPart(store, offset, VhdDynamicHeader.size, 'dynamic header');
  const header = VhdDynamicHeader.read(viewOf(bytes));
  const wrong = (reason: string, field: keyof typeof VhdDynamicHeader.offsets): never => {
    throw corrupt(`dynamic header: ${reason}`, offset + VhdDynamicHeader.offsets[field]);
  };
  if (header.cookie !== DYNAMIC_HEADER_COOKIE) wrong('no cookie', 'cookie');
  const sum = vhdChecksum(bytes, VhdDynamicHeader.offsets.checksum);
  if (header.checksum !== sum) {
    wrong(`checksum 0x${header.checksum.toString(16)}, its bytes give 0x${sum.toString(16)}`, 'checksum');
  }
  if (header.headerVersion >>> 16 !== FORMAT_VERSION >>> 16) {
    wrong(`unknown version 0x${header.headerVersion.toString(16)}`, 'headerVersion');
  }
  const { blockSize, maxTableEntries, tableOffset } = header;
  if (blockSize < MIN_BLOCK_BYTES || blockSize > MAX_BLOCK_BYTES || !Number.isInteger(Math.log2(blockSize))) {
    wrong(`a block size of ${blockSize} bytes is impossible`, 'blockSize');
  }
  const blocks = Math.ceil(currentSize / blockSize);
  if (blocks > MAX_BLOCKS) wrong(`${blocks} blocks are too many`, 'blockSize');
  if (maxTableEntries < blocks) {
    wrong(`${maxTableEntries} table entries for ${blocks} blocks`, 'maxTableEntries');
  }
  if (tableOffset % SECTOR_BYTES !== 0) wrong(`table offset ${tableOffset} is misaligned`, 'tableOffset');
  if (tableOffset + tableBytesOf(blocks) > found.offset) {
    wrong(`a table of ${blocks} entries at ${tableOffset} lies outside the image`, 'tableOffset');
  }
  return { header, offset, blocks };
}

/** Bytes of a table of so many entries, in whole sectors. */
export function tableBytesOf(entries: number): number {
  return alignUp(entries * 4, SECTOR_BYTES);
}
