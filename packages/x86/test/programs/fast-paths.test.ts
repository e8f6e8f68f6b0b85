/**
 * The handlers of frequent instructions, comparisons fused with branches, and links between blocks do what the general
 * ones do, which are used for every instruction while a data breakpoint is armed somewhere.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reg, Seg, StopReason } from '../../src/index.ts';
import { At, ProgramMachine } from './program-machine.ts';

/** RBX and RSI hold addresses, RSP the stack, RBP counts rounds: not for results. */
const FREE = [0, 1, 2, 7, 8, 9, 10, 11];
const RBX = 3;
const ROUNDS = 3;

const register = fc.constantFrom(...FREE);
const anyRegister = fc.constantFrom(...FREE, RBX);
const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 }));
const bytes = (count: number) => fc.array(byte, { minLength: count, maxLength: count });
/** Operand sizes by prefix: 32 bits, 64 bits; and 8 bits, whose opcodes are one lower. */
const size = fc.constantFrom<32 | 64 | 8>(32, 64, 8);

/** Prefix, opcode and ModRM of a form with a register and a register or memory operand at [RBX + disp8]. */
function form(
  bits: number,
  opcode: readonly number[],
  reg: number,
  rm: number,
  memory: boolean,
  at: number,
): number[] {
  const rex = 0x40 | (bits === 64 ? 8 : 0) | (reg > 7 ? 4 : 0) | (!memory && rm > 7 ? 1 : 0);
  const modrm = memory ? 0x43 | ((reg & 7) << 3) : 0xc0 | ((reg & 7) << 3) | (rm & 7);
  return [rex, ...opcode, modrm, ...(memory ? [at & 0x7f] : [])];
}

const operands = fc.record({ bits: size, reg: register, rm: register, memory: fc.boolean(), at: byte });

/** ADD … CMP in their forms with registers, memory and immediates. */
const arithmetic = fc
  .record({
    kind: fc.integer({ min: 0, max: 7 }),
    toRegister: fc.boolean(),
    immediate: fc.boolean(),
    low: byte,
  })
  .chain((what) => operands.map((where) => ({ ...what, ...where })))
  .map(({ kind, toRegister, immediate, low, bits, reg, rm, memory, at }) =>
    immediate
      ? [...form(bits, [bits === 8 ? 0x80 : 0x83], kind, rm, memory, at), low]
      : form(bits, [kind * 8 + (toRegister ? 2 : 0) + (bits === 8 ? 0 : 1)], reg, rm, memory, at),
  );

const tests = operands.map(({ bits, reg, rm, memory, at }) =>
  form(bits, [bits === 8 ? 0x84 : 0x85], reg, rm, memory, at),
);

const moves = fc
  .record({ load: fc.boolean() })
  .chain(({ load }) =>
    operands.map(({ bits, reg, rm, memory, at }) =>
      form(bits, [(load ? 0x8a : 0x88) + (bits === 8 ? 0 : 1)], reg, rm, memory, at),
    ),
  );

const extensions = fc
  .record({ opcode: fc.constantFrom(0xb6, 0xb7, 0xbe, 0xbf), wide: fc.boolean() })
  .chain(({ opcode, wide }) =>
    operands.map(({ reg, rm, memory, at }) => form(wide ? 64 : 32, [0x0f, opcode], reg, rm, memory, at)),
  );

const shifts = fc
  .record({ kind: fc.constantFrom(0, 1, 4, 5, 7), opcode: fc.constantFrom(0xc1, 0xd1, 0xd3), count: byte })
  .chain(({ kind, opcode, count }) =>
    operands.map(({ bits, rm }) => [
      ...form(bits === 8 ? 32 : bits, [opcode], kind, rm, false, 0),
      ...(opcode === 0xc1 ? [count] : []),
    ]),
  );

