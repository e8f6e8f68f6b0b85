/** VHD files between this package and QEMU, compared byte for byte (`qemu-img` and `qemu-io` of package qemu-utils). */

import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVhdFile, openImage } from '../src/node/index.ts';
import { chsGeometry } from '../src/vhd/chs-geometry.ts';
import { readAll } from './support/model.ts';
import { hasQemu, qemu, scribble } from './support/qemu.ts';
import { seeded } from './support/slow-store.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
// No whole number of blocks and none of cylinders: whatever is rounded somewhere shows.
const SIZE = 9 * MiB + 3 * 512;

let folder = '';
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-qemu-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function contentOf(path: string): Promise<Uint8Array> {
  const disk = await openImage(path, { readOnly: true });
  const content = await readAll(disk);
  await disk.close();
  return content;
}

describe.skipIf(!hasQemu())('with QEMU', () => {
  it.each(['fixed', 'dynamic'] as const)('a %s image written here reads the same there', async (type) => {
    const path = file(`ours-${type}.vhd`);
    const expected = new Uint8Array(SIZE);
    await createVhdFile(path, { type, sizeBytes: SIZE });
    await scribble(path, expected, 1);
    qemu('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', path, file(`ours-${type}.raw`));
    expect(Buffer.compare(await readFile(file(`ours-${type}.raw`)), expected)).toBe(0);
  });

  it.each(['fixed', 'dynamic'])('a %s image written there reads the same here', async (type) => {
    const path = file(`theirs-${type}.vhd`);
    const expected = new Uint8Array(SIZE);
    const random = seeded(7);
    for (let at = 0; at < SIZE; at += MiB) expected.fill(random(256), at, at + random(MiB));
    await writeFile(file('source.raw'), expected);
    const options = `subformat=${type},force_size=on`;
    qemu('qemu-img', 'convert', '-f', 'raw', '-O', 'vpc', '-o', options, file('source.raw'), path);
    expect(Buffer.compare(await contentOf(path), expected)).toBe(0);

    // Changed here, it is still one of theirs.
    await scribble(path, expected, 3);
    qemu('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', path, file('back.raw'));
    expect(Buffer.compare(await readFile(file('back.raw')), expected)).toBe(0);
  });

  it('a dynamic image made here and changed there and here stays whole', async () => {
    const path = file('both.vhd');
    const expected = new Uint8Array(SIZE);
    await createVhdFile(path, { type: 'dynamic', sizeBytes: SIZE });
    await scribble(path, expected, 5);
    for (const [at, value] of [
      [0, 0x11],
      [4 * MiB, 0x22],
      [8 * MiB + 512, 0x33],
    ] as const) {
      qemu('qemu-io', '-f', 'vpc', '-c', `write -P ${value} ${at} 65536`, path);
      expected.fill(value, at, at + 65536);
    }
    expect(Buffer.compare(await contentOf(path), expected)).toBe(0);
    await scribble(path, expected, 6);
    qemu('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', path, file('both.raw'));
    expect(Buffer.compare(await readFile(file('both.raw')), expected)).toBe(0);
  });

  // QEMU neither makes differencing images nor follows them to the parent: the chain is read here, the parent is theirs.
  it('a differencing image over a parent written there', async () => {
    const parent = file('theirs-parent.vhd');
    const expected = new Uint8Array(SIZE).fill(0x44);
    await writeFile(file('parent.raw'), expected);
    qemu('qemu-img', 'convert', '-f', 'raw', '-O', 'vpc', '-o', 'force_size=on', file('parent.raw'), parent);
    await createVhdFile(file('child.vhd'), { type: 'differencing', parentPath: parent });
    await scribble(file('child.vhd'), expected, 9);
    expect(Buffer.compare(await contentOf(file('child.vhd')), expected)).toBe(0);
    qemu('qemu-img', 'convert', '-f', 'vpc', '-O', 'raw', parent, file('parent-after.raw'));
    expect(Buffer.compare(await readFile(file('parent-after.raw')), await readFile(file('parent.raw')))).toBe(
      0,
    );
  });

  it.each([200 * GiB, 2040 * GiB])('%d bytes, more than any geometry can say', async (sizeBytes) => {
    const path = file(`large-${sizeBytes}.vhd`);
    await createVhdFile(path, { type: 'dynamic', sizeBytes });
    const disk = await openImage(path);
    await disk.write(sizeBytes - 4096, [new Uint8Array(4096).fill(0x5a)]);
    await disk.close();
    const info = JSON.parse(qemu('qemu-img', 'info', '-f', 'vpc', '--output=json', path));
    expect(info['virtual-size']).toBe(sizeBytes);
    // Fails with a pattern mismatch when other bytes are there.
    const reads = ['-c', `read -P 0x5a ${sizeBytes - 4096} 4096`, '-c', 'read -P 0 0 4096'];
    expect(qemu('qemu-io', '-f', 'vpc', '-r', ...reads, path)).not.toContain('failed');
    await rm(path);
  });

  it.each([10 * MiB, 300 * MiB, 1000 * MiB, 20 * GiB, 100 * GiB])(
    'the geometry of %d bytes',
    async (sizeBytes) => {
      const path = file('geometry.vhd');
      qemu('qemu-img', 'create', '-f', 'vpc', path, String(sizeBytes));
      const handle = await open(path);
      const footer = Buffer.alloc(512);
      await handle.read(footer, 0, 512, 0);
      await handle.close();
      expect(chsGeometry(Number(footer.readBigUInt64BE(48)) / 512)).toEqual({
        cylinders: footer.readUInt16BE(56),
        heads: footer[58],
        sectorsPerTrack: footer[59],
      });
    },
  );
});
