/** Which instructions take part in the comparison, in which class, and why others do not. */

import { OPCODES, type Opcode } from '../../src/disassembler/opcode-table.ts';
import type { CodeBits } from '../../src/index.ts';

/** Reasons for leaving instructions out. */
const SYSTEM = 'talks to the operating system of the host';
const TABLES = 'depends on descriptor tables, which differ; tested in test/programs and test/system';
const HOST = 'gives what the host is or measures';
const STATE = 'needs floating-point state, which this class does not set';
const POINTERS = 'stores instruction and data pointers, which vendors keep differently';
const ABSENT = 'not offered by our processor';

const GROUPS: readonly (readonly [string, string])[] = [
  [SYSTEM, 'syscall sysenter vmcall vmmcall wrfsbase wrgsbase rdfsbase rdgsbase xsetbv int1 swapgs'],
  [TABLES, 'retf iretw lar lsl verr verw arpl les lds lss lfs lgs sldt str sgdt sidt smsw sysretd sysexitd'],
  [TABLES, 'lgdt lidt lldt ltr lmsw'],
  [
    HOST,
    'cpuid rdtsc rdtscp rdpmc rdrand rdseed monitor mwait xgetbv xsave xrstor xsaveopt ud0 ud1 rsm clac stac',
  ],
  [POINTERS, 'fnsave fnstenv'],
  [STATE, 'fxsave fxrstor ldmxcsr stmxcsr fwait'],
  [ABSENT, 'tzcnt lzcnt clflushopt salc'],
];

const LEFT_OUT = new Map(
  GROUPS.flatMap(([reason, names]) => names.split(' ').map((name) => [name, reason] as const)),
);

/** Why an instruction takes no part; undefined when it does. */
export function leftOut(opcode: Opcode): string | undefined {
  const { names, operands } = opcode;
  const [first, second] = operands;
  // PREFETCH of a register is a NOP for one vendor and invalid for the other.
  if (names[0] === 'nop' && opcode.opcode === 0x0d) return HOST;
  if (operands.includes('Ap') || ((names[0] === 'call' || names[0] === 'jmp') && first === 'Mp'))
    return TABLES;
  // Moves to segment registers; and vendors differ in what PUSH writes above the selector.
  if (names[0] === 'mov' && first === 'S') return TABLES;
  if ((names[0] === 'pop' || names[0] === 'push') && /^[c-gs]s$|^es$/.test(first ?? '')) return TABLES;
  if (names[0] === 'int' && second === undefined) return SYSTEM;
  return LEFT_OUT.get(names[0]!);
}

const SEGMENT_NAMES = new Set('retf iretw lar lsl verr verw arpl les lds lss pop mov call jmp'.split(' '));

/** Rows that load or look at segments. FS and GS are left out: the host's program needs them itself. */
export function segmentOpcodes(bits: CodeBits): Opcode[] {
  return OPCODES.filter(({ names, operands, only64, invalid64 }) => {
    const [name] = names;
    const [first] = operands;
    if (!SEGMENT_NAMES.has(name!) || (bits === 64 ? invalid64 : only64)) return false;
    if (name === 'mov') return first === 'S';
    if (name === 'pop') return /^[eds]s$/.test(first!);
    return (name !== 'call' && name !== 'jmp') || first === 'Ap' || first === 'Mp';
  });
}

/** Rows of one class that take part in code of `bits` bits. */
export function opcodesOf(set: Opcode['set'], bits: CodeBits): Opcode[] {
  return OPCODES.filter(
    (opcode) =>
      opcode.set === set &&
      leftOut(opcode) === undefined &&
      !(bits === 64 ? opcode.invalid64 : opcode.only64),
  );
}
