/** VHDX against a model: random requests, many in flight, closed and opened again, killed, and cut off from power. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BlockDevice,
  createVhdx,
  MemoryDisk,
  MemoryStore,
  openVhdx,
  type ParentDisk,
  type VhdxType,
} from '../src/index.ts';
import { batchesFor, DiskModel, readAll } from './support/model.ts';
import { SlowStore } from './support/slow-store.ts';
import { windowed } from './support/windowed-device.ts';

const MiB = 2 ** 20;
const BLOCKS = 60;
const PARENT_STAMP = 0x5050_5050;
const PARENT_ID = '11111111-2222-3333-4444-555555555555';
// A page of the bitmap speaks of 16 MiB: one disk is so large that a window crosses it.
const PARENT = new Uint8Array(17 * MiB).fill(0x50);

interface Kind {
  readonly type: VhdxType;
  readonly sectorBytes: number;
  readonly mebibytes: number;
}
const KINDS: readonly Kind[] = [
  { type: 'fixed', sectorBytes: 512, mebibytes: 5 },
  { type: 'dynamic', sectorBytes: 4096, mebibytes: 5 },
  { type: 'differencing', sectorBytes: 512, mebibytes: 18 },
  { type: 'differencing', sectorBytes: 4096, mebibytes: 5 },
];

function windows({ sectorBytes, mebibytes }: Kind) {
  const length = 20 * sectorBytes;
  return [MiB, 2 * MiB, (mebibytes > 16 ? 16 : 3) * MiB].map((middle) => ({
    at: middle - 10 * sectorBytes,
    length,
  }));
}

async function parentDisk({ sectorBytes, mebibytes }: Kind): Promise<ParentDisk> {
  // Shorter than the image that stands on it.
  const disk = new MemoryDisk(PARENT.subarray(0, (mebibytes - 1) * MiB), {
    readOnly: true,
    logicalBlockBytes: sectorBytes,
  });
  return Object.assign(disk, { uniqueId: PARENT_ID });
}

async function image(kind: Kind): Promise<Uint8Array<ArrayBuffer>> {
  const store = new MemoryStore();
  const parent = { uniqueId: PARENT_ID, timeStamp: 0, name: 'parent.vhdx', locators: [] };
  await createVhdx(store, {
    type: kind.type,
    sizeBytes: kind.mebibytes * MiB,
    blockBytes: MiB,
    logicalBlockBytes: kind.sectorBytes,
    ...(kind.type === 'differencing' ? { parent } : {}),
  });
  return store.toBytes();
}

const stampOf = (kind: Kind): number => (kind.type === 'differencing' ? PARENT_STAMP : 0);

async function open(kind: Kind, store: SlowStore | MemoryStore, readOnly = false): Promise<BlockDevice> {
  const parent = await parentDisk(kind);
  return windowed(await openVhdx(store, { readOnly, openParent: async () => parent }), windows(kind));
}

describe.each(KINDS)('$type VHDX with sectors of $sectorBytes bytes', (kind) => {
  it('does as a model does, and opens again after it was closed', async () => {
    const empty = await image(kind);
    await fc.assert(
      fc.asyncProperty(batchesFor(BLOCKS), fc.nat(), async (batches, seed) => {
        const store = new SlowStore(empty, seed);
        const device = await open(kind, store);
        const model = new DiskModel(BLOCKS, kind.sectorBytes, stampOf(kind));
        for (const batch of batches) await model.run(device, batch);
        await device.close();
        const again = await openVhdx(new MemoryStore(store.afterKill()), {
          openParent: () => parentDisk(kind),
        });
        expect(again.recovered).toBe(false);
        model.expectEqual(await readAll(windowed(again, windows(kind))));
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });

  it('after a power cut opens and holds what was flushed', async () => {
    const empty = await image(kind);
    await fc.assert(
      fc.asyncProperty(batchesFor(BLOCKS), fc.nat(), async (batches, seed) => {
        const store = new SlowStore(empty, seed);
        const device = await open(kind, store);
        const model = new DiskModel(BLOCKS, kind.sectorBytes, stampOf(kind));
        const cutDuring = async (work: void | Promise<void>, steps: number): Promise<void> => {
          for (let step = 0; step < steps; step++) await undefined;
          const left = store.afterPowerCut();
          await work;
          await expectSurvival(kind, left, model);
        };
        for (const [index, batch] of batches.slice(0, 3).entries()) {
          await cutDuring(model.run(device, batch), (seed + index * 7) % 90);
          await cutDuring(device.flush(), (seed + index * 5) % 120);
          model.flushed();
        }
      }),
      { numRuns: kind.type === 'fixed' ? 1 : 2, endOnFailure: true },
    );
  });
});

/** What a cut left reads the same without and with replay in the file, and nothing old shows in blocks placed later. */
async function expectSurvival(kind: Kind, left: Uint8Array<ArrayBuffer>, model: DiskModel): Promise<void> {
  const looked = await open(kind, new MemoryStore(left), true);
  const seen = await readAll(looked);
  model.expectSurvived(seen);
  const store = new MemoryStore(left);
  const device = await open(kind, store);
  const content = await readAll(device);
  expect(Buffer.compare(content, seen)).toBe(0);
  for (let offset = 0; offset < device.sizeBytes; offset += 7 * kind.sectorBytes) {
    content.fill(0x77, offset, offset + kind.sectorBytes);
    await device.write(offset, [content.subarray(offset, offset + kind.sectorBytes)]);
  }
  expect(Buffer.compare(await readAll(device), content)).toBe(0);
  await device.close();
  const again = await open(kind, new MemoryStore(store.toBytes()));
  expect(Buffer.compare(await readAll(again), content)).toBe(0);
}