const singles = fc
  .record({ which: fc.integer({ min: 0, max: 8 }), code: fc.integer({ min: 0, max: 15 }), imm: bytes(4) })
  .chain(({ which, code, imm }) =>
    operands.map(({ bits, reg, rm, memory, at }) => {
      const wide = bits === 8 ? 32 : bits;
      if (which === 0) return form(wide, [0xff], code & 1, rm, memory, at); // INC, DEC
      if (which === 1) return form(wide, [0x0f, 0x40 | code], reg, rm, false, 0); // CMOVcc
      if (which === 2) return form(32, [0x0f, 0x90 | code], 0, rm, false, 0); // SETcc
      if (which === 3) return form(wide, [0x0f, 0xaf], reg, rm, false, 0); // IMUL
      if (which === 4) return [...form(wide, [0x69], reg, rm, false, 0), ...imm];
      if (which === 5) return form(wide, [0xf7], 2 + (code & 3), rm, false, 0); // NOT, NEG, MUL, IMUL
      if (which === 6) return [0x65, ...form(wide, [(code & 7) * 8 + 3], reg, RBX, true, at)]; // ADD … through GS
      if (which === 7) return [0x65, ...form(32, [0xff], code & 1, RBX, true, at)]; // INC, DEC through GS
      return form(wide, [0x8d], reg, RBX, true, at); // LEA
    }),
  );

/** PUSH of one register and POP of another. */
const stack = fc
  .tuple(anyRegister, register)
  .map(([from, to]) => [
    ...(from > 7 ? [0x41] : []),
    0x50 | (from & 7),
    ...(to > 7 ? [0x41] : []),
    0x58 | (to & 7),
  ]);

const plain = fc.oneof(arithmetic, moves, extensions, shifts, singles, stack);

/** A comparison, a branch on it, and an instruction that the branch leaps over. */
const branches = fc
  .tuple(
    fc.oneof(arithmetic, tests),
    fc.option(plain, { nil: [] }),
    fc.integer({ min: 0, max: 15 }),
    plain,
    fc.boolean(),
  )
  .map(([compare, between, code, skipped, near]) => [
    ...compare,
    ...between,
    ...(near ? [0x70 | code, skipped.length] : [0x0f, 0x80 | code, skipped.length, 0, 0, 0]),
    ...skipped,
  ]);

/** CALL of a piece with RET, which stands behind a jump. */
const calls = plain.map((piece) => [0xe8, 2, 0, 0, 0, 0xeb, piece.length + 1, ...piece, 0xc3]);

const program = fc.array(
  fc.oneof({ weight: 3, arbitrary: plain }, { weight: 4, arbitrary: branches }, calls),
  {
    minLength: 1,
    maxLength: 12,
  },
);

interface State {
  readonly registers: bigint[];
  readonly flags: bigint;
  readonly data: number[];
}

/** Executes the program a few times over and gives what it left. */
function execute(machine: ProgramMachine, code: readonly number[], seed: bigint, watched: boolean): State {
  const { qwords } = machine.cpu.registers;
  for (const [i, at] of FREE.entries()) qwords[at] = BigInt.asUintN(64, seed * BigInt(i * 2 + 1));
  qwords[Reg.RBX] = BigInt(At.DATA);
  qwords[Reg.RBP] = BigInt(ROUNDS);
  qwords[Reg.RSP] = BigInt(At.KERNEL_STACK);
  qwords[Reg.RFLAGS] = 2n;
  machine.segment(Seg.GS).base = 0x10n;
  qwords[Reg.DR0] = 0x7fff_0000n;
  qwords[Reg.DR7] = watched ? 0x10401n : 0x400n;
  for (let i = 0; i < 0x90; i += 1)
    machine.cpu.memory[At.DATA + i] = Number((seed >> BigInt(i % 57)) & 0xffn);
  // dec ebp; jnz start; hlt. The flags of the last instruction are stored before.
  const back = code.length + 1 + 2 + 6;
  const loop = [0x9c, 0xff, 0xcd, 0x0f, 0x85, ...int32(-back), 0xf4];
  expect(machine.run([...code, ...loop])).toBe(StopReason.HALT);
  expect(machine.caught).toEqual([]);
  const flags = machine.view.getBigUint64(machine.get(Reg.RSP), true);
  return {
    registers: FREE.map((at) => qwords[at]!),
    flags,
    data: [...machine.cpu.memory.subarray(At.DATA, At.DATA + 0x90)],
  };
}

function int32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}

describe('fast paths', () => {
  it('leave what the general handlers leave', () => {
    const fast = new ProgramMachine();
    const slow = new ProgramMachine();
    fc.assert(
      fc.property(program, fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), (pieces, seed) => {
        const code = pieces.flat();
        expect(execute(fast, code, seed, false)).toEqual(execute(slow, code, seed, true));
      }),
      { numRuns: 1500 },
    );
  });
});
