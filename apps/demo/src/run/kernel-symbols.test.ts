import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSystemMap, SymbolTable } from '@viridian/emulation/loader';
import type { ProcessorSnapshot } from '@viridian/vm';
import { Reg, RegisterFile } from '@viridian/x86';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSymbols, slideOf } from './kernel-symbols.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-symbols-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('loadSymbols', () => {
  it('reads a System.map', async () => {
    const systemMap = await file('map', 'ffffffff81000000 T _text\nffffffff81000100 T end\n');
    const symbols = await loadSymbols({ kernel: join(folder, 'nothing'), systemMap });
    expect(symbols?.describe(0xffff_ffff_8100_0004n)).toBe('_text+0x4');
  });

  it('says what is wrong with a file that was asked for', async () => {
    const kernel = await file('kernel', 'no kernel');
    await expect(loadSymbols({ kernel, systemMap: join(folder, 'none') })).rejects.toThrow('cannot be read');
    await expect(loadSymbols({ kernel, systemMap: kernel })).rejects.toThrow('no symbols in it');
    expect(await loadSymbols({ kernel, systemMap: undefined })).toBeUndefined();
  });
});

describe('slideOf', () => {
  const symbols = new SymbolTable(readSystemMap('ffffffff82000000 T entry_SYSCALL_64\n'));
  const snapshots = (lstar: bigint): ProcessorSnapshot[] => {
    const registers = new RegisterFile();
    registers.qwords[Reg.LSTAR] = lstar;
    return [{ registers } as ProcessorSnapshot];
  };

  it('tells how far a kernel moved, once it has told the processor where it is', () => {
    expect(slideOf(symbols, snapshots(0n))).toBe(0n);
    expect(slideOf(symbols, snapshots(0xffff_ffff_8200_0000n))).toBe(0n);
    expect(slideOf(symbols, snapshots(0xffff_ffff_9e00_0000n))).toBe(0x1c00_0000n);
    expect(slideOf(symbols, snapshots(0xffff_ffff_8200_0040n))).toBeUndefined();
    expect(slideOf(new SymbolTable([]), snapshots(0xffff_ffff_8200_0040n))).toBe(0n);
  });
});
