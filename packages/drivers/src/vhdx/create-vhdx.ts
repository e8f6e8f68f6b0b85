/** New, empty VHDX images. [MS-VHDX], Structures. */

import { GUID_ZERO } from '@viridian/wire';
import { BlockError } from '../block/block-device.ts';
import { alignUp, viewOf } from '../image/damage.ts';
import type { ParentReference } from '../image/parent.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { headerBytes } from './headers.ts';
import {
  BlockState,
  FILE_SIGNATURE,
  FileIdentifier,
  type Geometry,
  geometryOf,
  HEADER_OFFSETS,
  HEADER_SECTION_BYTES,
  MAX_BLOCK_BYTES,
  MAX_SIZE_BYTES,
  MIN_BLOCK_BYTES,
  MiB,
  REGION_TABLE_OFFSETS,
} from './layout.ts';
import { metadataBytes } from './metadata.ts';
import { parentLocatorBytes } from './parent-locator.ts';
import { type Region, regionTableBytes } from './regions.ts';
import type { VhdxType } from './vhdx-disk.ts';

/** What a new image is to be. */
export interface CreateVhdxOptions {
  readonly type: VhdxType;
  /** A whole number of logical blocks up to 64 TiB. */
  readonly sizeBytes: number;
  /** A power of two from 1 MiB to 256 MiB; 2 MiB unless told. */
  readonly blockBytes?: number;
  /** 512 (default) or 4096. */
  readonly logicalBlockBytes?: number;
  /** 4096 unless told. */
  readonly physicalBlockBytes?: number;
  /** Of differencing images, and required there. */
  readonly parent?: ParentReference;
}

const LOG: Region = { what: 'log', offset: HEADER_SECTION_BYTES, length: MiB };
const METADATA: Region = { what: 'metadata region', offset: 2 * MiB, length: MiB };
const BAT_OFFSET = 3 * MiB;
const CREATOR = 'Viridian';

/**
 * Writes a new image into an empty store, flushes it and leaves the store open. Throws 'out-of-range' for sizes that the
 * format cannot hold, and what the store throws.
 */
export async function createVhdx(store: ByteStore, options: CreateVhdxOptions): Promise<void> {
  if (store.sizeBytes !== 0) throw new Error('a new image needs an empty store');
  const { type, sizeBytes, parent, blockBytes = 2 * MiB, logicalBlockBytes = 512 } = options;
  if ((type === 'differencing') !== (parent !== undefined)) {
    throw new Error('a differencing image needs a parent, and no other has one');
  }
  checkSizes(sizeBytes, blockBytes, logicalBlockBytes);
  const geometry = geometryOf(sizeBytes, blockBytes, logicalBlockBytes, parent !== undefined);
  const bat: Region = { what: 'BAT', offset: BAT_OFFSET, length: alignUp(geometry.tableEntries * 8, MiB) };
  const firstBlock = bat.offset + bat.length;
  await store.resize(firstBlock + (type === 'fixed' ? geometry.blocks * blockBytes : 0));
  const metadata = metadataBytes({
    sizeBytes,
    blockBytes,
    logicalBlockBytes,
    physicalBlockBytes: Math.max(options.physicalBlockBytes ?? 4096, logicalBlockBytes),
    leaveBlocksAllocated: type === 'fixed',
    diskId: crypto.randomUUID(),
    ...(parent === undefined ? {} : { parentLocator: parentLocatorBytes(parent) }),
  });
  await store.write(METADATA.offset, [metadata]);
  if (type === 'fixed') await store.write(bat.offset, [fixedTable(geometry, firstBlock)]);
  await writeHeaderSection(store, bat);
  await store.flush();
}

function checkSizes(sizeBytes: number, blockBytes: number, logicalBlockBytes: number): void {
  const outOfRange = (what: string): never => {
    throw new BlockError('out-of-range', `VHDX: ${what}`);
  };
  if (logicalBlockBytes !== 512 && logicalBlockBytes !== 4096) {
    outOfRange(`a logical block is 512 or 4096 bytes, not ${logicalBlockBytes}`);
  }
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % logicalBlockBytes !== 0) {
    outOfRange(`${sizeBytes} bytes are no whole number of blocks of ${logicalBlockBytes}`);
  }
  if (sizeBytes > MAX_SIZE_BYTES) outOfRange(`${sizeBytes} bytes, the format ends at ${MAX_SIZE_BYTES}`);
  const usable = blockBytes >= MIN_BLOCK_BYTES && blockBytes <= MAX_BLOCK_BYTES;
  if (!usable || !Number.isInteger(Math.log2(blockBytes))) outOfRange(`${blockBytes} is no block size`);
}

/** A BAT in which every block has its place, one behind the other. */
function fixedTable(geometry: Geometry, firstBlock: number): Uint8Array {
  const table = new Uint8Array(geometry.tableEntries * 8);
  const view = viewOf(table);
  for (let block = 0; block < geometry.blocks; block++) {
    const index = block + Math.floor(block / geometry.chunkBlocks);
    const placeMiB = (firstBlock + block * geometry.blockBytes) / MiB;
    view.setUint32(index * 8, ((placeMiB << 20) | BlockState.FULLY_PRESENT) >>> 0, true);
    view.setUint32(index * 8 + 4, placeMiB >>> 12, true);
  }
  return table;
}

async function writeHeaderSection(store: ByteStore, bat: Region): Promise<void> {
  const creator = new Uint8Array(512);
  for (let i = 0; i < CREATOR.length; i++) creator[i * 2] = CREATOR.charCodeAt(i);
  const header = {
    signature: 'head',
    checksum: 0,
    sequenceNumber: 1n,
    fileWriteGuid: crypto.randomUUID(),
    dataWriteGuid: crypto.randomUUID(),
    logGuid: GUID_ZERO,
    logVersion: 0,
    version: 1,
    logLength: LOG.length,
    logOffset: LOG.offset,
  };
  const table = regionTableBytes(bat, METADATA);
  for (const offset of REGION_TABLE_OFFSETS) await store.write(offset, [table]);
  for (const [copy, offset] of HEADER_OFFSETS.entries()) {
    await store.write(offset, [headerBytes({ ...header, sequenceNumber: BigInt(copy + 1) })]);
  }
  await store.write(0, [FileIdentifier.bytes({ signature: FILE_SIGNATURE, creator })]);
}
