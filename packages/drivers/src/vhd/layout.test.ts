import { describe, expect, it } from 'vitest';
import { BlockError } from '../block/block-device.ts';
import { chsGeometry } from './chs-geometry.ts';
import { checkFooter, makeFooter } from './footer.ts';
import {
  bitmapBytesOf,
  DiskType,
  formatUniqueId,
  ParentLocatorEntry,
  parseUniqueId,
  VhdDynamicHeader,
  VhdFooter,
  vhdTimeStamp,
} from './layout.ts';

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

describe('the layout of a VHD', () => {
  // "Virtual Hard Disk Image Format Specification", tables of the footer and of the dynamic disk header.
  it('has its fields where the specification puts them', () => {
    expect(VhdFooter.offsets).toMatchObject({
      cookie: 0,
      features: 8,
      fileFormatVersion: 12,
      dataOffset: 16,
      timeStamp: 24,
      creatorApplication: 28,
      creatorVersion: 32,
      creatorHostOs: 36,
      originalSize: 40,
      currentSize: 48,
      cylinders: 56,
      diskType: 60,
      checksum: 64,
      uniqueId: 68,
      savedState: 84,
    });
    expect(VhdDynamicHeader.offsets).toMatchObject({
      cookie: 0,
      dataOffset: 8,
      tableOffset: 16,
      headerVersion: 24,
      maxTableEntries: 28,
      blockSize: 32,
      checksum: 36,
      parentUniqueId: 40,
      parentTimeStamp: 56,
      parentUnicodeName: 64,
      parentLocators: 576,
    });
    expect(ParentLocatorEntry.offsets).toMatchObject({
      platformDataSpace: 4,
      platformDataLength: 8,
      platformDataOffset: 16,
    });
  });

  it('makes this footer of a fixed disk of 10,514,432 bytes', () => {
    const footer = makeFooter({
      sizeBytes: 10_514_432,
      diskType: DiskType.FIXED,
      timeStamp: 0x2b00_0001,
      uniqueId: parseUniqueId('00112233-4455-6677-8899-aabbccddeeff'),
    });
    // Sizes, geometry and offsets as in an image of the same size by qemu-img 7.2; the names are ours.
    expect(hex(footer.subarray(0, 85))).toBe(
      '636f6e6563746978' + // conectix
        '00000002' +
        '00010000' +
        'ffffffffffffffff' +
        '2b000001' +
        '77696e20' + // "win "
        '000a0000' +
        '5769326b' + // "Wi2k"
        '0000000000a07000' +
        '0000000000a07000' +
        '012e0411' + // 302 cylinders, 4 heads, 17 sectors
        '00000002' +
        'ffffe748' +
        '00112233445566778899aabbccddeeff' +
        '00',
    );
    expect(footer.subarray(85).every((byte) => byte === 0)).toBe(true);
    expect(checkFooter(footer, 0)).toMatchObject({ currentSize: 10_514_432, diskType: 2 });
  });

  it('notices every changed byte of a footer', () => {
    const footer = makeFooter({ sizeBytes: 512, diskType: 3, timeStamp: 0, uniqueId: new Uint8Array(16) });
    for (let at = 0; at < 512; at++) {
      const changed = footer.slice();
      changed[at]! ^= 0x10;
      expect(() => checkFooter(changed, 0)).toThrow(BlockError);
    }
  });

  it('counts time from 2000 and never before', () => {
    expect(vhdTimeStamp(Date.UTC(2000, 0, 1, 0, 0, 5))).toBe(5);
    expect(vhdTimeStamp(0)).toBe(0);
  });

  it('writes unique ids in the order of their bytes', () => {
    const id = '01234567-89ab-cdef-0123-456789abcdef';
    expect(formatUniqueId(parseUniqueId(id))).toBe(id);
    expect(() => parseUniqueId('0123')).toThrow(/no unique id/);
  });

  it('rounds sector bitmaps to sectors', () => {
    expect([4096, 2 ** 21, 2 ** 22].map(bitmapBytesOf)).toEqual([512, 512, 1024]);
  });
});

describe('the geometry', () => {
  // Both sides of every step of the algorithm; the exchange with QEMU compares more.
  it.each([
    [1, 0, 4, 17],
    [4 * 1024 * 17 - 1, 1023, 4, 17],
    [16 * 1023 * 17 + 17, 1023, 16, 17],
    [16 * 1024 * 17, 561, 16, 31],
    [16 * 1024 * 31, 503, 16, 63],
    [65535 * 16 * 63, 16191, 16, 255],
    [65535 * 16 * 255 + 1, 65535, 16, 255],
    [2 ** 32, 65535, 16, 255],
  ])('of %d sectors', (sectors, cylinders, heads, sectorsPerTrack) => {
    expect(chsGeometry(sectors)).toEqual({ cylinders, heads, sectorsPerTrack });
    expect(cylinders * heads * sectorsPerTrack).toBeLessThanOrEqual(sectors);
  });
});
