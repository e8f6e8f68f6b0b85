/** Opens VHDX images of every type, after checking all that they say about themselves. */

import { GUID_ZERO } from '@viridian/wire';
import { type OpenChainOptions, openParentOf, type ParentDisk } from '../image/parent.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { BlockMap } from './block-map.ts';
import { corrupt, readPart } from './corrupt.ts';
import { Headers } from './headers.ts';
import { FILE_SIGNATURE, HEADER_SECTION_BYTES } from './layout.ts';
import { applyReplay, readLog, replayedView } from './log-replay.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { readParentLocator } from './parent-locator.ts';
import { checkApart, readRegions } from './regions.ts';
import { VhdxDisk } from './vhdx-disk.ts';

/**
 * Opens an image. Throws 'corrupt' with what is wrong and where; then the store still belongs to the caller, otherwise
 * the disk closes it. An image that was not closed has its log replayed: in the file, or only before the eyes of the
 * reader when it is opened read-only.
 */
export async function openVhdx(store: ByteStore, options: OpenChainOptions = {}): Promise<VhdxDisk> {
  const readOnly = store.readOnly || options.readOnly === true;
  const start = await readPart(store, 0, FILE_SIGNATURE.length, 'file identifier');
  if (String.fromCharCode(...start) !== FILE_SIGNATURE) throw corrupt('no file signature', 0);
  const headers = await Headers.find(store);
  const recovered = headers.hasLog;
  const whole = recovered ? await replay(store, headers, readOnly) : store;
  const regions = await readRegions(whole);
  const metadata = await readMetadata(whole, regions.metadata);
  const { logOffset, logLength } = headers.current;
  const log = { what: 'log', offset: logOffset, length: logLength };
  checkApart(log, regions.all, logOffset);
  const head = { what: 'header section', offset: 0, length: HEADER_SECTION_BYTES };
  const reserved = [head, log, ...regions.all];
  const { geometry, hasParent } = metadata;
  const map = await BlockMap.load(whole, geometry, regions.bat, reserved, hasParent);
  const parent = hasParent ? await openBelow(headers.current.dataWriteGuid, metadata, options) : undefined;
  return new VhdxDisk({ store: whole, headers, metadata, map, parent, readOnly, recovered });
}

async function replay(store: ByteStore, headers: Headers, readOnly: boolean): Promise<ByteStore> {
  const changes = await readLog(store, headers.current);
  if (readOnly) return replayedView(store, changes);
  await applyReplay(store, changes);
  await headers.update({ logGuid: GUID_ZERO });
  return store;
}

async function openBelow(
  uniqueId: string,
  metadata: Metadata,
  options: OpenChainOptions,
): Promise<ParentDisk> {
  const item = metadata.parentLocator;
  if (item === undefined) throw corrupt('metadata: a parent, and no parent locator', 0);
  const reference = readParentLocator(item.bytes, item.offset);
  const image = {
    format: 'VHDX',
    uniqueId,
    logicalBlockBytes: metadata.geometry.sectorBytes,
    corrupt: (reason: string) => corrupt(reason, item.offset),
  };
  return openParentOf(image, reference, options);
}
