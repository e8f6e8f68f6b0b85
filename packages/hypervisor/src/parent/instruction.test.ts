import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecodedMove, decodeMove } from './instruction.ts';

const plain: DecodedMove = {
  isWrite: false,
  memoryBytes: 4,
  registerBytes: 4,
  register: 0,
  highByte: false,
  signExtend: false,
  constant: 0n,
  instructionBytes: 2,
};

// Encodings as GNU as prints them.
const cases: [text: string, bytes: number[], expected: Partial<DecodedMove>, mode?: 32][] = [
  ['mov (%rdi),%eax', [0x8b, 0x07], {}],
  ['mov (%rdi),%rax', [0x48, 0x8b, 0x07], { memoryBytes: 8, registerBytes: 8, instructionBytes: 3 }],
  ['mov (%rdi),%r9d', [0x44, 0x8b, 0x0f], { register: 9, instructionBytes: 3 }],
  [
    'mov %ax,(%rdi)',
    [0x66, 0x89, 0x07],
    { isWrite: true, memoryBytes: 2, registerBytes: 2, instructionBytes: 3 },
  ],
  [
    'mov %dh,(%rdi)',
    [0x88, 0x37],
    { isWrite: true, memoryBytes: 1, registerBytes: 1, register: 2, highByte: true },
  ],
  [
    'mov %sil,(%rdi)',
    [0x40, 0x88, 0x37],
    { isWrite: true, memoryBytes: 1, registerBytes: 1, register: 6, instructionBytes: 3 },
  ],
  ['mov 0x300(%rip),%eax', [0x8b, 0x05, 0, 3, 0, 0], { instructionBytes: 6 }],
  ['mov 8(%rsp),%ecx', [0x8b, 0x4c, 0x24, 8], { register: 1, instructionBytes: 4 }],
  ['mov 0xfee00030,%eax', [0x8b, 0x04, 0x25, 0x30, 0, 0xe0, 0xfe], { instructionBytes: 7 }],
  ['movabs 0xfee00030,%eax', [0xa1, 0x30, 0, 0xe0, 0xfe, 0, 0, 0, 0], { instructionBytes: 9 }],
  ['mov %eax,0xfee00080', [0xa3, 0x80, 0, 0xe0, 0xfe], { isWrite: true, instructionBytes: 5 }, 32],
  [
    'movl $0x80000000,(%rdi)',
    [0xc7, 0x07, 0, 0, 0, 0x80],
    { isWrite: true, register: -1, constant: -0x8000_0000n, instructionBytes: 6 },
  ],
  [
    'movb $5,(%rdi)',
    [0xc6, 0x07, 5],
    { isWrite: true, memoryBytes: 1, registerBytes: 1, register: -1, constant: 5n, instructionBytes: 3 },
  ],
  ['movzbl (%rdi),%eax', [0x0f, 0xb6, 0x07], { memoryBytes: 1, instructionBytes: 3 }],
  [
    'movswq (%rdi),%rdx',
    [0x48, 0x0f, 0xbf, 0x17],
    { memoryBytes: 2, registerBytes: 8, register: 2, signExtend: true, instructionBytes: 4 },
  ],
];

describe('decodeMove', () => {
  it.each(cases)('%s', (_, bytes, expected, mode) => {
    const padded = new Uint8Array(16);
    padded.set(bytes);
    expect(decodeMove(padded, mode !== 32)).toEqual({ ...plain, ...expected });
  });

  it.each([
    ['add %al,(%rax)', [0x00, 0x00]],
    ['register operands', [0x8b, 0xc7]],
    ['cut short', [0x8b, 0x04]],
    ['no bytes', []],
    ['16-bit addressing', [0x67, 0x8b, 0x07], 32],
    ['group 11 with another extension', [0xc7, 0x0f, 0, 0, 0, 0]],
  ] as [string, number[], 32?][])('knows no move in %s', (_, bytes, mode) => {
    expect(decodeMove(Uint8Array.from(bytes), mode !== 32)).toBeUndefined();
  });

  it('answers any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 16 }), fc.boolean(), (bytes, is64Bit) => {
        const move = decodeMove(bytes, is64Bit);
        if (move !== undefined) expect([1, 2, 4, 8]).toContain(move.memoryBytes);
      }),
    );
  });
});
