/** Opens VHD images of every type, after checking all that they say about themselves. */

import { type BlockDevice, BlockError } from '../block/block-device.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { BlockTable, type Region } from './block-table.ts';
import { corrupt } from './corrupt.ts';
import { type FoundHeader, readDynamicHeader, tableBytesOf } from './dynamic-header.ts';
import { type FoundFooter, findFooter } from './footer.ts';
import { bitmapBytesOf, DiskType, formatUniqueId, SECTOR_BYTES, VhdDynamicHeader } from './layout.ts';
import { type ParentReference, readParentReference } from './parent-locator.ts';
import { SparseVhdDisk } from './sparse-vhd-disk.ts';
import { FixedVhdDisk, type VhdDisk } from './vhd-disk.ts';

/** A disk that a differencing image can stand on: it tells which one it is. */
export type ParentDisk = BlockDevice & { readonly uniqueId: string };

/**
 * Finds and opens the parent of a differencing image. Where that is a VHD itself, `chain` goes into its own options:
 * that is how loops are found. The parent belongs to the image that asked, which closes it.
 */
export type OpenParent = (parent: ParentReference, chain: readonly string[]) => Promise<ParentDisk>;

/** How to open an image. */
export interface OpenVhdOptions {
  readonly readOnly?: boolean;
  /** Required for differencing images. */
  readonly openParent?: OpenParent;
  /** Unique ids of the images that stand on this one, the topmost first. Given by a resolver, by nobody else. */
  readonly chain?: readonly string[];
}

/** Longest chain of differencing images that is followed. */
export const MAX_CHAIN_IMAGES = 64;

/**
 * Opens an image. Throws 'corrupt' with what is wrong and where; then the store still belongs to the caller, otherwise
 * the disk closes it. Where the footer at the end is damaged, a dynamic or differencing image is opened by the copy at
 * its start, and unless read-only, a new footer is put at the end.
 */
export async function openVhd(store: ByteStore, options: OpenVhdOptions = {}): Promise<VhdDisk> {
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
  options: OpenVhdOptions,
): Promise<ParentDisk> {
  const own = formatUniqueId(found.footer.uniqueId);
  const chain = [...(options.chain ?? []), own];
  const idOffset = at.offset + VhdDynamicHeader.offsets.parentUniqueId;
  const reference = await readParentReference(store, at.header, at.offset);
  if (chain.includes(reference.uniqueId)) {
    throw corrupt(`the differencing chain loops: ${[...chain, reference.uniqueId].join(' on ')}`, idOffset);
  }
  if (chain.length >= MAX_CHAIN_IMAGES) {
    throw corrupt(`a differencing chain of more than ${MAX_CHAIN_IMAGES} images`, idOffset);
  }
  if (options.openParent === undefined) {
    throw new BlockError('io', `VHD: the image needs its parent '${reference.name}', and nobody can open it`);
  }
  const parent = await options.openParent(reference, chain);
  const problem = misfit(parent, reference);
  if (problem === undefined) return parent;
  await parent.close();
  throw corrupt(problem, idOffset);
}

function misfit(parent: ParentDisk, reference: ParentReference): string | undefined {
  if (parent.uniqueId.toLowerCase() !== reference.uniqueId) {
    return `the parent '${reference.name}' has id ${parent.uniqueId}, expected is ${reference.uniqueId}`;
  }
  if (parent.logicalBlockBytes !== SECTOR_BYTES) {
    return `the parent '${reference.name}' has blocks of ${parent.logicalBlockBytes} bytes`;
  }
  return undefined;
}
