/** Damaged VHD images: each kind of damage is refused with its reason, and none does worse than that. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockError, MemoryStore, openVhd, type VhdType } from '../../src/index.ts';
import { VhdDynamicHeader, VhdFooter } from '../../src/vhd/layout.ts';
import { readAll } from '../support/model.ts';
import { fixChecksum, HEADER_AT, memoryParent, TABLE_AT, vhdImage } from '../support/vhd-images.ts';

const SIZE = 13 * 4096 + 1024;

type Damage = (image: Uint8Array, view: DataView) => Uint8Array | undefined;

async function damaged(type: VhdType, damage: Damage): Promise<MemoryStore> {
  const image = await vhdImage(type, SIZE);
  return new MemoryStore(damage(image, new DataView(image.buffer)) ?? image);
}

async function openError(store: MemoryStore): Promise<BlockError> {
  const error = await openVhd(store, { openParent: () => memoryParent(SIZE) }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BlockError);
  return error as BlockError;
}

/** Changes the footer at the end, its checksum kept right; the copy at the start goes away. */
function footer(change: (view: DataView, at: number) => void): Damage {
  return (image, view) => {
    const at = image.length - 512;
    change(view, at);
    fixChecksum(image, at, 'footer');
    image.fill(0, 0, 512);
    return image;
  };
}

/** Changes the dynamic header, its checksum kept right. */
function header(change: (view: DataView) => void): Damage {
  return (image, view) => {
    change(view);
    fixChecksum(image, HEADER_AT, 'header');
    return image;
  };
}

/** Flips one bit. */
function flip(where: (image: Uint8Array) => number): Damage {
  return (image, view) => {
    view.setUint8(where(image), view.getUint8(where(image)) ^ 1);
    return image;
  };
}

const F = VhdFooter.offsets;
const H = VhdDynamicHeader.offsets;

