/** New, empty VHD images. "Virtual Hard Disk Image Format Specification", Hard Disk Image Formats. */

import { BlockError } from '../block/block-device.ts';
import type { ParentReference } from '../image/parent.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { MAX_BLOCK_BYTES, MIN_BLOCK_BYTES, makeDynamicHeader, tableBytesOf } from './dynamic-header.ts';
import { makeFooter } from './footer.ts';
import {
  DEFAULT_BLOCK_BYTES,
  DiskType,
  MAX_SIZE_BYTES,
  parseUniqueId,
  SECTOR_BYTES,
  VhdDynamicHeader,
  vhdTimeStamp,
} from './layout.ts';
import { encodeParent } from './parent-locator.ts';
import type { VhdType } from './vhd-disk.ts';

/** What a new image is to be. */
export interface CreateVhdOptions {
  readonly type: VhdType;
  /** A multiple of 512 up to 2040 GiB. */
  readonly sizeBytes: number;
  /** Of dynamic and differencing images: a power of two from 4 KiB to 256 MiB, 2 MiB unless told. */
  readonly blockBytes?: number;
  /** Of differencing images, and required there. */
  readonly parent?: ParentReference;
  /** 16 bytes in hex, with or without dashes; random unless told. */
  readonly uniqueId?: string;
  /** Time of creation in milliseconds since 1970; now unless told. */
  readonly createdAt?: number;
}

/**
 * Writes a new image into an empty store, flushes it and leaves the store open. Throws 'out-of-range' for sizes that the
 * format cannot hold, and what the store throws.
 */
export async function createVhd(store: ByteStore, options: CreateVhdOptions): Promise<void> {
  if (store.sizeBytes !== 0) throw new Error('a new image needs an empty store');
  const { sizeBytes, type } = options;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < SECTOR_BYTES || sizeBytes % SECTOR_BYTES !== 0) {
    throw new BlockError('out-of-range', `VHD: ${sizeBytes} bytes are no whole number of sectors`);
  }
  if (sizeBytes > MAX_SIZE_BYTES) {
    throw new BlockError('out-of-range', `VHD: ${sizeBytes} bytes, the format ends at ${MAX_SIZE_BYTES}`);
  }
  const footer = makeFooter({
    sizeBytes,
    diskType: { fixed: DiskType.FIXED, dynamic: DiskType.DYNAMIC, differencing: DiskType.DIFFERENCING }[type],
    timeStamp: vhdTimeStamp(options.createdAt ?? Date.now()),
    uniqueId:
      options.uniqueId === undefined
        ? crypto.getRandomValues(new Uint8Array(16))
        : parseUniqueId(options.uniqueId),
  });
  if (type === 'fixed') await store.write(sizeBytes, [footer]);
  else await writeSparse(store, options, footer);
  await store.flush();
}

/** Footer copy, header, BAT, parent locators, footer. */
async function writeSparse(store: ByteStore, options: CreateVhdOptions, footer: Uint8Array): Promise<void> {
  const { blockBytes = DEFAULT_BLOCK_BYTES } = options;
  const usable = blockBytes >= MIN_BLOCK_BYTES && blockBytes <= MAX_BLOCK_BYTES;
  if (!usable || !Number.isInteger(Math.log2(blockBytes))) {
    throw new BlockError('out-of-range', `VHD: ${blockBytes} is no block size`);
  }
  const blocks = Math.ceil(options.sizeBytes / blockBytes);
  const tableOffset = SECTOR_BYTES + VhdDynamicHeader.size;
  const table = new Uint8Array(tableBytesOf(blocks)).fill(0xff);
  const locatorOffset = tableOffset + table.length;
  const parent = encodedParent(options, locatorOffset);
  const header = makeDynamicHeader({
    tableOffset,
    maxTableEntries: blocks,
    blockBytes,
    ...(parent === undefined ? {} : { parent: parent.fields }),
  });
  const locators = parent === undefined ? [] : [parent.data];
  const parts = [footer, header, table, ...locators, footer].filter((part) => part.length > 0);
  await store.write(0, parts);
}

function encodedParent(options: CreateVhdOptions, dataOffset: number) {
  const { parent } = options;
  if (options.type !== 'differencing') return undefined;
  if (parent === undefined) throw new Error('a differencing image needs a parent');
  return encodeParent(parent, parseUniqueId(parent.uniqueId), dataOffset);
}
