import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { u32 } from '../../../test/support/kernel-files.ts';
import { LoadError } from '../load-error.ts';
import { type KernelSymbol, readKernelSymbols, systemMap } from './kallsyms.ts';

const BASE = 0xffff_ffff_8100_0000n;
const COUNT = 600;

/** Offsets in per-processor data first, as in a kernel for several processors; then functions. */
const symbols: KernelSymbol[] = Array.from({ length: COUNT }, (_, index) =>
  index < 3
    ? { address: BigInt(index * 8), type: 'D', name: `per_cpu_${index}` }
    : { address: BASE + BigInt(index * 16), type: 'T', name: `function_${index}` },
);

/** Every character is its own token, but "function" is one too. */
const TOKENS = Array.from({ length: 256 }, (_, code) =>
  code === 1 ? 'function' : code > 0x20 && code < 0x7f ? String.fromCharCode(code) : `unused${code}`,
);

const pad = (bytes: number[], align: number): number[] => [
  ...bytes,
  ...new Array<number>((align - (bytes.length % align)) % align).fill(0),
];
const text = (words: string): number[] => [...words].map((letter) => letter.charCodeAt(0));

interface Form {
  readonly is64: boolean;
  /** Addresses behind the tokens, as since Linux 6.4. */
  readonly isNew: boolean;
  /** Three bytes a symbol between markers and tokens, as since Linux 6.2. */
  readonly hasOrder: boolean;
}

/** The tables as scripts/kallsyms.c writes them, in a file that begins as ELF. */
function kernel({ is64, isNew, hasOrder }: Form): Uint8Array {
  const word = is64 ? 8 : 4;
  const low = (value: bigint) => u32(Number(value & 0xffff_ffffn));
  const base = is64 ? [...low(BASE), ...low(BASE >> 32n)] : low(BASE);
  const names: number[] = [];
  const markers: number[] = [];
  symbols.forEach(({ type, name }, index) => {
    if (index % 256 === 0) markers.push(...u32(names.length));
    const packed = text(type + name.replace('function', '\u0001'));
    names.push(packed.length, ...packed);
  });
  const offsets = symbols.flatMap(({ address }) =>
    low(!is64 ? address - (address < BASE ? 0n : BASE) : address < BASE ? address : BASE - 1n - address),
  );
  const tokenTable = TOKENS.flatMap((token) => [...text(token), 0]);
  let at = 0;
  const index = TOKENS.flatMap((token) => {
    const start = at;
    at += token.length + 1;
    return [start & 0xff, start >> 8];
  });
  const addresses = [pad(offsets, word), base];
  const order = hasOrder ? [pad(new Array<number>(COUNT * 3).fill(1), word)] : [];
  const parts = [
    pad([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, ...new Array<number>(59).fill(0x33)], word),
    ...(isNew ? [] : addresses),
    ...[pad(u32(COUNT), word), pad(names, word), pad(markers, word), ...order],
    ...[pad(tokenTable, word), pad(index, word)],
    ...(isNew ? addresses : []),
  ];
  return Uint8Array.from(parts.flat());
}

const forms: Form[] = [
  { is64: true, isNew: false, hasOrder: false },
  { is64: true, isNew: false, hasOrder: true },
  { is64: true, isNew: true, hasOrder: true },
];

describe('readKernelSymbols', () => {
  it.each(forms)('reads %j', (form) => {
    expect(readKernelSymbols(kernel(form))).toEqual(symbols);
  });

  it('reads a 32-bit kernel, whose offsets all count from the base', () => {
    const read = readKernelSymbols(kernel({ is64: false, isNew: false, hasOrder: true }));
    const base = BASE & 0xffff_ffffn;
    expect(read[0]).toEqual({ address: base, type: 'D', name: 'per_cpu_0' });
    expect(read[10]).toEqual({ address: base + 160n, type: 'T', name: 'function_10' });
  });

  it('says when there are none', () => {
    expect(() => readKernelSymbols(new Uint8Array(1000))).toThrow(
      expect.objectContaining({ kind: 'unsupported' }),
    );
    expect(() => readKernelSymbols(new Uint8Array(0))).toThrow(LoadError);
  });

  it('reads damaged and shortened files or says that it cannot', () => {
    const whole = kernel(forms[1]!);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const damaged = cut ? whole.slice(0, at) : whole.slice();
        if (!cut) damaged[at] = byte;
        try {
          expect(readKernelSymbols(damaged).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(LoadError);
        }
      }),
    );
  });
});

describe('systemMap', () => {
  it('has a line a symbol', () => {
    expect(systemMap(symbols.slice(2, 4))).toBe(
      '0000000000000010 D per_cpu_2\nffffffff81000030 T function_3\n',
    );
  });
});
