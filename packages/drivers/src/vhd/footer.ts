/** The footer: made, checked and found. "Virtual Hard Disk Image Format Specification", Hard Disk Footer Format. */

import { BlockError } from '../block/block-device.ts';
import { viewOf } from '../image/damage.ts';
import type { ByteStore } from '../store/byte-store.ts';
import { chsGeometry } from './chs-geometry.ts';
import { corrupt, readPart } from './corrupt.ts';
import {
  DiskType,
  FEATURE_RESERVED,
  FOOTER_COOKIE,
  FORMAT_VERSION,
  MAX_SIZE_BYTES,
  NO_DATA_OFFSET,
  SECTOR_BYTES,
  VhdFooter,
  vhdChecksum,
} from './layout.ts';

/** What makes one new image's footer different from another's. */
export interface FooterFields {
  readonly sizeBytes: number;
  readonly diskType: number;
  readonly timeStamp: number;
  readonly uniqueId: Uint8Array;
}

// QEMU takes the size from the geometry, which is rounded down, unless it knows the creator as one that means the size
// field. Of the names it knows this is Hyper-V's own; Hyper-V itself always means the size field.
const CREATOR_APPLICATION = 'win ';
const CREATOR_VERSION = 0x000a_0000;
const CREATOR_HOST_OS_WINDOWS = 0x5769_326b; // "Wi2k"

/** The 512 bytes of a new footer. */
export function makeFooter(fields: FooterFields): Uint8Array<ArrayBuffer> {
  const bytes = VhdFooter.bytes({
    cookie: FOOTER_COOKIE,
    features: FEATURE_RESERVED,
    fileFormatVersion: FORMAT_VERSION,
    dataOffset: fields.diskType === DiskType.FIXED ? NO_DATA_OFFSET : BigInt(SECTOR_BYTES),
    timeStamp: fields.timeStamp,
    creatorApplication: CREATOR_APPLICATION,
    creatorVersion: CREATOR_VERSION,
    creatorHostOs: CREATOR_HOST_OS_WINDOWS,
    originalSize: fields.sizeBytes,
    currentSize: fields.sizeBytes,
    ...chsGeometry(fields.sizeBytes / SECTOR_BYTES),
    diskType: fields.diskType,
    uniqueId: fields.uniqueId,
  });
  const { checksum } = VhdFooter.offsets;
  viewOf(bytes).setUint32(checksum, vhdChecksum(bytes, checksum), false);
  return bytes;
}

/** Checks a footer that was read from `at`. Throws 'corrupt'. */
export function checkFooter(bytes: Uint8Array, at: number): VhdFooter {
  const footer = VhdFooter.read(viewOf(bytes));
  const wrong = (reason: string, field: keyof typeof VhdFooter.offsets): BlockError =>
    corrupt(`footer: ${reason}`, at + VhdFooter.offsets[field]);
  if (footer.cookie !== FOOTER_COOKIE) throw wrong('no cookie', 'cookie');
  const sum = vhdChecksum(bytes, VhdFooter.offsets.checksum);
  if (footer.checksum !== sum) {
    throw wrong(
      `checksum 0x${footer.checksum.toString(16)}, its bytes give 0x${sum.toString(16)}`,
      'checksum',
    );
  }
  if (footer.fileFormatVersion >>> 16 !== FORMAT_VERSION >>> 16) {
    throw wrong(`unknown version 0x${footer.fileFormatVersion.toString(16)}`, 'fileFormatVersion');
  }
  if (!Object.values<number>(DiskType).includes(footer.diskType)) {
    throw wrong(`unknown disk type ${footer.diskType}`, 'diskType');
  }
  const size = footer.currentSize;
  if (size === 0 || size > MAX_SIZE_BYTES || size % SECTOR_BYTES !== 0) {
    throw wrong(`a size of ${size} bytes is impossible`, 'currentSize');
  }
  return footer;
}

/** The footer that an image is opened with. */
export interface FoundFooter {
  readonly footer: VhdFooter;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where it was, or where it belongs if `recovered`. */
  readonly offset: number;
  /** The footer at the end is missing or damaged; this is the copy from the start of the image. */
  readonly recovered: boolean;
}

/**
 * Finds the footer in the last sector, or the copy in the first one. Throws 'corrupt' with what is wrong with the last
 * sector when neither will do.
 */
export async function findFooter(store: ByteStore): Promise<FoundFooter> {
  if (store.sizeBytes < SECTOR_BYTES) throw corrupt(`no footer in ${store.sizeBytes} bytes`, 0);
  const { bytes, offset } = await lastSector(store);
  try {
    return { footer: checkFooter(bytes, offset), bytes, offset, recovered: false };
  } catch (error) {
    const copy = await readPart(store, 0, SECTOR_BYTES, 'footer copy');
    const footer = usable(copy);
    if (footer === undefined) throw error;
    const end = Math.ceil(store.sizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
    return { footer, bytes: copy, offset: end, recovered: true };
  }
}

/** The last sector; one byte shorter where Virtual PC before 2004 left off the final reserved byte. */
async function lastSector(store: ByteStore): Promise<{ bytes: Uint8Array<ArrayBuffer>; offset: number }> {
  const offset = store.sizeBytes - SECTOR_BYTES;
  const bytes = await readPart(store, offset, SECTOR_BYTES, 'footer');
  if (VhdFooter.read(viewOf(bytes)).cookie === FOOTER_COOKIE || !startsWithCookie(bytes.subarray(1))) {
    return { bytes, offset };
  }
  const short = new Uint8Array(SECTOR_BYTES);
  short.set(bytes.subarray(1));
  return { bytes: short, offset: offset + 1 };
}

/** The copy in the first sector, if it is good. A fixed image has none: there it would be the guest's own data. */
function usable(copy: Uint8Array): VhdFooter | undefined {
  try {
    const footer = checkFooter(copy, 0);
    return footer.diskType === DiskType.FIXED ? undefined : footer;
  } catch (error) {
    if (error instanceof BlockError) return undefined;
    throw error;
  }
}

/** Whether a footer may start here. */
export function startsWithCookie(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, FOOTER_COOKIE.length)) === FOOTER_COOKIE;
}
