import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpioArchive } from './cpio.ts';

interface Read {
  readonly path: string;
  readonly mode: number;
  readonly data: string;
  readonly device: string;
}

/** Reads an archive as the kernel's documentation says. */
function read(archive: Uint8Array): Read[] {
  const bytes = Buffer.from(archive);
  const entries: Read[] = [];
  for (let at = 0; ; ) {
    expect(at % 4).toBe(0);
    expect(bytes.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) =>
      Number.parseInt(bytes.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameAt = at + 110;
    const path = bytes.toString('utf8', nameAt, nameAt + field(11) - 1);
    expect(bytes[nameAt + field(11) - 1]).toBe(0);
    const dataAt = (nameAt + field(11) + 3) & ~3;
    const next = (dataAt + field(6) + 3) & ~3;
    if (path === 'TRAILER!!!') {
      expect(next).toBe(bytes.length);
      return entries;
    }
    const data = bytes.toString('latin1', dataAt, dataAt + field(6));
    entries.push({ path, mode: field(1), data, device: `${field(9)}:${field(10)}` });
    at = next;
  }
}

describe('CpioArchive', () => {
  it('has the bytes of the format', () => {
    const bytes = new CpioArchive().file('init', new TextEncoder().encode('hello'), 0o755).bytes();
    const zero = '00000000';
    const header = [
      '070701',
      '00000001',
      '000081ed',
      zero,
      zero,
      '00000001',
      zero,
      '00000005',
      zero,
      zero,
      zero,
      zero,
      '00000005',
      zero,
    ];
    expect(new TextDecoder().decode(bytes.subarray(0, 124))).toBe(`${header.join('')}init\0\0hello\0\0\0`);
  });

  it('holds files, links and devices, each behind its folder', () => {
    const archive = new CpioArchive()
      .file('a/b/c', Uint8Array.of(0x78))
      .link('a/l', 'b/c')
      .characterDevice('dev/console', 5, 1)
      .folder('proc');
    expect(read(archive.bytes())).toEqual([
      { path: 'a', mode: 0o040755, data: '', device: '0:0' },
      { path: 'a/b', mode: 0o040755, data: '', device: '0:0' },
      { path: 'a/b/c', mode: 0o100644, data: 'x', device: '0:0' },
      { path: 'a/l', mode: 0o120777, data: 'b/c', device: '0:0' },
      { path: 'dev', mode: 0o040755, data: '', device: '0:0' },
      { path: 'dev/console', mode: 0o020600, data: '', device: '5:1' },
      { path: 'proc', mode: 0o040755, data: '', device: '0:0' },
    ]);
  });

  it('gives back what was put in', () => {
    const name = fc.stringMatching(/^[a-zäöü_.-]{1,9}$/).filter((text) => text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.dictionary(name, fc.uint8Array({ maxLength: 40 }), { minKeys: 1 }), (files) => {
        const archive = new CpioArchive();
        for (const [path, bytes] of Object.entries(files)) archive.file(path, bytes);
        const seen = read(archive.bytes()).map(({ path, data }) => [path, data]);
        expect(seen).toEqual(
          Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString('latin1')]),
        );
      }),
    );
  });

  it.each(['', '/init', 'a//b', 'a/../b', './a', 'a/', 'a\0'])('refuses the path %j', (path) => {
    expect(() => new CpioArchive().file(path, new Uint8Array(0))).toThrow(RangeError);
  });

  it.skipIf(!hasCpio())('is understood by cpio', () => {
    const input = new CpioArchive()
      .file('bin/x', Uint8Array.of(1, 2, 3))
      .link('bin/y', 'x')
      .bytes();
    expect(execFileSync('cpio', ['-t', '--quiet'], { input, encoding: 'utf8' })).toBe('bin\nbin/x\nbin/y\n');
  });
});

function hasCpio(): boolean {
  try {
    execFileSync('cpio', ['--version']);
    return true;
  } catch {
    return false;
  }
}
