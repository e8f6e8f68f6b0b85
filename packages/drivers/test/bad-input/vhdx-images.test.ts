/** Damaged VHDX images: each kind of damage is refused with its reason, and none does worse than that. */

import { GUID_ZERO, parseGuid } from '@viridian/wire';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BlockError,
  createVhdx,
  MemoryDisk,
  MemoryStore,
  openVhdx,
  type ParentDisk,
  type VhdxType,
} from '../../src/index.ts';
import { crc32c } from '../../src/vhdx/crc32c.ts';
import { LogEntryHeader, VhdxHeader } from '../../src/vhdx/layout.ts';

const KiB = 1024;
const MiB = 2 ** 20;
const SIZE = 5 * MiB;
const PARENT_ID = '11111111-2222-3333-4444-555555555555';
const HEADERS = [64 * KiB, 128 * KiB];
const TABLES = [192 * KiB, 256 * KiB];
const LOG = MiB;
const METADATA = 2 * MiB;
const ITEMS = METADATA + 64 * KiB;
const BAT = 3 * MiB;

type Damage = (view: DataView, image: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | undefined;

async function openParent(): Promise<ParentDisk> {
  return Object.assign(new MemoryDisk(SIZE, { readOnly: true }), { uniqueId: PARENT_ID });
}

/** Blocks 0, 1 and 3 are written to; `unclean` is what a killed process leaves. */
async function make(type: VhdxType, unclean = false): Promise<Uint8Array<ArrayBuffer>> {
  const store = new MemoryStore();
  const parent = {
    uniqueId: PARENT_ID,
    timeStamp: 0,
    name: 'p.vhdx',
    locators: [{ platform: 'W2ru' as const, path: '.\\p.vhdx' }],
  };
  const below = type === 'differencing' ? { parent } : {};
  await createVhdx(store, { type, sizeBytes: SIZE, blockBytes: MiB, ...below });
  const disk = await openVhdx(store, { openParent });
  for (const block of [0, 1, 3]) await disk.write(block * MiB, [new Uint8Array(512).fill(block + 1)]);
  await disk.flush();
  const bytes = store.toBytes();
  await disk.close();
  return unclean ? bytes : store.toBytes();
}

const images = new Map<string, Uint8Array<ArrayBuffer>>();
beforeAll(async () => {
  for (const type of ['dynamic', 'differencing'] as const) images.set(type, await make(type));
  images.set('unclean', await make('dynamic', true));
});

async function openError(image: Uint8Array<ArrayBuffer>): Promise<BlockError> {
  const error = await openVhdx(new MemoryStore(image), { openParent }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BlockError);
  return error as BlockError;
}

function seal(image: Uint8Array, at: number, length: number): void {
  const bytes = image.subarray(at, at + length);
  new DataView(image.buffer, image.byteOffset).setUint32(at + 4, crc32c(bytes, 4), true);
}

/** The same change to both headers, their checksums right. */
const header =
  (change: (view: DataView, at: number) => void): Damage =>
  (view, image) => {
    for (const at of HEADERS) {
      change(view, at);
      seal(image, at, 4096);
    }
    return undefined;
  };
/** The same change to both region tables. */
const regions =
  (change: (view: DataView, at: number) => void): Damage =>
  (view, image) => {
    for (const at of TABLES) {
      change(view, at);
      seal(image, at, 64 * KiB);
    }
    return undefined;
  };
/** Changes all whole entries of the log. */
const log =
  (change: (view: DataView, at: number) => void): Damage =>
  (view, image) => {
    for (let at = LOG; at < LOG + MiB; at += 4096) {
      if (view.getUint32(at, true) !== 0x65676f6c) continue;
      const length = view.getUint32(at + 8, true);
      change(view, at);
      seal(image, at, length);
    }
    return undefined;
  };
const set32 =
  (at: number, value: number): Damage =>
  (view) =>
    void view.setUint32(at, value, true);
const set64 = (view: DataView, at: number, value: bigint): void => view.setBigUint64(at, value, true);
const entry =
  (index: number, value: bigint): Damage =>
  (view) =>
    set64(view, BAT + index * 8, value) as undefined;
const placeOf = (view: DataView, index: number): bigint => view.getBigUint64(BAT + index * 8, true) >> 20n;

const H = VhdxHeader.offsets;
const L = LogEntryHeader.offsets;
// In the order in which they are made: parameters, size, id, logical, physical sectors.
const SIZE_ITEM = ITEMS + 8;
const LOGICAL_ITEM = ITEMS + 32;
const LOCATOR_ITEM = ITEMS + 40;
// A disk of five blocks in one chunk: the bitmap's entry comes after all that a chunk of 4096 blocks may have.
const BITMAP_ENTRY = 4096;

const REFUSED: readonly [string, string, RegExp, Damage][] = [
  ['an empty file', 'dynamic', /file identifier .* outside/, (_, i) => i.slice(0, 0)],
  ['a file that ends in its headers', 'dynamic', /header .* outside/, (_, i) => i.slice(0, 66 * KiB)],
  ['no file signature', 'dynamic', /no file signature/, set32(0, 0)],
  [
    'two damaged headers',
    'dynamic',
    /no header is whole: checksum .*; no signature/,
    (view) => {
      view.setUint8(HEADERS[0]! + 100, 1);
      view.setUint32(HEADERS[1]!, 0);
      return undefined;
    },
  ],
  [
    'an unknown version',
    'dynamic',
    /unknown version 2/,
    header((v, at) => v.setUint16(at + H.version, 2, true)),
  ],
  [
    'an unknown log version',
    'unclean',
    /unknown log version 1/,
    header((v, at) => v.setUint16(at + H.logVersion, 1, true)),
  ],
  ...[0n, 4096n, 1n << 40n, 0xffff_ffff_ffff_fff0n].map((offset): [string, string, RegExp, Damage] => [
    `a log at ${offset}`,
    'dynamic',
    /a log of 1048576 bytes at \d+ is misaligned or outside/,
    header((v, at) => set64(v, at + H.logOffset, offset)),
  ]),
  [
    'a log without end',
    'dynamic',
    /a log of 4293918720/,
    header((v, at) => v.setUint32(at + H.logLength, 0xfff0_0000, true)),
  ],
  [
    'a log over the BAT',
    'dynamic',
    /log overlaps BAT/,
    header((v, at) => set64(v, at + H.logOffset, BigInt(BAT))),
  ],
  [
    'a log in use without entries',
    'dynamic',
    /in use and holds no whole entry/,
    header((v, at) => new Uint8Array(v.buffer).set(parseGuid(PARENT_ID), at + H.logGuid)),
  ],
  [
    'a log whose entries are damaged',
    'unclean',
    /holds no whole entry/,
    (_, i) => i.fill(1, LOG + 80, LOG + 4000).fill(7, LOG + 4096 + 80, LOG + MiB),
  ],
  [
    'a log whose tails lead nowhere',
    'unclean',
    /holds no whole entry/,
    log((v, at) => v.setUint32(at + L.tail, MiB - 4096, true)),
  ],
  [
    'a file shorter than its log knew',
    'unclean',
    /truncated/,
    log((v, at) => set64(v, at + L.flushedFileOffset, 1n << 40n)),
  ],
  [
    'a log that wants a file without end',
    'unclean',
    /a log that wants/,
    log((v, at) => set64(v, at + L.lastFileOffset, 1n << 50n)),
  ],
  [
    'a logged change outside',
    'unclean',
    /logged change of 4096 bytes .* outside/,
    log((v, at) => set64(v, at + 64 + 16, 1n << 45n)),
  ],
  ['no region table', 'dynamic', /no region table is whole/, (_, i) => i.fill(0, TABLES[0], MiB)],
  ['too many regions', 'dynamic', /2048 entries/, regions((v, at) => v.setUint32(at + 8, 2048, true))],
  ['a region outside', 'dynamic', /BAT of .* outside/, regions((v, at) => set64(v, at + 16 + 16, 1n << 44n))],
  [
    'a misaligned region',
    'dynamic',
    /BAT of .* misaligned/,
    regions((v, at) => set64(v, at + 16 + 16, BigInt(BAT) + 512n)),
  ],
  [
    'a region over the header section',
    'dynamic',
    /BAT of .* at 0 /,
    regions((v, at) => set64(v, at + 16 + 16, 0n)),
  ],
  [
    'regions that overlap',
    'dynamic',
    /metadata region overlaps BAT/,
    regions((v, at) => set64(v, at + 48 + 16, BigInt(BAT))),
  ],
  [
    'a region that is unknown and required',
    'dynamic',
    /is required and unknown/,
    regions((v, at) => v.setUint8(at + 16, 0xff)),
  ],
  [
    'no BAT',
    'dynamic',
    /BAT or metadata region is missing/,
    regions((v, at) => v.setUint32(at + 8, 0, true)),
  ],
  ['no metadata signature', 'dynamic', /metadata table: no signature/, set32(METADATA, 0)],
  [
    'too many metadata',
    'dynamic',
    /metadata table: 65535 entries/,
    (v) => v.setUint16(METADATA + 10, 0xffff, true) as undefined,
  ],
  [
    'an item that is unknown and required',
    'dynamic',
    /item .* is required and unknown/,
    (v) => v.setUint8(METADATA + 32, 0xff) as undefined,
  ],
  ['an item outside', 'dynamic', /item .* outside/, set32(METADATA + 32 + 16, 0xffff_ff00)],
  ['an item in the table', 'dynamic', /item .* outside/, set32(METADATA + 32 + 16, 32)],
  ['an item without end', 'dynamic', /item .* too long/, set32(METADATA + 32 + 20, 0xffff_ffff)],
  ['a short item', 'dynamic', /file parameters of 4 bytes/, set32(METADATA + 32 + 20, 4)],
  [
    'an item that is missing',
    'dynamic',
    /no file parameters/,
    (v) => {
      v.setUint32(METADATA + 32 + 24, 0, true);
      v.setUint8(METADATA + 32, 0xff);
      return undefined;
    },
  ],
  ...[0, 512 * KiB, 3 * MiB, 512 * MiB].map((bytes): [string, string, RegExp, Damage] => [
    `a block size of ${bytes}`,
    'dynamic',
    /a block size of \d+ bytes is impossible/,
    set32(ITEMS, bytes),
  ]),
  ...[0n, 700n, 0xffff_ffff_ffff_fe00n].map((bytes): [string, string, RegExp, Damage] => [
    `a size of ${bytes}`,
    'dynamic',
    /a size of \d+ bytes is impossible/,
    (v) => set64(v, SIZE_ITEM, bytes) as undefined,
  ]),
  [
    'too many blocks',
    'dynamic',
    /\d+ blocks are too many/,
    (v) => set64(v, SIZE_ITEM, 1n << 45n) as undefined,
  ],
  [
    'more blocks than the BAT holds',
    'dynamic',
    /a BAT of 1048576 bytes for/,
    (v) => set64(v, SIZE_ITEM, 1n << 38n) as undefined,
  ],
  ['sectors of 1024', 'dynamic', /logical sectors of 1024/, set32(LOGICAL_ITEM, 1024)],
  ['a block in an unknown state', 'dynamic', /BAT entry 1 is in state 5/, entry(1, 5n)],
  [
    'a partial block without a parent',
    'dynamic',
    /BAT entry 1 is in state 7/,
    (v) => set64(v, BAT + 8, (placeOf(v, 1) << 20n) | 7n) as undefined,
  ],
  ['a block behind the end', 'dynamic', /BAT entry 2 ends behind the image/, entry(2, (1000n << 20n) | 6n)],
  [
    'a block beyond all files',
    'dynamic',
    /BAT entry 2 lies beyond all files/,
    entry(2, 0xffff_ffff_fff0_0006n),
  ],
  ['a block over the headers', 'dynamic', /BAT entry 2 overlaps the header section/, entry(2, 6n)],
  ['a block over the log', 'dynamic', /BAT entry 2 overlaps the log/, entry(2, (1n << 20n) | 6n)],
  ['a block over the BAT', 'dynamic', /BAT entry 2 overlaps the BAT/, entry(2, (3n << 20n) | 6n)],
  [
    'two blocks in one place',
    'dynamic',
    /two blocks overlap/,
    (v) => set64(v, BAT + 16, (placeOf(v, 1) << 20n) | 6n) as undefined,
  ],
  ['a partial block without its bitmap', 'differencing', /without a sector bitmap/, entry(BITMAP_ENTRY, 0n)],
  ['a bitmap in an unknown state', 'differencing', /entry 4096 is in state 3/, entry(BITMAP_ENTRY, 3n)],
  [
    'a bitmap outside',
    'differencing',
    /entry 4096 ends behind the image/,
    entry(BITMAP_ENTRY, (500n << 20n) | 6n),
  ],
  [
    'a bitmap over a block',
    'differencing',
    /two blocks overlap/,
    (v) => set64(v, BAT + BITMAP_ENTRY * 8, (placeOf(v, 0) << 20n) | 6n) as undefined,
  ],
  [
    'a parent locator of another kind',
    'differencing',
    /parent locator: unknown type/,
    set32(LOCATOR_ITEM, 1),
  ],
  [
    'a parent locator with too many pairs',
    'differencing',
    /65535 pairs/,
    (v) => v.setUint16(LOCATOR_ITEM + 18, 0xffff, true) as undefined,
  ],
  [
    'a parent locator with a text outside',
    'differencing',
    /a text ends outside/,
    set32(LOCATOR_ITEM + 20 + 4, 0xffff_fff0),
  ],
  [
    'a parent locator without an id',
    'differencing',
    /no parent_linkage/,
    (v) => v.setUint16(LOCATOR_ITEM + 20 + 8, 4, true) as undefined,
  ],
  [
    'a parent id that is none',
    'differencing',
    /is no GUID/,
    (v) => v.setUint16(LOCATOR_ITEM + 20 + 10, 8, true) as undefined,
  ],
  [
    'a parent without a locator',
    'differencing',
    /no parent locator/,
    (v) => v.setUint16(METADATA + 10, 5, true) as undefined,
  ],
];

describe('a damaged VHDX is refused', () => {
  it.each(REFUSED)('%s', async (_, which, reason, damage) => {
    const image = images.get(which)!.slice();
    const error = await openError(damage(new DataView(image.buffer), image) ?? image);
    expect(error.message).toMatch(reason);
    expect(error.kind).toBe('corrupt');
  });

  it('that is its own parent', async () => {
    const store = new MemoryStore(images.get('differencing')!);
    const { uniqueId } = await openVhdx(store, { openParent });
    await expect(openVhdx(store, { openParent, chain: [PARENT_ID] })).rejects.toThrow(
      /chain loops: 1111.* on 1111/,
    );
    await expect(openVhdx(store)).rejects.toThrow(/needs its parent 'p.vhdx'/);
    const other = async () => Object.assign(new MemoryDisk(SIZE), { uniqueId });
    await expect(openVhdx(store, { openParent: other })).rejects.toThrow(/expected is 1111/);
    const large = async () =>
      Object.assign(new MemoryDisk(SIZE, { logicalBlockBytes: 4096 }), { uniqueId: PARENT_ID });
    await expect(openVhdx(store, { openParent: large })).rejects.toThrow(/blocks of 4096/);
  });
});

describe('a VHDX with one copy of a structure damaged', () => {
  it.each([...HEADERS, ...TABLES])('at %i opens by the other copy', async (at) => {
    const image = images.get('dynamic')!.slice();
    image.fill(0x21, at, at + 512);
    const disk = await openVhdx(new MemoryStore(image));
    const bytes = new Uint8Array(512);
    await disk.read(3 * MiB, [bytes]);
    // The older header may still name the log of the last use; what it holds is in its place already.
    expect(bytes[0]).toBe(4);
    await disk.close();
  });

  it('is replayed once, and clean then', async () => {
    const store = new MemoryStore(images.get('unclean')!);
    const looked = await openVhdx(store, { readOnly: true });
    expect([looked.recovered, looked.readOnly]).toEqual([true, true]);
    await (await openVhdx(store)).read(0, [new Uint8Array(512)]);
    const again = await openVhdx(store);
    expect(again.recovered).toBe(false);
    expect(again.inspect()).toMatchObject({ allocatedBytes: 3 * MiB });
    expect(GUID_ZERO).toHaveLength(36);
  });
});

describe('random damage', () => {
  const places = [...HEADERS, ...TABLES, LOG, LOG + 4096, METADATA, ITEMS, BAT, BAT + BITMAP_ENTRY * 8];
  const pokes = fc.array(
    fc.record({
      place: fc.constantFrom(...places),
      at: fc.nat(160),
      value: fc.constantFrom(0, 1, 2, 3, 6, 7, 0x10, 0x7f, 0x80, 0xff),
    }),
    { minLength: 1, maxLength: 6 },
  );

  it('ends in a BlockError or in a disk that answers', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('dynamic', 'differencing', 'unclean'),
        pokes,
        fc.option(fc.nat(5 * 1024), { freq: 6 }),
        async (which, changes, cutKiB) => {
          const image = images.get(which)!.slice(0, cutKiB === null ? undefined : cutKiB * KiB);
          for (const { place, at, value } of changes)
            if (place + at < image.length) image[place + at] = value;
          for (const at of HEADERS) if (at + 4096 <= image.length) seal(image, at, 4096);
          for (const at of TABLES) if (at + 65536 <= image.length) seal(image, at, 64 * KiB);
          await exercise(new MemoryStore(image));
        },
      ),
      { numRuns: 150, endOnFailure: true },
    ));
});

async function exercise(store: MemoryStore): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    const disk = await openVhdx(store, { openParent });
    for (let block = 0; block < 5 && (block + 1) * MiB <= disk.sizeBytes; block++) {
      await disk.read(block * MiB, [buffer]);
      await disk.write(block * MiB, [buffer]);
    }
    await disk.close();
  } catch (error) {
    if (!(error instanceof BlockError)) throw error;
  }
}
