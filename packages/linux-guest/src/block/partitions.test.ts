import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlockReader, scanPartitions } from './partitions.ts';

function diskOf(image: Uint8Array, blockBytes = 512): BlockReader {
  return {
    blockBytes,
    blockCount: image.byteLength / blockBytes,
    readBlocks: async (lba, count) => {
      expect(lba + count).toBeLessThanOrEqual(image.byteLength / blockBytes);
      return image.slice(lba * blockBytes, (lba + count) * blockBytes);
    },
  };
}

function mbr(entries: readonly [type: number, firstLba: number, blocks: number][]): Uint8Array {
  const image = new Uint8Array(512 * 128);
  const view = new DataView(image.buffer);
  entries.forEach(([type, firstLba, blocks], index) => {
    view.setUint8(446 + index * 16 + 4, type);
    view.setUint32(446 + index * 16 + 8, firstLba, true);
    view.setUint32(446 + index * 16 + 12, blocks, true);
  });
  view.setUint16(510, 0xaa55, true);
  return image;
}

function gpt(first: bigint, last: bigint): Uint8Array {
  const image = mbr([[0xee, 1, 127]]);
  const view = new DataView(image.buffer);
  image.set(new TextEncoder().encode('EFI PART'), 512);
  view.setBigUint64(512 + 72, 2n, true);
  view.setUint32(512 + 80, 128, true);
  view.setUint32(512 + 84, 128, true);
  image.set(
    [0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4],
    1024,
  );
  view.setBigUint64(1024 + 32, first, true);
  view.setBigUint64(1024 + 40, last, true);
  image.set(new TextEncoder().encode('r\0o\0o\0t\0'), 1024 + 56);
  return image;
}

describe('scanPartitions', () => {
  it('reads a master boot record and leaves out what lies outside the disk', async () => {
    const image = mbr([
      [0x83, 2, 100],
      [0, 5, 5],
      [0x07, 120, 20],
      [0x0c, 102, 26],
    ]);
    expect(await scanPartitions(diskOf(image))).toEqual([
      { number: 1, firstLba: 2, blocks: 100, type: '0x83', name: '' },
      { number: 4, firstLba: 102, blocks: 26, type: '0x0c', name: '' },
    ]);
  });

  it('reads a GUID partition table', async () => {
    expect(await scanPartitions(diskOf(gpt(40n, 99n)))).toEqual([
      { number: 1, firstLba: 40, blocks: 60, type: '0fc63daf-8483-4772-8e79-3d69d8477de4', name: 'root' },
    ]);
  });

  it('finds nothing where a GPT entry runs backwards, past the end or past 2^53', async () => {
    for (const [first, last] of [
      [60n, 50n],
      [60n, 128n],
      [0n, 9n],
      [1n << 60n, (1n << 60n) + 5n],
    ] as const) {
      expect(await scanPartitions(diskOf(gpt(first, last)))).toEqual([]);
    }
  });

  it('finds nothing on a disk without a table, and on a tiny one', async () => {
    expect(await scanPartitions(diskOf(new Uint8Array(512 * 64)))).toEqual([]);
    expect(await scanPartitions(diskOf(new Uint8Array(512)))).toEqual([]);
  });

  it('stands any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 200, maxLength: 200 }),
        fc.boolean(),
        async (noise, isGpt) => {
          const image = isGpt ? gpt(40n, 99n) : mbr([[0x83, 1, 1]]);
          image.set(noise, isGpt ? 520 : 310);
          image.set([0x55, 0xaa], 510);
          for (const partition of await scanPartitions(diskOf(image))) {
            expect(partition.firstLba + partition.blocks).toBeLessThanOrEqual(128);
          }
        },
      ),
    );
  });
});
