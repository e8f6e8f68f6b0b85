import { describe, expect, it } from 'vitest';
import { BlockError, type Buffers } from '../block/block-device.ts';
import { Coalesced } from '../block/coalesced.ts';
import { MemoryDisk } from '../block/memory-disk.ts';
import type { ParentDisk } from '../image/parent.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { createVhd } from './create-vhd.ts';
import { openVhd } from './open-vhd.ts';
import type { VhdDisk, VhdType } from './vhd-disk.ts';

const BLOCK = 4096;
const PARENT_ID = '00000000-0000-0000-0000-000000000001';

/** A store whose writes can be made to fail, as a full disk's do. */
class FillingStore extends MemoryStore {
  full: (offset: number, length: number) => boolean = () => false;

  override write(offset: number, from: Buffers): void {
    // The base class writes from its constructor, before the field is there.
    if (this.full?.(offset, from[0]?.length ?? 0)) throw new BlockError('no-space', 'full', { offset });
    super.write(offset, from);
  }
}

function parentOf(sizeBytes: number): ParentDisk {
  return Object.assign(new MemoryDisk(new Uint8Array(sizeBytes).fill(5), { readOnly: true }), {
    uniqueId: PARENT_ID,
  });
}

async function make(type: VhdType, blocks: number, parentBytes = blocks * BLOCK) {
  const store = new FillingStore();
  const parent = { uniqueId: PARENT_ID, timeStamp: 0, name: 'p.vhd', locators: [] };
  await createVhd(store, {
    type,
    sizeBytes: blocks * BLOCK,
    blockBytes: BLOCK,
    ...(type === 'differencing' ? { parent } : {}),
  });
  const open = (bytes = store): Promise<VhdDisk> =>
    openVhd(bytes, { openParent: async () => parentOf(parentBytes) });
  return { store, disk: await open(), open };
}

const sector = (value: number): Uint8Array => new Uint8Array(512).fill(value);

async function firstByte(disk: VhdDisk, offset: number): Promise<number> {
  const bytes = new Uint8Array(512);
  await disk.read(offset, [bytes]);
  return bytes[0]!;
}

