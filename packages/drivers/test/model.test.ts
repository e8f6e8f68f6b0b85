/** Every device against a model: random requests, many in flight, then closed and opened again. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BlockDevice,
  createVhd,
  MemoryDisk,
  MemoryStore,
  OverlayDisk,
  openVhd,
  RawDisk,
  type VhdType,
} from '../src/index.ts';
import { createVhdFile, FileStore, openImage } from '../src/node/index.ts';
import { batchesFor, DiskModel, type Request, readAll } from './support/model.ts';
import { SlowStore } from './support/slow-store.ts';

const BLOCK = 512;
const BLOCKS = 60;
const SIZE = BLOCK * BLOCKS;

interface Subject {
  readonly device: BlockDevice;
  /** The same disk by another device, after the first one was closed. */
  readonly reopen?: () => Promise<BlockDevice>;
  /** What every block holds at first. */
  readonly stamp?: number;
}

async function check(subject: Subject, batches: readonly Request[][]): Promise<void> {
  const model = new DiskModel(BLOCKS, BLOCK, subject.stamp ?? 0);
  for (const batch of batches) await model.run(subject.device, batch);
  await subject.device.close();
  if (subject.reopen === undefined) return;
  const again = await subject.reopen();
  model.expectEqual(await readAll(again));
  await again.close();
}

function property(make: (seed: number) => Promise<Subject>, numRuns = 40) {
  return fc.assert(
    fc.asyncProperty(batchesFor(BLOCKS), fc.nat(), async (batches, seed) => check(await make(seed), batches)),
    { numRuns },
  );
}

const PARENT_STAMP = 0x5050_5050;
const PARENT_ID = '11111111-2222-3333-4444-555555555555';

async function parentDisk(): Promise<BlockDevice & { uniqueId: string }> {
  return Object.assign(new MemoryDisk(new Uint8Array(SIZE).fill(0x50), { readOnly: true }), {
    uniqueId: PARENT_ID,
  });
}

async function vhdBytes(type: VhdType): Promise<Uint8Array> {
  const store = new MemoryStore();
  const parent = { uniqueId: PARENT_ID, timeStamp: 0, name: 'parent.vhd', locators: [] };
  await createVhd(store, {
    type,
    sizeBytes: SIZE,
    blockBytes: 4096,
    ...(type === 'differencing' ? { parent } : {}),
  });
  return store.toBytes();
}

describe('against a model', () => {
  it('MemoryDisk', () => property(async () => ({ device: new MemoryDisk(SIZE) })));

  it('RawDisk over a store that completes out of order', () =>
    property(async (seed) => {
      const store = new SlowStore(new Uint8Array(SIZE), seed);
      return {
        device: new RawDisk(store),
        reopen: async () => new RawDisk(new MemoryStore(store.afterKill())),
      };
    }));

  it('OverlayDisk in memory', () =>
    property(async () => ({
      device: new OverlayDisk(await parentDisk(), { granuleBytes: 2048 }),
      stamp: PARENT_STAMP,
    })));

  it('OverlayDisk over a slow base, into a slow delta, with a cut last granule', () =>
    property(async (seed) => {
      const base = new RawDisk(new SlowStore(new Uint8Array(SIZE).fill(0x50), seed));
      const delta = new SlowStore(undefined, seed + 1);
      return {
        device: new OverlayDisk(base, { granuleBytes: 8192, delta }),
        stamp: PARENT_STAMP,
      };
    }));

  it.each<VhdType>(['fixed', 'dynamic', 'differencing'])('VHD, %s', async (type) => {
    const image = await vhdBytes(type);
    await property(async (seed) => {
      const store = new SlowStore(image, seed);
      return {
        device: await openVhd(store, { openParent: parentDisk }),
        reopen: () => openVhd(new MemoryStore(store.afterKill()), { openParent: parentDisk }),
        stamp: type === 'differencing' ? PARENT_STAMP : 0,
      };
    });
  });
});

describe('after a power cut', () => {
  it.each<VhdType>(['dynamic', 'differencing'])('a %s VHD opens and holds what was flushed', async (type) => {
    const image = await vhdBytes(type);
    await fc.assert(
      fc.asyncProperty(batchesFor(BLOCKS), fc.nat(), async (batches, seed) => {
        const store = new SlowStore(image, seed);
        const device = await openVhd(store, { openParent: parentDisk });
        const model = new DiskModel(BLOCKS, BLOCK, type === 'differencing' ? PARENT_STAMP : 0);
        // Cuts while requests are in flight and while a flush is under way, wherever they have got to.
        const cuts: Uint8Array[] = [];
        const cutDuring = async (work: void | Promise<void>, steps: number): Promise<void> => {
          for (let step = 0; step < steps; step++) await undefined;
          cuts.push(store.afterPowerCut());
          await work;
        };
        for (const [index, batch] of batches.entries()) {
          await cutDuring(model.run(device, batch), (seed + index * 7) % 50);
          await cutDuring(device.flush(), (seed + index * 5) % 70);
          for (const image of cuts) {
            const left = await openVhd(new MemoryStore(image), { openParent: parentDisk });
            const content = await readAll(left);
            model.expectSurvived(content);
            await goOn(left, content);
          }
          cuts.length = 0;
          model.flushed();
        }
      }),
      { numRuns: 20 },
    );
  });
});

/** Whatever the cut left behind at the end of the image must not show through in blocks that are placed later. */
async function goOn(device: BlockDevice, content: Uint8Array): Promise<void> {
  for (let offset = 0; offset < SIZE; offset += 4096) {
    content.fill(0x77, offset, offset + BLOCK);
    await device.write(offset, [content.subarray(offset, offset + BLOCK)]);
  }
  expect(await readAll(device)).toEqual(content);
}

describe('on real files', () => {
  let folder = '';
  let count = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'viridian-model-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  // Overlapping requests in flight together may be torn by the system's own copying, so one at a time here.
  const alone = (batches: Request[][]): Request[][] => batches.flat().map((request) => [request]);

  it('a raw file', () =>
    fc.assert(
      fc.asyncProperty(batchesFor(BLOCKS), async (batches) => {
        const path = join(folder, `${count++}.img`);
        const store = await FileStore.open(path, { create: true });
        await store.resize(SIZE);
        await check({ device: new RawDisk(store), reopen: () => openImage(path) }, alone(batches));
      }),
      { numRuns: 8 },
    ));

  it('a chain of a dynamic and two differencing VHD files', () =>
    fc.assert(
      fc.asyncProperty(batchesFor(BLOCKS), async (batches) => {
        const path = (name: string): string => join(folder, `${count}-${name}.vhd`);
        count += 1;
        await createVhdFile(path('a'), { type: 'dynamic', sizeBytes: SIZE, blockBytes: 4096 });
        const model = new DiskModel(BLOCKS, BLOCK);
        let below = path('a');
        for (const name of ['b', 'c']) {
          const device = await openImage(below);
          for (const batch of alone(batches.slice(0, 3))) await model.run(device, batch);
          await device.close();
          await createVhdFile(path(name), { type: 'differencing', parentPath: below, blockBytes: 8192 });
          below = path(name);
        }
        const top = await openImage(below);
        for (const batch of alone(batches)) await model.run(top, batch);
        await top.close();
        const again = await openImage(below, { readOnly: true });
        model.expectEqual(await readAll(again));
        expect(again.inspect()).toMatchObject({ type: 'differencing', parent: expect.anything() });
        await again.close();
      }),
      { numRuns: 6 },
    ));
});
