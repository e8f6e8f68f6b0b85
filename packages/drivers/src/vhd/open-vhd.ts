/** Opens VHD images of every type, after checking all that they say about themselves. */

import { type OpenChainOptions, openParentOf, type ParentDisk } from '../image/parent.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { BlockTable, type Region } from './block-table.ts';
import { corrupt } from './corrupt.ts';
import { type FoundHeader, readDynamicHeader, tableBytesOf } from './dynamic-header.ts';
import { type FoundFooter, findFooter } from './footer.ts';
import { bitmapBytesOf, DiskType, formatUniqueId, SECTOR_BYTES, VhdDynamicHeader } from './layout.ts';
import { readParentReference } from './parent-locator.ts';
import { SparseVhdDisk } from './sparse-vhd-disk.ts';
import { FixedVhdDisk, type VhdDisk } from './vhd-disk.ts';

/**
 * Opens an image. Throws 'corrupt' with what is wrong and where; then the store still belongs to the caller, otherwise
 * the disk closes it. Where the footer at the end is damaged, a dynamic or differencing image is opened by the copy at
 * its start, and unless read-only, a new footer is put at the end.
 */
export async function openVhd(store: ByteStore, options: OpenChainOptions = {}): Promise<VhdDisk> {
  const readOnly = store.readOnly || options.readOnly === true;
  const found = await findFooter(store);
  const { footer } = found;
  if (footer.diskType === DiskType.FIXED) {
    if (footer.currentSize > found.offset) {
      throw corrupt(`truncated: ${found.offset} bytes of a disk of ${footer.currentSize}`, found.offset);
    }
    return new FixedVhdDisk(store, footer, readOnly);
  }
  const header = await readDynamicHeader(store, found);
  const table = await loadTable(store, found, header);
  const parent =
    footer.diskType === DiskType.DIFFERENCING ? await openBelow(store, found, header, options) : undefined;
  try {
    if (found.recovered && !readOnly) await store.write(found.offset, [found.bytes]);
    return new SparseVhdDisk({ store, found, table, blockBytes: header.header.blockSize, parent, readOnly });
  } catch (error) {
    await parent?.close();
    throw error;
  }
}

async function loadTable(store: ByteStore, found: FoundFooter, at: FoundHeader): Promise<BlockTable> {
  const { header, offset, blocks } = at;
  const reserved: Region[] = [
    { start: 0, end: SECTOR_BYTES, what: 'footer copy' },
    { start: offset, end: offset + VhdDynamicHeader.size, what: 'dynamic header' },
    {
      start: header.tableOffset,
      end: header.tableOffset + tableBytesOf(blocks),
      what: 'block allocation table',
    },
  ];
  if (found.footer.diskType === DiskType.DIFFERENCING) {
    for (const {
      platformCode,
      platformDataOffset: start,
      platformDataLength: length,
    } of header.parentLocators) {
      if (platformCode !== '') reserved.push({ start, end: start + length, what: 'parent locator' });
    }
  }
  for (const [index, region] of reserved.slice(1).entries()) {
    const other = reserved.slice(0, index + 1).find((r) => r.start < region.end && region.start < r.end);
    if (other !== undefined) throw corrupt(`the ${region.what} overlaps the ${other.what}`, region.start);
  }
  return BlockTable.load(store, header.tableOffset, {
    blocks,
    blockBytes: header.blockSize,
    bitmapBytes: bitmapBytesOf(header.blockSize),
    diskBytes: found.footer.currentSize,
    end: found.recovered ? store.sizeBytes : found.offset,
    reserved,
  });
}

async function openBelow(
  store: ByteStore,
  found: FoundFooter,
  at: FoundHeader,
  options: OpenChainOptions,
): Promise<ParentDisk> {
  const reference = await readParentReference(store, at.header, at.offset);
  const idOffset = at.offset + VhdDynamicHeader.offsets.parentUniqueId;
  const image = {
    format: 'VHD',
    uniqueId: formatUniqueId(found.footer.uniqueId),
    logicalBlockBytes: SECTOR_BYTES,
    corrupt: (reason: string) => corrupt(reason, idOffset),
  };
  return openParentOf(image, reference, options);
}