describe('a dynamic or differencing VHD', () => {
  it('takes space only for the blocks that are written', async () => {
    const { disk, store } = await make('dynamic', 1000);
    const empty = store.sizeBytes;
    await disk.write(500 * BLOCK, [sector(1)]);
    expect(disk.inspect()).toMatchObject({ type: 'dynamic', allocatedBytes: BLOCK, pendingChanges: 1 });
    expect(store.sizeBytes - empty).toBeLessThan(3 * BLOCK);
    await disk.flush();
    expect(disk.inspect()).toMatchObject({ pendingChanges: 0 });
  });

  it('keeps its data on pages of the host', async () => {
    const { disk, store } = await make('dynamic', 16);
    for (const block of [3, 9]) await disk.write(block * BLOCK, [sector(block)]);
    const bytes = store.toBytes();
    const places = [3, 9].map((block) =>
      bytes.findIndex((b, at) => b === block && bytes[at + 511] === block),
    );
    expect(places.map((at) => at % 4096)).toEqual([0, 0]);
  });

  it('places a block once for requests that come together', async () => {
    const { disk } = await make('dynamic', 16);
    const writes = [0, 512, 1024, 1536].map((at) => disk.write(BLOCK + at, [sector(at / 512 + 1)]));
    await Promise.all(writes);
    expect(disk.inspect()).toMatchObject({ allocatedBytes: BLOCK });
    expect(await firstByte(disk, BLOCK + 1536)).toBe(4);
  });

  it.each(['dynamic', 'differencing'] as const)('%s: writes down many changes unasked', async (type) => {
    const { disk, store, open } = await make(type, 400);
    for (let block = 0; block < 300; block++) await disk.write(block * BLOCK, [sector(7)]);
    const reopened = await open(new FillingStore(store.toBytes()));
    expect(reopened.inspect().allocatedBytes).toBeGreaterThan(200 * BLOCK);
    await disk.close();
  });

  it('reads its parent where it has nothing, and zeros behind a shorter parent', async () => {
    const { disk } = await make('differencing', 4, BLOCK + 1024);
    await disk.write(BLOCK, [sector(9)]);
    const bytes = new Uint8Array(4 * BLOCK);
    await disk.read(0, [bytes]);
    expect([0, BLOCK, BLOCK + 512, BLOCK + 1024, 3 * BLOCK].map((at) => bytes[at])).toEqual([5, 9, 5, 0, 0]);
  });

  it('with more bitmaps than are kept in memory forgets none', async () => {
    const { disk } = await make('differencing', 4600);
    for (let block = 0; block < 4600; block++) await disk.write(block * BLOCK, [sector(8)]);
    await disk.flush();
    for (let block = 0; block < 4600; block += 3) await disk.write(block * BLOCK + 512, [sector(6)]);
    for (let block = 0; block < 4600; block += 97) {
      expect(await firstByte(disk, block * BLOCK)).toBe(8);
      expect(await firstByte(disk, block * BLOCK + 512)).toBe(block % 3 === 0 ? 6 : 5);
      expect(await firstByte(disk, block * BLOCK + 1024)).toBe(5);
    }
    await disk.close();
  });

  it.each([
    ['footer', (length: number) => length === 512],
    ['data', (length: number) => length === 1024],
  ])('survives a full disk (%s), and goes on when there is room again', async (_, hits) => {
    const { disk, store, open } = await make('dynamic', 16);
    await disk.write(0, [sector(1), sector(1)]);
    await disk.flush();
    store.full = (_at, length) => hits(length);
    await expect((async () => disk.write(2 * BLOCK, [new Uint8Array(1024).fill(2)]))()).rejects.toMatchObject(
      {
        kind: 'no-space',
      },
    );
    const asIs = await open(new FillingStore(store.toBytes()));
    expect([asIs.recovered, await firstByte(asIs, 0), await firstByte(asIs, 2 * BLOCK)]).toEqual([
      false,
      1,
      0,
    ]);
    store.full = () => false;
    await disk.write(2 * BLOCK, [new Uint8Array(1024).fill(2)]);
    await disk.close();
    expect(await firstByte(await open(new FillingStore(store.toBytes())), 2 * BLOCK)).toBe(2);
  });

  it('keeps changes pending when they cannot be written down, and reports it', async () => {
    const { disk, store, open } = await make('differencing', 16);
    await disk.write(BLOCK, [sector(1)]);
    store.full = () => true;
    await expect(disk.flush()).rejects.toMatchObject({ kind: 'no-space' });
    expect(disk.inspect()).toMatchObject({ pendingChanges: 2, errors: 1 });
    store.full = () => false;
    await disk.flush();
    expect(await firstByte(await open(new FillingStore(store.toBytes())), BLOCK)).toBe(1);
  });

  it('refuses impossible sizes when it is made', async () => {
    for (const sizeBytes of [0, 100, 513, Number.NaN, 2 ** 41]) {
      const made = createVhd(new MemoryStore(), { type: 'dynamic', sizeBytes });
      await expect(made).rejects.toMatchObject({ kind: 'out-of-range' });
    }
    for (const blockBytes of [512, 5000, 2 ** 29]) {
      const made = createVhd(new MemoryStore(), { type: 'dynamic', sizeBytes: 512, blockBytes });
      await expect(made).rejects.toMatchObject({ kind: 'out-of-range' });
    }
  });
});

describe('Coalesced', () => {
  it('runs once for all who ask while it is busy, and never twice at a time', async () => {
    let runs = 0;
    let busy = false;
    const work = new Coalesced(async () => {
      expect(busy).toBe(false);
      busy = true;
      runs += 1;
      for (let step = 0; step < 5; step++) await undefined;
      busy = false;
      if (runs === 2) throw new Error('second');
    });
    const first = work.run();
    const second = [work.run(), work.run(), work.run()];
    await first;
    await expect(Promise.allSettled(second)).resolves.toEqual(
      second.map(() => ({ status: 'rejected', reason: new Error('second') })),
    );
    expect(runs).toBe(2);
    await work.run();
    expect(runs).toBe(3);
  });
});