const REFUSED: readonly [string, VhdType, RegExp, Damage][] = [
  ['an empty file', 'fixed', /no footer in 0 bytes/, () => new Uint8Array(0)],
  ['a file shorter than a footer', 'fixed', /no footer in 511 bytes/, (i) => i.subarray(0, 511)],
  ['a fixed image cut short', 'fixed', /footer: no cookie/, (i) => i.subarray(0, i.length - 512)],
  ['data missing before the footer', 'fixed', /truncated/, (i) => i.subarray(512)],
  ['a wrong footer checksum', 'fixed', /footer: checksum 0x/, flip((i) => i.length - 500)],
  [
    'an unknown version',
    'fixed',
    /footer: unknown version 0x20000/,
    footer((v, at) => v.setUint32(at + F.fileFormatVersion, 0x20000)),
  ],
  ['an unknown type', 'fixed', /unknown disk type 7/, footer((v, at) => v.setUint32(at + F.diskType, 7))],
  ['no size', 'fixed', /a size of 0 bytes/, footer((v, at) => v.setBigUint64(at + F.currentSize, 0n))],
  ['half a sector', 'fixed', /a size of 700/, footer((v, at) => v.setBigUint64(at + F.currentSize, 700n))],
  [
    'an absurd size',
    'dynamic',
    /a size of \d+ bytes is impossible/,
    footer((v, at) => v.setBigUint64(at + F.currentSize, 0xffff_ffff_ffff_fe00n)),
  ],
  [
    'more blocks than entries',
    'dynamic',
    /14 table entries for 25 blocks/,
    footer((v, at) => v.setBigUint64(at + F.currentSize, 100n * 1024n)),
  ],
  [
    'a data offset outside',
    'dynamic',
    /data offset .* outside/,
    footer((v, at) => v.setBigUint64(at + F.dataOffset, 1n << 50n)),
  ],
  [
    'a misaligned data offset',
    'dynamic',
    /data offset 513 is misaligned/,
    footer((v, at) => v.setBigUint64(at + F.dataOffset, 513n)),
  ],
  ['no header cookie', 'dynamic', /dynamic header: no cookie/, flip(() => HEADER_AT)],
  ['a wrong header checksum', 'dynamic', /dynamic header: checksum/, flip(() => HEADER_AT + 40)],
  [
    'an unknown header version',
    'dynamic',
    /dynamic header: unknown version/,
    header((v) => v.setUint32(HEADER_AT + H.headerVersion, 0x30000)),
  ],
  ...[0, 5000, 2 ** 31].map((bytes): [string, VhdType, RegExp, Damage] => [
    `a block size of ${bytes}`,
    'dynamic',
    /block size of \d+ bytes is impossible/,
    header((v) => v.setUint32(HEADER_AT + H.blockSize, bytes)),
  ]),
  [
    'a table offset outside',
    'dynamic',
    /table of 14 entries at .* outside/,
    header((v) => v.setBigUint64(HEADER_AT + H.tableOffset, 1n << 40n)),
  ],
  [
    'a misaligned table',
    'dynamic',
    /table offset 1537 is misaligned/,
    header((v) => v.setBigUint64(HEADER_AT + H.tableOffset, 1537n)),
  ],
  [
    'a table over the header',
    'dynamic',
    /table overlaps the dynamic header/,
    header((v) => v.setBigUint64(HEADER_AT + H.tableOffset, 1024n)),
  ],
  [
    'a block outside the image',
    'dynamic',
    /block 1 at \d+ ends behind the image/,
    (_, v) => void v.setUint32(TABLE_AT + 4, 0x100000),
  ],
  [
    'a block over the table',
    'dynamic',
    /block 1 at 1536 overlaps the block allocation table/,
    (_, v) => void v.setUint32(TABLE_AT + 4, 3),
  ],
  [
    'a block over the footer copy',
    'dynamic',
    /overlaps the footer copy/,
    (_, v) => void v.setUint32(TABLE_AT + 4, 0),
  ],
  [
    'two blocks in one place',
    'dynamic',
    /two blocks overlap/,
    (_, v) => void v.setUint32(TABLE_AT + 4, v.getUint32(TABLE_AT)),
  ],
  [
    'two blocks that overlap by a sector',
    'dynamic',
    /two blocks overlap/,
    (_, v) => void v.setUint32(TABLE_AT + 4, v.getUint32(TABLE_AT) + 8),
  ],
  ['a dynamic image cut short', 'dynamic', /ends behind the image/, (i) => i.subarray(0, i.length - 4096)],
  [
    'a parent locator outside',
    'differencing',
    /parent locator 0 of \d+ bytes lies outside/,
    header((v) => v.setBigUint64(HEADER_AT + H.parentLocators + 16, 1n << 45n)),
  ],
  [
    'an endless parent locator',
    'differencing',
    /parent locator 0 of 4294967295 bytes/,
    (i, v) => {
      v.setUint32(HEADER_AT + H.parentLocators + 8, 0xffff_ffff);
      v.setBigUint64(HEADER_AT + H.parentLocators + 16, BigInt(i.length));
      fixChecksum(i, HEADER_AT, 'header');
      return undefined;
    },
  ],
  [
    'another parent than the one there',
    'differencing',
    /has id 11111111-.*, expected is ff111111/,
    header((v) => v.setUint8(HEADER_AT + H.parentUniqueId, 0xff)),
  ],
];

describe('a damaged VHD is refused', () => {
  it.each(REFUSED)('%s', async (_, type, reason, damage) => {
    const error = await openError(await damaged(type, damage));
    expect(error.kind).toBe('corrupt');
    expect(error.message).toMatch(reason);
  });

  it('that is its own parent', async () => {
    const store = await damaged('differencing', (image, view) => {
      for (let i = 0; i < 16; i++) {
        view.setUint8(HEADER_AT + H.parentUniqueId + i, view.getUint8(image.length - 512 + F.uniqueId + i));
      }
      fixChecksum(image, HEADER_AT, 'header');
      return image;
    });
    expect(await openError(store)).toMatchObject({
      kind: 'corrupt',
      message: expect.stringMatching(/chain loops/),
    });
  });

  it('whose chain never ends', async () => {
    const image = await vhdImage('differencing', SIZE);
    let opened = 0;
    const endless = (chain: readonly string[]): Promise<never> =>
      openVhd(new MemoryStore(withOwnId(image, opened)), {
        chain,
        openParent: (_, longer) => {
          opened += 1;
          return endless(longer);
        },
      }) as Promise<never>;
    await expect(endless([])).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringMatching(/64/),
    });
    expect(opened).toBeLessThan(65);
  });

  it('whose parent is needed and nobody opens it', async () => {
    const store = new MemoryStore(await vhdImage('differencing', SIZE));
    await expect(openVhd(store)).rejects.toThrow(/needs its parent 'parent.vhd'/);
  });
});

