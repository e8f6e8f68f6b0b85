/** How a differencing VHDX names its parent: keys and values in UTF-16. [MS-VHDX], Parent Locator. */

import { parseGuid } from '@viridian/wire';
import { viewOf } from '../image/damage.ts';
import type { ParentLocator, ParentReference } from '../image/parent.ts';
import { corrupt } from './corrupt.ts';
import { ParentLocatorEntry, ParentLocatorHeader, VHDX_PARENT_LOCATOR_TYPE } from './layout.ts';

/** Keys of paths, in the order in which a reader is to try them. */
const PATH_KEYS = [
  ['relative_path', 'W2ru'],
  ['volume_path', 'W2ku'],
  ['absolute_win32_path', 'W2ku'],
] as const;

/** The reference in the item. Throws 'corrupt'. `itemOffset` is its place in the image. */
export function readParentLocator(bytes: Uint8Array, itemOffset: number): ParentReference {
  const pairs = readPairs(bytes, itemOffset);
  const linkage = pairs.get('parent_linkage');
  if (linkage === undefined) throw corrupt('parent locator: no parent_linkage', itemOffset);
  const locators: ParentLocator[] = [];
  for (const [key, platform] of PATH_KEYS) {
    const path = pairs.get(key);
    if (path !== undefined) locators.push({ platform, path });
  }
  const name = locators[0]?.path.split(/[\\/]/).at(-1) ?? '';
  return { uniqueId: linkageGuid(linkage, itemOffset), timeStamp: 0, name, locators };
}

function linkageGuid(text: string, at: number): string {
  try {
    parseGuid(text);
  } catch (error) {
    throw corrupt(`parent locator: ${(error as Error).message}`, at);
  }
  return text.replace(/[{}]/g, '').toLowerCase();
}

function readPairs(bytes: Uint8Array, itemOffset: number): Map<string, string> {
  const view = viewOf(bytes);
  if (bytes.length < ParentLocatorHeader.size) {
    throw corrupt(`parent locator of ${bytes.length} bytes`, itemOffset);
  }
  const { locatorType, keyValueCount } = ParentLocatorHeader.read(view);
  if (locatorType !== VHDX_PARENT_LOCATOR_TYPE) {
    throw corrupt(`parent locator: unknown type ${locatorType}`, itemOffset);
  }
  if (ParentLocatorHeader.size + keyValueCount * ParentLocatorEntry.size > bytes.length) {
    throw corrupt(`parent locator: ${keyValueCount} pairs in ${bytes.length} bytes`, itemOffset);
  }
  const pairs = new Map<string, string>();
  const text = (at: number, length: number): string => {
    if (length > bytes.length - at) throw corrupt('parent locator: a text ends outside', itemOffset);
    return new TextDecoder('utf-16le').decode(bytes.subarray(at, at + length));
  };
  for (let index = 0; index < keyValueCount; index++) {
    const at = ParentLocatorHeader.size + index * ParentLocatorEntry.size;
    const entry = ParentLocatorEntry.read(view, at);
    pairs.set(text(entry.keyOffset, entry.keyLength), text(entry.valueOffset, entry.valueLength));
  }
  return pairs;
}

/** The item for a new image. File URLs have no key in this format and are left out. */
export function parentLocatorBytes(parent: ParentReference): Uint8Array<ArrayBuffer> {
  const pairs: [string, string][] = [['parent_linkage', `{${parent.uniqueId}}`]];
  const pathOf = (platform: ParentLocator['platform']): string | undefined =>
    parent.locators.find((locator) => locator.platform === platform)?.path;
  const relative = pathOf('W2ru') ?? (parent.name === '' ? undefined : `.\\${parent.name}`);
  const absolute = pathOf('W2ku');
  if (relative !== undefined) pairs.push(['relative_path', relative]);
  if (absolute !== undefined) pairs.push(['absolute_win32_path', absolute]);
  const textBytes = pairs.flat().reduce((sum, text) => sum + text.length * 2, 0);
  const tableBytes = ParentLocatorHeader.size + pairs.length * ParentLocatorEntry.size;
  const bytes = new Uint8Array(tableBytes + textBytes);
  const view = viewOf(bytes);
  ParentLocatorHeader.write(view, 0, {
    locatorType: VHDX_PARENT_LOCATOR_TYPE,
    keyValueCount: pairs.length,
  });
  let end = tableBytes;
  const put = (text: string): number => {
    const at = end;
    for (let i = 0; i < text.length; i++) view.setUint16(at + i * 2, text.charCodeAt(i), true);
    end += text.length * 2;
    return at;
  };
  for (const [index, [key, value]] of pairs.entries()) {
    ParentLocatorEntry.write(view, ParentLocatorHeader.size + index * ParentLocatorEntry.size, {
      keyOffset: put(key),
      valueOffset: put(value),
      keyLength: key.length * 2,
      valueLength: value.length * 2,
    });
  }
  return bytes;
}
