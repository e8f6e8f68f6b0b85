/** How a differencing image names its parent. "Virtual Hard Disk Image Format Specification", Parent Locator Entry. */

import { alignUp, viewOf } from '../image/damage.ts';
import type { ParentLocator, ParentReference } from '../image/parent.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { corrupt, readPart } from './corrupt.ts';
import {
  formatUniqueId,
  type VhdDynamicHeader as Header,
  ParentLocatorEntry,
  SECTOR_BYTES,
  VhdDynamicHeader,
} from './layout.ts';

/** Longest path that is believed: Windows' own limit of 32767 UTF-16 units. */
const MAX_LOCATOR_BYTES = 65536;
const NAME_UNITS = 256;

/** The reference in a header, its locators read from the store. Throws 'corrupt'. */
export async function readParentReference(
  store: ByteStore,
  header: Header,
  headerOffset: number,
): Promise<ParentReference> {
  const locators: ParentLocator[] = [];
  for (const [index, entry] of header.parentLocators.entries()) {
    const platform = entry.platformCode;
    if (platform !== 'W2ru' && platform !== 'W2ku' && platform !== 'MacX') continue;
    const at = headerOffset + VhdDynamicHeader.offsets.parentLocators + index * ParentLocatorEntry.size;
    const length = entry.platformDataLength;
    if (length > MAX_LOCATOR_BYTES) throw corrupt(`parent locator ${index} of ${length} bytes`, at);
    const data = await readPart(store, entry.platformDataOffset, length, `parent locator ${index}`);
    locators.push({ platform, path: decodeLocator(platform, data) });
  }
  return {
    uniqueId: formatUniqueId(header.parentUniqueId),
    timeStamp: header.parentTimeStamp,
    name: cutAtNul(new TextDecoder('utf-16be').decode(header.parentUnicodeName)),
    locators,
  };
}

/** The parts of a new image that name its parent. */
export interface EncodedParent {
  readonly fields: Pick<
    Header,
    'parentUniqueId' | 'parentTimeStamp' | 'parentUnicodeName' | 'parentLocators'
  >;
  /** The locators' data, for the place that was given. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Encodes a reference whose locator data will lie at `dataOffset`. Throws Error for more than eight locators. */
export function encodeParent(parent: ParentReference, id: Uint8Array, dataOffset: number): EncodedParent {
  if (parent.locators.length > 8) throw new Error('an image has room for eight parent locators');
  const encoded = parent.locators.map(({ platform, path }) => ({
    platform,
    bytes: encodeLocator(platform, path),
  }));
  const room = encoded.map(({ bytes }) => Math.max(SECTOR_BYTES, alignUp(bytes.length, SECTOR_BYTES)));
  const data = new Uint8Array(room.reduce((sum, bytes) => sum + bytes, 0));
  let at = 0;
  const parentLocators = encoded.map(({ platform, bytes }, index) => {
    data.set(bytes, at);
    // The specification counts this space in sectors, but Windows writes bytes, and readers expect that.
    const entry = {
      platformCode: platform,
      platformDataSpace: room[index]!,
      platformDataLength: bytes.length,
      platformDataOffset: dataOffset + at,
    };
    at += room[index]!;
    return entry;
  });
  return {
    fields: {
      parentUniqueId: id,
      parentTimeStamp: parent.timeStamp,
      parentUnicodeName: encodeUtf16(parent.name.slice(0, NAME_UNITS - 1), false),
      parentLocators,
    },
    data,
  };
}

function encodeLocator(platform: ParentLocator['platform'], path: string): Uint8Array {
  return platform === 'MacX' ? new TextEncoder().encode(path) : encodeUtf16(path, true);
}

function decodeLocator(platform: ParentLocator['platform'], data: Uint8Array): string {
  return cutAtNul(new TextDecoder(platform === 'MacX' ? 'utf-8' : 'utf-16le').decode(data));
}

function encodeUtf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = viewOf(bytes);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), littleEndian);
  return bytes;
}

function cutAtNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
