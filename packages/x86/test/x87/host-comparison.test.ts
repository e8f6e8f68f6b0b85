import { afterAll, describe, it } from 'vitest';
import { type Batch, BothProcessors, type FloatState, operandAt } from './both-processors.ts';
import { expectSame } from './expect-same.ts';
import {
  between,
  type CaseOptions,
  decimalOperand,
  distance,
  extendedOperand,
  Random,
  realOperand,
  state,
} from './float-cases.ts';

const CASES = 150;
const both = BothProcessors.create();
afterAll(() => both?.dispose());

type Instruction = readonly [name: string, bytes: readonly number[], options?: CaseOptions];

const SINGLE = { operand: realOperand(32) };
const DOUBLE = { operand: realOperand(64) };
const ARITHMETIC = ['FADD', 'FMUL', 'FCOM', 'FCOMP', 'FSUB', 'FSUBR', 'FDIV', 'FDIVR'];

const arithmetic: Instruction[] = ARITHMETIC.flatMap((name, digit): Instruction[] => [
  [`${name} m32`, [0xd8, ...operandAt(digit)], SINGLE],
  [`${name} m64`, [0xdc, ...operandAt(digit)], DOUBLE],
  [`${name} m32 integer`, [0xda, ...operandAt(digit)]],
  [`${name} m16 integer`, [0xde, ...operandAt(digit)]],
  [`${name} ST, ST(1)`, [0xd8, 0xc1 + digit * 8]],
  [`${name} ST, ST(0)`, [0xd8, 0xc0 + digit * 8]],
  [`DC ${name} with ST(2)`, [0xdc, 0xc2 + digit * 8]],
  // DE /3 is FCOMPP, and only with ST(1).
  [`DE ${name} with ST(1)`, [0xde, 0xc1 + digit * 8]],
]);

const transfers: Instruction[] = [
  ['FLD m32', [0xd9, ...operandAt(0)], SINGLE],
  ['FST m32', [0xd9, ...operandAt(2)]],
  ['FSTP m32', [0xd9, ...operandAt(3)]],
  ['FILD m32', [0xdb, ...operandAt(0)]],
  ['FISTTP m32', [0xdb, ...operandAt(1)]],
  ['FIST m32', [0xdb, ...operandAt(2)]],
  ['FISTP m32', [0xdb, ...operandAt(3)]],
  ['FLD m80', [0xdb, ...operandAt(5)], { operand: extendedOperand }],
  ['FSTP m80', [0xdb, ...operandAt(7)]],
  ['FLD m64', [0xdd, ...operandAt(0)], DOUBLE],
  ['FISTTP m64', [0xdd, ...operandAt(1)]],
  ['FST m64', [0xdd, ...operandAt(2)]],
  ['FSTP m64', [0xdd, ...operandAt(3)]],
  ['FILD m16', [0xdf, ...operandAt(0)]],
  ['FISTTP m16', [0xdf, ...operandAt(1)]],
  ['FIST m16', [0xdf, ...operandAt(2)]],
  ['FISTP m16', [0xdf, ...operandAt(3)]],
  ['FBLD', [0xdf, ...operandAt(4)], { operand: decimalOperand }],
  ['FILD m64', [0xdf, ...operandAt(5)]],
  ['FBSTP', [0xdf, ...operandAt(6)]],
  ['FISTP m64', [0xdf, ...operandAt(7)]],
  ['FLD ST(0)', [0xd9, 0xc0]],
  ['FLD ST(3)', [0xd9, 0xc3]],
  ['FXCH', [0xd9, 0xca]],
  ['FST ST(2)', [0xdd, 0xd2]],
  ['FSTP ST(2)', [0xdd, 0xda]],
  ['FSTP ST(0)', [0xdd, 0xd8]],
  ['FCMOVB', [0xda, 0xc1]],
  ['FCMOVE', [0xda, 0xc9]],
  ['FCMOVBE', [0xda, 0xd1]],
  ['FCMOVU', [0xda, 0xd9]],
  ['FCMOVNB', [0xdb, 0xc1]],
  ['FCMOVNE', [0xdb, 0xca]],
  ['FCMOVNBE', [0xdb, 0xd1]],
  ['FCMOVNU', [0xdb, 0xd9]],
];