describe('a VHDX in use', () => {
  it('gets a new id when it is first written to, so that its children notice', async () => {
    const store = new MemoryStore(await image(KINDS[1]!));
    const disk = await openVhdx(store);
    const before = disk.uniqueId;
    await disk.read(0, [new Uint8Array(4096)]);
    expect(disk.uniqueId).toBe(before);
    await disk.write(0, [new Uint8Array(4096)]);
    expect(disk.uniqueId).not.toBe(before);
    await disk.close();
  });

  it('writes down more changes than fit into one entry of the log, or the log', async () => {
    const store = new MemoryStore();
    const parent = { uniqueId: PARENT_ID, timeStamp: 0, name: '', locators: [] };
    await createVhdx(store, { type: 'differencing', sizeBytes: 6 * 2 ** 30, blockBytes: MiB, parent });
    const below = Object.assign(new MemoryDisk(512), { uniqueId: PARENT_ID });
    const openParent = async () => below;
    const disk = await openVhdx(store, { openParent });
    const sector = new Uint8Array(512);
    const places = Array.from({ length: 370 }, (_, i) => i * 16 * MiB + (i % 16) * MiB);
    await Promise.all(places.map((at, i) => disk.write(at, [sector.slice().fill(i)])));
    await disk.flush();
    const bytes = store.toBytes();
    await Promise.all(places.map((at, i) => disk.write(at + 512, [sector.slice().fill(i)])));
    await disk.close();
    const killed = await openVhdx(new MemoryStore(bytes), { openParent: async () => below });
    expect(killed.recovered).toBe(true);
    for (const [i, at] of places.entries()) {
      await killed.read(at, [sector]);
      expect(sector[511]).toBe(i & 0xff);
    }
  });

  it('refuses impossible sizes when it is made', async () => {
    const make = (options: object) =>
      createVhdx(new MemoryStore(), { type: 'dynamic', sizeBytes: MiB, ...options });
    for (const sizeBytes of [0, 100, Number.NaN, 2 ** 47]) {
      await expect(make({ sizeBytes })).rejects.toMatchObject({ kind: 'out-of-range' });
    }
    for (const blockBytes of [4096, 3 * MiB, 512 * MiB]) {
      await expect(make({ blockBytes })).rejects.toMatchObject({ kind: 'out-of-range' });
    }
    await expect(make({ sizeBytes: 512, logicalBlockBytes: 4096 })).rejects.toThrow(/no whole number/);
    await expect(make({ type: 'differencing' })).rejects.toThrow(/needs a parent/);
  });
});
