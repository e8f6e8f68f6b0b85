import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.ts';
import { createVhd } from '../vhd/create-vhd.ts';
import { createImageFile, createVhdFile } from './create-image.ts';
import { FileStore } from './file-store.ts';
import { hostError } from './host-error.ts';
import { openImage, openRawFile } from './open-image.ts';

let folder = '';
const at = (...name: string[]): string => join(folder, ...name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

function shell(script: string, path: string): void {
  execFileSync('sh', ['-c', script, 'sh', path], { stdio: 'pipe' });
}

/** Whether this process may mount a small file system to fill it up. */
function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'viridian-mount-'));
  try {
    shell('mount -t tmpfs -o size=4k tmpfs "$1" && umount "$1"', probe);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(probe);
  }
}

describe('FileStore', () => {
  it('reads and writes scattered shared memory, more pieces than one call takes', async () => {
    const store = await FileStore.open(at('a'), { create: true });
    const memory = new Uint8Array(new SharedArrayBuffer(3 * 5000));
    const parts = Array.from({ length: 5000 }, (_, i) => memory.subarray(i * 3, i * 3 + 3).fill(i));
    await store.write(1, parts);
    expect(store.sizeBytes).toBe(15001);
    await store.write(0, [memory.subarray(3, 4)]);
    const seen = parts.map(() => new Uint8Array(new SharedArrayBuffer(3)));
    await store.read(1, seen);
    expect(seen.every((part, i) => part.every((byte) => byte === (i & 0xff)))).toBe(true);
    const one = new Uint8Array(new SharedArrayBuffer(1));
    await store.read(0, [one]);
    expect(one[0]).toBe(1);
    await store.close();
  });

  it('waits for what is in flight before it closes', async () => {
    const store = await FileStore.open(at('a'), { create: true });
    const writes = Array.from({ length: 50 }, (_, i) =>
      store.write(i * 4096, [new Uint8Array(4096).fill(i)]),
    );
    await store.close();
    await Promise.all(writes);
    expect((await stat(at('a'))).size).toBe(50 * 4096);
    expect(() => store.read(0, [new Uint8Array(1)])).toThrow(/closed/);
  });

  it('says what the host said', async () => {
    await expect(FileStore.open(at('none'))).rejects.toMatchObject({
      kind: 'io',
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
    const store = await FileStore.open(at('a'), { create: true });
    await expect(FileStore.open(at('a'), { create: true })).rejects.toMatchObject({ kind: 'io' });
    await store.resize(10);
    await writeFile(at('a'), '');
    await expect(store.read(0, [new Uint8Array(10)])).rejects.toThrow(/the file ends here/);
    await store.close();
    const looked = await FileStore.open(at('a'), { readOnly: true });
    expect(() => looked.write(0, [new Uint8Array(1)])).toThrow(/opened read-only/);
    await looked.flush();
    await looked.close();
  });

  it.each([
    ['ENOSPC', 'no-space'],
    ['EDQUOT', 'no-space'],
    ['EIO', 'io'],
    ['EROFS', 'read-only'],
    ['ENOMEDIUM', 'medium'],
  ])('calls %s %s', (code, kind) => {
    expect(hostError(Object.assign(new Error('x'), { code }), 'writing', 'f', 7)).toMatchObject({
      kind,
      offset: 7,
    });
  });

  it.skipIf(!canMount())('reports a full disk, keeps what was written before, and goes on', async () => {
    await mkdir(at('small'));
    shell('mount -t tmpfs -o size=256k tmpfs "$1"', at('small'));
    try {
      await createVhdFile(at('small', 'a.vhd'), { type: 'dynamic', sizeBytes: 2 ** 20, blockBytes: 65536 });
      const disk = await openImage(at('small', 'a.vhd'));
      let written = 0;
      const fill = async (): Promise<void> => {
        for (; written < 16; written++)
          await disk.write(written * 65536, [new Uint8Array(65536).fill(written + 1)]);
      };
      await expect(fill()).rejects.toMatchObject({ kind: 'no-space' });
      expect(written).toBeGreaterThan(1);
      await disk.close();
      const again = await openImage(at('small', 'a.vhd'));
      const seen = new Uint8Array(65536);
      for (let block = 0; block < written; block++) {
        await again.read(block * 65536, [seen]);
        expect(seen.every((byte) => byte === block + 1)).toBe(true);
      }
      await again.close();
    } finally {
      shell('umount "$1"', at('small'));
    }
  });

  it('opens only regular files, and does not wait for pipes', async () => {
    await expect(FileStore.open(folder)).rejects.toThrow(/no regular file/);
    shell('mkfifo "$1"', at('pipe'));
    await expect(FileStore.open(at('pipe'))).rejects.toThrow(/no regular file/);
  });

  it('keeps others out while it holds the lock, and takes it over from the dead', async () => {
    await writeFile(at('a'), 'x');
    const first = await FileStore.open(at('a'), { lock: true });
    await expect(FileStore.open(at('a'), { lock: true })).rejects.toThrow(`in use by process ${process.pid}`);
    await first.close();
    const dead = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' });
    await writeFile(at('a.lock'), dead);
    await (await FileStore.open(at('a'), { lock: true })).close();
    expect(await readdir(folder)).toEqual(['a']);
  });
});

describe('image files', () => {
  it('are recognised by content unless a format is named', async () => {
    await createImageFile(at('raw'), 'raw', 8192);
    await createImageFile(at('vhd'), 'vhd', 8192);
    await createVhdFile(at('fixed'), { type: 'fixed', sizeBytes: 8192 });
    for (const [name, kind] of [
      ['raw', 'raw'],
      ['vhd', 'vhd'],
      ['fixed', 'vhd'],
    ]) {
      const disk = await openImage(at(name!));
      expect([disk.inspect().kind, disk.sizeBytes]).toEqual([kind, 8192]);
      await disk.close();
    }
    const raw = await openImage(at('fixed'), { format: 'raw', logicalBlockBytes: 512, readOnly: true });
    expect([raw.sizeBytes, raw.readOnly]).toEqual([8192 + 512, true]);
    await raw.close();
    const file = await openRawFile(at('raw'), { logicalBlockBytes: 4096 });
    expect(file.logicalBlockBytes).toBe(4096);
    await file.close();
    await expect(openImage(at('raw'), { format: 'vhd' })).rejects.toThrow(/no cookie/);
    await expect(openImage(at('raw'), { format: 'floppy' })).rejects.toThrow(/no image format 'floppy'/);
  });

  it('of containers that cannot be opened do not pass for raw', async () => {
    await writeFile(at('x'), `vhdxfile${'\0'.repeat(4096)}`);
    await expect(openImage(at('x'))).rejects.toThrow(/VHDX/);
    await (await openImage(at('x'), { format: 'raw' })).close();
  });

  it('are not left behind half made', async () => {
    await expect(createVhdFile(at('a'), { type: 'dynamic', sizeBytes: 100 })).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
    await createVhdFile(at('a'), { type: 'dynamic', sizeBytes: 512 });
    await expect(createVhdFile(at('a'), { type: 'fixed', sizeBytes: 512 })).rejects.toThrow(/EEXIST/);
    expect(await readdir(folder)).toEqual(['a']);
  });
});

describe('a differencing VHD file', () => {
  const chain = async (): Promise<void> => {
    await mkdir(at('base'));
    await mkdir(at('top'));
    await createVhdFile(at('base', 'a.vhd'), { type: 'dynamic', sizeBytes: 65536 });
    const disk = await openImage(at('base', 'a.vhd'));
    await disk.write(0, [new Uint8Array(512).fill(1)]);
    await disk.close();
    await createVhdFile(at('top', 'b.vhd'), { type: 'differencing', parentPath: at('base', 'a.vhd') });
  };
  const first = async (path: string): Promise<number> => {
    const disk = await openImage(path);
    const bytes = new Uint8Array(512);
    await disk.read(0, [bytes]);
    await disk.close();
    return bytes[0]!;
  };

  it('finds its parent beside it, and by its absolute path when it moves alone', async () => {
    await chain();
    expect(await first(at('top', 'b.vhd'))).toBe(1);
    await rename(at('top', 'b.vhd'), at('b.vhd'));
    expect(await first(at('b.vhd'))).toBe(1);
  });

  it('moves together with its parent, by the relative path', async () => {
    await chain();
    await mkdir(at('else'));
    await rename(at('base'), at('else', 'base'));
    await rename(at('top'), at('else', 'top'));
    expect(await first(at('else', 'top', 'b.vhd'))).toBe(1);
  });

  it('finds a parent by name in its own folder', async () => {
    await chain();
    await rename(at('base', 'a.vhd'), at('top', 'a.vhd'));
    expect(await first(at('top', 'b.vhd'))).toBe(1);
  });

  it('says what it looked for when there is no parent, or another one', async () => {
    await chain();
    await cp(at('base', 'a.vhd'), at('a-copy'));
    await rm(at('base', 'a.vhd'));
    await expect(openImage(at('top', 'b.vhd'))).rejects.toThrow(
      /a\.vhd does not exist.*a\.vhd does not exist/,
    );
    await createVhdFile(at('base', 'a.vhd'), { type: 'dynamic', sizeBytes: 65536 });
    await expect(openImage(at('top', 'b.vhd'))).rejects.toThrow(/was not found: .*a\.vhd has id/);
    await rename(at('a-copy'), at('top', 'a.vhd'));
    expect(await first(at('top', 'b.vhd'))).toBe(1);
  });

  it('whose parents form a loop is refused', async () => {
    const image = async (own: string, parent: string, name: string): Promise<void> => {
      const store = new MemoryStore();
      await createVhd(store, {
        type: 'differencing',
        sizeBytes: 65536,
        uniqueId: own.repeat(32),
        parent: {
          uniqueId: `${parent.repeat(8)}-${parent.repeat(4)}-${parent.repeat(4)}-${parent.repeat(4)}-${parent.repeat(12)}`,
          timeStamp: 0,
          name,
          locators: [{ platform: 'W2ru', path: `.\\${name}` }],
        },
      });
      await writeFile(at(`${own}.vhd`), store.toBytes());
    };
    await image('a', 'b', 'b.vhd');
    await image('b', 'c', 'c.vhd');
    await image('c', 'a', 'a.vhd');
    await expect(openImage(at('a.vhd'))).rejects.toThrow(
      /chain loops: aaaaaaaa-.* on bbbb.* on cccc.* on aaaa/,
    );
  });
});
