/** VHDX files between this package and QEMU, compared byte for byte, closed and not closed (package qemu-utils). */

import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVhdxFile, openImage } from '../src/node/index.ts';
import { readAll } from './support/model.ts';
import { hasQemu, qemu, scribble } from './support/qemu.ts';
import { seeded } from './support/slow-store.ts';

const QEMU_IO = 'qemu-io';
const MiB = 2 ** 20;
const SIZE = 9 * MiB + 3 * 512;

let folder = '';
const file = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-qemu-vhdx-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function contentOf(path: string): Promise<Uint8Array> {
  const disk = await openImage(path, { readOnly: true });
  const content = await readAll(disk);
  await disk.close();
  return content;
}

async function readBack(path: string): Promise<Buffer> {
  qemu('qemu-img', 'convert', '-f', 'vhdx', '-O', 'raw', path, file('back.raw'));
  return readFile(file('back.raw'));
}

describe.skipIf(!hasQemu())('VHDX with QEMU', () => {
  it.each(['fixed', 'dynamic'] as const)('a %s image written here reads the same there', async (type) => {
    const path = file(`ours-${type}.vhdx`);
    const expected = new Uint8Array(SIZE);
    await createVhdxFile(path, { type, sizeBytes: SIZE, blockBytes: MiB });
    await scribble(path, expected, 1);
    expect(qemu('qemu-img', 'check', '-f', 'vhdx', path)).toContain('No errors');
    expect(Buffer.compare(await readBack(path), expected)).toBe(0);
  });

  it('an image that was killed here is mended there', async () => {
    const path = file('killed.vhdx');
    const expected = new Uint8Array(SIZE);
    await createVhdxFile(path, { type: 'dynamic', sizeBytes: SIZE, blockBytes: MiB });
    const disk = await openImage(path);
    for (const at of [0, 3 * MiB, 7 * MiB]) {
      expected.fill(at / MiB + 1, at, at + 4096);
      await disk.write(at, [expected.slice(at, at + 4096)]);
      await disk.flush();
    }
    const left = file('left.vhdx');
    await copyFile(path, left);
    await disk.close();
    qemu('qemu-img', 'check', '-f', 'vhdx', '-r', 'all', left);
    expect(Buffer.compare(await readBack(left), expected)).toBe(0);
  });

  it('an image that was killed there is mended here', async () => {
    const path = file('theirs-killed.vhdx');
    qemu('qemu-img', 'create', '-f', 'vhdx', '-o', 'block_size=1M', path, String(SIZE - 3 * 512));
    const commands = ['write -P 0x11 0 64k', 'write -P 0x22 3M 64k', 'flush', 'abort'];
    const args = ['-f', 'vhdx', ...commands.flatMap((command) => ['-c', command]), path];
    expect(spawnSync(QEMU_IO, args, { stdio: 'ignore' }).signal).toBe('SIGABRT');
    const disk = await openImage(path, { readOnly: true });
    expect(disk.inspect()).toMatchObject({ kind: 'vhdx' });
    const content = await readAll(disk);
    await disk.close();
    expect([content[0], content[65535], content[65536], content[3 * MiB]]).toEqual([0x11, 0x11, 0, 0x22]);
    const writable = await openImage(path);
    expect(Buffer.compare(await readAll(writable), content)).toBe(0);
    await writable.close();
    expect(Buffer.compare(await readBack(path), content)).toBe(0);
  });

  it.each(['fixed', 'dynamic'])('a %s image written there reads the same here', async (type) => {
    const path = file(`theirs-${type}.vhdx`);
    const expected = new Uint8Array(SIZE);
    const random = seeded(7);
    for (let at = 0; at < SIZE; at += MiB) expected.fill(random(256), at, at + random(MiB));
    await writeFile(file('source.raw'), expected);
    const options = `subformat=${type},block_size=1M`;
    qemu('qemu-img', 'convert', '-f', 'raw', '-O', 'vhdx', '-o', options, file('source.raw'), path);
    expect(Buffer.compare(await contentOf(path), expected)).toBe(0);

    // Changed here, it is still one of theirs.
    await scribble(path, expected, 3);
    expect(qemu('qemu-img', 'check', '-f', 'vhdx', path)).toContain('No errors');
    expect(Buffer.compare(await readBack(path), expected)).toBe(0);
  });

  it('a large one with large blocks', async () => {
    const path = file('large.vhdx');
    const sizeBytes = 3 * 2 ** 40;
    await createVhdxFile(path, { type: 'dynamic', sizeBytes, blockBytes: 32 * MiB });
    const disk = await openImage(path);
    await disk.write(sizeBytes - 4096, [new Uint8Array(4096).fill(0x5a)]);
    await disk.close();
    const info = JSON.parse(qemu('qemu-img', 'info', '--output=json', path));
    expect([info.format, info['virtual-size']]).toEqual(['vhdx', sizeBytes]);
    const reads = ['-c', `read -P 0x5a ${sizeBytes - 4096} 4096`, '-c', 'read -P 0 0 4096'];
    expect(qemu('qemu-io', '-f', 'vhdx', '-r', ...reads, path)).not.toContain('failed');
  });
});
