/** `viridian image` as a person runs it. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pseudoRandom } from '../src/image/sample-files.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ARGS = ['--conditions=viridian:source', MAIN, 'image'];
const MiB = 2 ** 20;
const LONG = { timeout: 120_000 };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-image-'));
});
afterAll(() => rm(folder, { recursive: true }));

function image(...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...ARGS, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: stdout + stderr });
    });
  });
}

describe('viridian image', () => {
  it('converts through every format and back, byte for byte', LONG, async () => {
    const content = new Uint8Array(5 * MiB + 512);
    content.set(pseudoRandom(1, 300_000), 100_000);
    content.set(pseudoRandom(2, 1000), content.length - 1000);
    await writeFile(join(folder, 'a.raw'), content);
    const steps = [
      ['a.raw', 'b.vhdx'],
      ['b.vhdx', 'c.vhd', '--type', 'fixed'],
      ['c.vhd', 'd.vhd'],
      ['d.vhd', 'e.vhdx', '--type', 'fixed', '--block-size', '1M'],
      ['e.vhdx', 'f.raw'],
    ];
    for (const step of steps) expect(await image('convert', ...step)).toMatchObject({ code: 0 });
    expect(Buffer.compare(await readFile(join(folder, 'f.raw')), content)).toBe(0);
    expect((await image('info', 'b.vhdx')).out).toContain('dynamic vhdx of 5243392 bytes');
    expect(JSON.parse((await image('info', 'e.vhdx', '--json')).out)).toMatchObject({ type: 'fixed' });
    expect(await image('check', 'd.vhd')).toEqual({
      code: 0,
      out: expect.stringContaining('no errors in dynamic'),
    });
  });

  it('makes images, and those that stand on others', LONG, async () => {
    const made = await image('create', 'base.vhdx', '--size', '64M', '--sector-size', '4096');
    expect(made).toEqual({ code: 0, out: 'base.vhdx: dynamic vhdx of 64 MiB\n' });
    expect((await image('create', 'top.vhdx', '--parent', 'base.vhdx')).out).toContain(
      'differencing vhdx of 64 MiB',
    );
    expect((await image('create', 'plain.img', '--size', '3M')).out).toContain('raw of 3 MiB');
    await rm(join(folder, 'base.vhdx'));
    expect(await image('check', 'top.vhdx')).toEqual({
      code: 1,
      out: expect.stringContaining('was not found'),
    });
  });

  it.each([
    [['create', 'x.vhd'], '--size SIZE is needed'],
    [['create', 'x.vhd', '--size', 'much'], '--size much: bytes'],
    [['create', 'x.qcow2', '--size', '1M', '--format', 'qcow2'], 'raw, vhd or vhdx'],
    [['create', 'x.raw', '--size', '1M', '--type', 'dynamic'], 'a raw image is fixed'],
    [['create', 'x.vhd', '--size', '1M', '--type', 'differencing'], 'need each other'],
    [['create', 'x.vhd', '--size', '3T'], 'the format ends'],
    [['create', 'x.vhd', '--size', '1M', '--sector-size', '4096'], 'only a VHDX'],
    [['create', 'taken', '--size', '1M'], 'there is such a file already'],
    [['info', 'nowhere.vhd'], 'nowhere.vhd'],
    [['convert', 'taken', 'x.vhd', '--size', '512'], 'has 1024 bytes'],
  ])('refuses %j', LONG, async (args, words) => {
    await writeFile(join(folder, 'taken'), new Uint8Array(1024));
    expect(await image(...args)).toEqual({ code: 2, out: expect.stringContaining(words) });
    expect((await readdir(folder)).filter((name) => name.startsWith('x.'))).toEqual([]);
  });

  it('leaves no half file when it is interrupted', LONG, async () => {
    await writeFile(join(folder, 'large.raw'), '');
    await truncate(join(folder, 'large.raw'), 200 * 2 ** 30);
    const child = spawn(process.execPath, [...ARGS, 'convert', 'large.raw', 'half.vhdx'], { cwd: folder });
    await expect.poll(() => readdir(folder), { timeout: 60_000 }).toContain('half.vhdx');
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(await readdir(folder)).not.toContain('half.vhdx');
  });
});
