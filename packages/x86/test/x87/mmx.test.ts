import { afterAll, describe, expect, it } from 'vitest';
import { CodeMachine, Reg, StopReason } from '../../src/index.ts';
import { BothProcessors, operandAt } from './both-processors.ts';
import { expectSame } from './expect-same.ts';
import { bytes, type Extended, Random, state } from './float-cases.ts';

const CASES = 24;
const both = BothProcessors.create();
afterAll(() => both?.dispose());

/** Bytes that make saturation, equality and signs likely. */
const NOTABLE = [0, 1, 0x7f, 0x80, 0x81, 0xff, 0xfe, 0x40] as const;

function packedBytes(random: Random): Uint8Array {
  const made = bytes(random);
  if (random.below(3) === 0) made.set(Array.from(made, () => random.pick(NOTABLE)));
  // Small shift counts.
  if (random.below(3) === 0) made.fill(0, 1, 8);
  return made;
}

const packedNumber = (random: Random): Extended => {
  const made = packedBytes(random);
  return [random.word() & 0xffff, new DataView(made.buffer).getBigUint64(0)];
};

const TWO_OPERANDS: readonly (readonly [first: number, last: number])[] = [
  [0x60, 0x6b],
  [0x74, 0x76],
  [0xd1, 0xd5],
  [0xd8, 0xe5],
  [0xe8, 0xef],
  [0xf1, 0xf6],
  [0xf8, 0xfe],
];

const span = ([first, last]: readonly [number, number]) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
const hex = (value: number) => value.toString(16).padStart(2, '0');

const simple = TWO_OPERANDS.flatMap(span).map((opcode) => [0x0f, opcode]);
const ssse3 = [...span([0x00, 0x0b]), 0x1c, 0x1d, 0x1e].map((opcode) => [0x0f, 0x38, opcode]);
const both2 = [...simple, ...ssse3].flatMap((opcode): [string, number[]][] => [
  [`${opcode.map(hex).join(' ')} mm1, mm2`, [...opcode, 0xca]],
  [`${opcode.map(hex).join(' ')} mm3, memory`, [...opcode, ...operandAt(3)]],
]);

const immediates = [0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 63, 64, 0x1b, 0xe4, 0xff];
const withImmediate = immediates.flatMap((immediate): [string, number[]][] => [
  [`PSHUFW ${immediate}`, [0x0f, 0x70, 0xca, immediate]],
  [`PSHUFW memory, ${immediate}`, [0x0f, 0x70, ...operandAt(3), immediate]],
  [`PALIGNR ${immediate}`, [0x0f, 0x3a, 0x0f, 0xca, immediate]],
  [`PINSRW ${immediate}`, [0x0f, 0xc4, 0xc8, immediate]],
  [`PINSRW memory, ${immediate}`, [0x0f, 0xc4, ...operandAt(1), immediate]],
  [`PEXTRW ${immediate}`, [0x0f, 0xc5, 0xc1, immediate]],
  ...[0x71d2, 0x71e2, 0x71f2, 0x72d2, 0x72e2, 0x72f2, 0x73d2, 0x73f2].map((form): [string, number[]] => [
    `shift ${hex(form)} ${immediate}`,
    [0x0f, form >> 8, form & 0xff, immediate],
  ]),
]);

const moves: [string, number[]][] = [
  ['MOVD mm1, eax', [0x0f, 0x6e, 0xc8]],
  ['MOVQ mm1, rax', [0x48, 0x0f, 0x6e, 0xc8]],
  ['MOVD mm1, memory', [0x0f, 0x6e, ...operandAt(1)]],
  ['MOVQ mm1, memory by REX.W', [0x48, 0x0f, 0x6e, ...operandAt(1)]],
  ['MOVD eax, mm1', [0x0f, 0x7e, 0xc8]],
  ['MOVQ rax, mm1', [0x48, 0x0f, 0x7e, 0xc8]],
  ['MOVD memory, mm1', [0x0f, 0x7e, ...operandAt(1)]],
  ['MOVQ mm1, mm2', [0x0f, 0x6f, 0xca]],
  ['MOVQ mm1, memory', [0x0f, 0x6f, ...operandAt(1)]],
  ['MOVQ mm2, mm1 by 7F', [0x0f, 0x7f, 0xca]],
  ['MOVQ memory, mm1', [0x0f, 0x7f, ...operandAt(1)]],
  ['MOVNTQ', [0x0f, 0xe7, ...operandAt(1)]],
  ['PMOVMSKB', [0x0f, 0xd7, 0xc1]],
  // add rdi, 512; maskmovq mm1, mm2; sub rdi, 512
  ['MASKMOVQ', [0x48, 0x81, 0xc7, 0, 2, 0, 0, 0x0f, 0xf7, 0xca, 0x48, 0x81, 0xef, 0, 2, 0, 0]],
  ['EMMS', [0x0f, 0x77]],
];

describe.skipIf(both === undefined)('MMX against the host processor', () => {
  const groups = { 'two operands': both2, immediates: withImmediate, moves };
  for (const [group, instructions] of Object.entries(groups)) {
    it(group, () => {
      const random = new Random(group.length * 977);
      const batches = instructions.map(([, instruction]) => ({
        instruction,
        states: Array.from({ length: CASES }, () =>
          state(random, { value: packedNumber, operand: packedBytes }),
        ),
      }));
      both!.run(batches).forEach(({ host, core }, n) => {
        batches[n]!.states.forEach((before, i) => {
          expectSame(instructions[n]![0], before, core[i]!, host[i]!);
        });
      });
    });
  }
});

describe('MMX', () => {
  it('shares its registers with the x87 unit', () => {
    const machine = new CodeMachine({ memoryBytes: 1 << 20 });
    const { registers } = machine;
    registers.floatControl.fsw = 0x1800;
    registers.qwords[Reg.RAX] = 0x1122334455667788n;
    // fninit; movq mm2, rax
    expect(machine.run([0xdb, 0xe3, 0x48, 0x0f, 0x6e, 0xd0, 0xf4])).toBe(StopReason.HALT);
    expect(registers.floatControl).toMatchObject({ fsw: 0, ftw: 0xff });
    expect([...registers.x87.subarray(32, 42)]).toEqual([
      0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0xff, 0xff,
    ]);
  });

  it.each([
    ['LOCK', [0xf0, 0x0f, 0xfc, 0x07]],
    ['PMOVMSKB from memory', [0x0f, 0xd7, 0x07]],
    ['a shift in memory', [0x0f, 0x71, 0x17, 1]],
    ['0F 73 /4', [0x0f, 0x73, 0xe0, 1]],
    ['0F D0', [0x0f, 0xd0, 0xc0]],
    ['0F FF', [0x0f, 0xff, 0xc0]],
  ])('refuses %s', (_name, code) => {
    expect(new CodeMachine({ memoryBytes: 1 << 20 }).run([...code, 0xf4])).toBe(StopReason.UNRECOVERABLE);
  });
});
