import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elfFile } from '../../../test/support/kernel-files.ts';
import { LoadError } from '../load-error.ts';
import { readElf } from './elf.ts';

const SEGMENTS = [
  { gpa: 0x100_0000, bytes: Uint8Array.of(1, 2, 3) },
  { gpa: 0x200_0000, bytes: Uint8Array.of(4), memoryBytes: 0x1000 },
  { gpa: 0x300_0000, bytes: new Uint8Array(0), memoryBytes: 8 },
];

describe('readElf', () => {
  it.each([32, 64] as const)('places the segments of a %i-bit file by their physical addresses', (bits) => {
    const elf = readElf(elfFile({ bits, segments: SEGMENTS }));
    expect(elf).toMatchObject({ bits, machine: bits === 64 ? 'x86-64' : 'i386', entry: 0x100_0000 });
    expect(elf.placements).toEqual([
      { gpa: 0x100_0000, bytes: Uint8Array.of(1, 2, 3) },
      { gpa: 0x200_0000, bytes: Uint8Array.of(4) },
    ]);
    expect(elf.zeroed).toEqual([
      { gpa: 0x200_0001, byteCount: 0xfff },
      { gpa: 0x300_0000, byteCount: 8 },
    ]);
    expect(elf.end).toBe(0x300_0008);
  });

  const cases: [string, Uint8Array, Partial<LoadError>][] = [
    [
      'another architecture',
      elfFile({ machine: 183 }),
      { kind: 'wrong-architecture', message: 'the kernel is for 64-bit ARM, not for an x86 processor' },
    ],
    ['an unheard-of architecture', elfFile({ machine: 999 }), { kind: 'wrong-architecture' }],
    ['big-endian', changed(elfFile(), 5, 2), { kind: 'wrong-architecture' }],
    ['another class', changed(elfFile(), 4, 3), { kind: 'corrupt' }],
    ['a shared library', elfFile({ type: 3 }), { kind: 'not-a-kernel' }],
    ['nothing to load', elfFile({ segments: [] }), { kind: 'not-a-kernel' }],
    [
      'more file than memory',
      elfFile({ segments: [{ gpa: 0, bytes: new Uint8Array(2), memoryBytes: 1 }] }),
      { kind: 'corrupt' },
    ],
    [
      'beyond 4 GiB',
      elfFile({ segments: [{ gpa: 2 ** 32 - 1, bytes: new Uint8Array(2) }] }),
      { kind: 'does-not-fit' },
    ],
    [
      'far beyond',
      elfFile({ segments: [{ gpa: 2 ** 60, bytes: new Uint8Array(2) }] }),
      { kind: 'does-not-fit' },
    ],
    ['headers of no size', changed(elfFile(), 54, 0), { kind: 'corrupt' }],
    ['thousands of segments', changed(elfFile(), 57, 0xff), { kind: 'corrupt' }],
    ['a shell script', new TextEncoder().encode('#!/bin/sh'), { kind: 'not-a-kernel' }],
  ];
  it.each(cases)('refuses %s', (_, file, error) => {
    expect(() => readElf(file)).toThrow(expect.objectContaining(error));
  });

  it('calls every shortened file cut off', () => {
    const file = elfFile({ segments: SEGMENTS.slice(0, 1) });
    for (let length = 4; length < file.length; length += 1) {
      expect(() => readElf(file.subarray(0, length))).toThrow(expect.objectContaining({ kind: 'truncated' }));
    }
  });

  it('either reads a damaged file or says why not', () => {
    const file = elfFile({ segments: SEGMENTS });
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
        expectLoadErrorOnly(() => readElf(changed(file, at, byte)));
      }),
    );
  });
});

function changed(file: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = file.slice();
  copy[at] = byte;
  return copy;
}

function expectLoadErrorOnly(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(LoadError);
  }
}