const others: Instruction[] = [
  ['FNOP', [0xd9, 0xd0]],
  ['FCHS', [0xd9, 0xe0]],
  ['FABS', [0xd9, 0xe1]],
  ['FTST', [0xd9, 0xe4]],
  ['FXAM', [0xd9, 0xe5]],
  ['FLD1', [0xd9, 0xe8]],
  ['FLDL2T', [0xd9, 0xe9]],
  ['FLDL2E', [0xd9, 0xea]],
  ['FLDPI', [0xd9, 0xeb]],
  ['FLDLG2', [0xd9, 0xec]],
  ['FLDLN2', [0xd9, 0xed]],
  ['FLDZ', [0xd9, 0xee]],
  ['FXTRACT', [0xd9, 0xf4]],
  ['FPREM1', [0xd9, 0xf5]],
  ['FDECSTP', [0xd9, 0xf6]],
  ['FINCSTP', [0xd9, 0xf7]],
  ['FPREM', [0xd9, 0xf8]],
  ['FSQRT', [0xd9, 0xfa]],
  ['FRNDINT', [0xd9, 0xfc]],
  ['FSCALE', [0xd9, 0xfd]],
  ['FUCOMPP', [0xda, 0xe9]],
  ['FUCOMI', [0xdb, 0xe9]],
  ['FCOMI', [0xdb, 0xf1]],
  ['FNCLEX', [0xdb, 0xe2]],
  ['FNINIT', [0xdb, 0xe3]],
  ['FENI', [0xdb, 0xe0]],
  ['FFREE', [0xdd, 0xc1]],
  ['FUCOM', [0xdd, 0xe1]],
  ['FUCOMP', [0xdd, 0xe9]],
  ['FUCOMIP', [0xdf, 0xe9]],
  ['FCOMIP', [0xdf, 0xf1]],
  ['FNSTSW AX', [0xdf, 0xe0]],
];

/** Encodings that no manual lists, as the processors have them. */
const undocumented: Instruction[] = [
  ['FSTP1', [0xd9, 0xda]],
  ['FXCH4', [0xdd, 0xc9]],
  ['FFREEP', [0xdf, 0xc1]],
  ['FXCH7', [0xdf, 0xc9]],
  ['FSTP8', [0xdf, 0xd1]],
  ['FSTP9', [0xdf, 0xd9]],
];

/** Processors differ in the last place, and so in C1. Exponents: where the manual defines the function, and far. */
const transcendental: Instruction[] = [
  ['F2XM1', [0xd9, 0xf0], { value: between(0x3fb9, 0x3ffe) }],
  ['FYL2X', [0xd9, 0xf1], { value: between(0x3fb9, 0x4045) }],
  ['FYL2X near one', [0xd9, 0xf1], { value: between(0x3ffd, 0x4001) }],
  ['FYL2XP1', [0xd9, 0xf9], { value: between(0x3fb9, 0x3ffc) }],
  ['FPATAN', [0xd9, 0xf3], { value: between(0x3ffa, 0x4004) }],
  ['FPATAN far', [0xd9, 0xf3], { value: between(0x3fb9, 0x4045) }],
  ['FSIN', [0xd9, 0xfe], { value: between(0x3fd7, 0x4001) }],
  ['FSIN of large numbers', [0xd9, 0xfe], { value: between(0x3ffc, 0x4045) }],
  ['FCOS', [0xd9, 0xff], { value: between(0x3fd7, 0x4001) }],
  ['FCOS of large numbers', [0xd9, 0xff], { value: between(0x3ffc, 0x4045) }],
  ['FPTAN', [0xd9, 0xf2], { value: between(0x3fd7, 0x4001) }],
  ['FPTAN of large numbers', [0xd9, 0xf2], { value: between(0x3ffc, 0x4045) }],
  ['FSINCOS', [0xd9, 0xfb], { value: between(0x3fd7, 0x4009) }],
];
const C1 = 0x200;

const CONDITIONS = 0x4700;
const PE_UE = 0x30;

/** Random states for an instruction, the same in every run; other hosts than the reference get no unmasked exceptions. */
function batch([name, instruction, given = {}]: Instruction): Batch {
  const options = both!.isReference ? given : { ...given, masked: true };
  const random = new Random([...name].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0), 7));
  return { instruction, states: Array.from({ length: CASES }, () => state(random, options)) };
}

function ignore(bits: number, found: FloatState, expected: FloatState): void {
  found.status = (found.status & ~bits) | (expected.status & bits);
}

describe.skipIf(both === undefined)('x87 against the host processor', () => {
  it.each([
    ['arithmetic and compares', arithmetic],
    ['transfers', transfers],
    ['other instructions', others],
    ['undocumented encodings', both?.isReference ? undocumented : []],
  ])('%s', (_name, instructions) => {
    const batches = instructions.map(batch);
    both!.run(batches).forEach(({ host, core }, n) => {
      batches[n]!.states.forEach((before, i) => {
        const name = instructions[n]![0];
        if (!both!.isReference && !/COM|FTST|FXAM/.test(name)) ignore(CONDITIONS, core[i]!, host[i]!);
        expectSame(name, before, core[i]!, host[i]!);
      });
    });
  });

  it('transcendental functions, within one unit in the last place', () => {
    const batches = transcendental.map(batch);
    both!.run(batches).forEach(({ host, core }, n) => {
      batches[n]!.states.forEach((before, i) => {
        const expected = host[i]!;
        const found = core[i]!;
        found.registers.forEach((register, place) => {
          if (distance(register, expected.registers[place]!) === 1n)
            found.registers[place] = expected.registers[place]!;
        });
        ignore(both!.isReference ? C1 : CONDITIONS | PE_UE, found, expected);
        expectSame(transcendental[n]![0], before, found, expected);
      });
    });
  });
});