/** The image with another id of its own. */
function withOwnId(image: Uint8Array, id: number): Uint8Array {
  const copy = image.slice();
  const at = copy.length - 512;
  new DataView(copy.buffer).setUint32(at + F.uniqueId, id);
  fixChecksum(copy, at, 'footer');
  return copy;
}

describe('a VHD whose last sector is damaged', () => {
  it.each([
    ['overwritten', (image: Uint8Array) => image.fill(0x21, image.length - 512)],
    ['cut off', (image: Uint8Array) => image.subarray(0, image.length - 512)],
    ['cut in two', (image: Uint8Array) => image.subarray(0, image.length - 200)],
  ])('opens by the copy at its start: %s', async (_, damage) => {
    const image = await vhdImage('dynamic', SIZE);
    const whole = await readAll(await openVhd(new MemoryStore(image.slice())));
    const store = new MemoryStore(damage(image));
    const before = store.sizeBytes;

    const looked = await openVhd(store, { readOnly: true });
    expect(looked.recovered).toBe(true);
    expect(await readAll(looked)).toEqual(whole);
    expect(store.sizeBytes).toBe(before);

    const mended = new MemoryStore(store.toBytes());
    const disk = await openVhd(mended);
    await disk.write(4096, [new Uint8Array(512).fill(9)]);
    await disk.flush();
    whole.fill(9, 4096, 4608);
    const again = await openVhd(new MemoryStore(mended.toBytes()));
    expect(again.recovered).toBe(false);
    expect(await readAll(again)).toEqual(whole);
  });

  it('opens although it is one byte short, as Virtual PC wrote it before 2004', async () => {
    const image = await vhdImage('fixed', SIZE);
    const disk = await openVhd(new MemoryStore(image.subarray(0, image.length - 1)));
    expect(disk.sizeBytes).toBe(SIZE);
  });
});

describe('random damage', () => {
  const images = Promise.all(
    (['fixed', 'dynamic', 'differencing'] as const).map((type) => vhdImage(type, SIZE)),
  );
  const pokes = fc.array(
    fc.record({
      where: fc.constantFrom('footer', 'copy', 'header', 'table', 'locators', 'bitmap'),
      at: fc.nat(511),
      value: fc.constantFrom(0, 1, 2, 3, 4, 0x10, 0x7f, 0x80, 0xff),
    }),
    { minLength: 1, maxLength: 6 },
  );

  it('ends in a BlockError or in a disk that answers', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(2),
        pokes,
        fc.boolean(),
        fc.option(fc.nat(9000)),
        async (which, changes, honest, cut) => {
          const image = (await images)[which]!.slice();
          for (const { where, at, value } of changes) image[placeOf(where, at, image.length)] = value;
          if (honest) {
            fixChecksum(image, 0, 'footer');
            fixChecksum(image, HEADER_AT, 'header');
            fixChecksum(image, image.length - 512, 'footer');
          }
          await exercise(new MemoryStore(cut === null ? image : image.subarray(0, cut)));
        },
      ),
      { numRuns: 1500 },
    ));

  function placeOf(where: string, at: number, length: number): number {
    const start: Record<string, number> = {
      copy: 0,
      header: HEADER_AT + at,
      table: TABLE_AT,
      locators: TABLE_AT + 512,
      bitmap: 3584,
      footer: length - 512,
    };
    // Most of a footer is reserved: aim at the fields.
    return start[where]! + (where === 'footer' || where === 'copy' ? at % 85 : at);
  }

  async function exercise(store: MemoryStore): Promise<void> {
    const buffer = new Uint8Array(512);
    try {
      const disk = await openVhd(store, { openParent: () => memoryParent(SIZE) });
      for (let i = 0; i < 8; i++) await disk.read(Math.floor((disk.sizeBytes / 512 / 8) * i) * 512, [buffer]);
      await disk.write(disk.sizeBytes - 512, [buffer]);
      await disk.write(0, [buffer]);
      await disk.close();
    } catch (error) {
      if (!(error instanceof BlockError)) throw error;
    }
  }
});
