/**
 * The opcode table of disassembler, trace and instruction generator. Intel SDM volume 2, "Opcode Map".
 *
 * A row is `KEY NAME [OPERANDS] [ATTRIBUTES]`. KEY: mandatory prefix (`np` for none, 66, f2, f3; missing: any), map (0f,
 * 0f38, 0f3a), opcode, then `+` (register in the low bits), `/d` (ModRM.reg), `=xx` (the ModRM byte), `m` or `r` (ModRM.rm
 * is memory or a register). NAME: one name, or names by operand size 16/32/64 with slashes.
 * OPERANDS: a letter says where, a second how large. E ModRM.rm, M the same as memory only, R as register only,
 * G ModRM.reg, Z the opcode's register, A the accumulator, S C D segment, control, debug registers, V W U XMM registers
 * (reg; rm; rm as register), P Q N MMX registers likewise, F ST(i), I immediate (s sign-extended, c comparison), J branch
 * target, O address without ModRM, X Y string operands, Ap a far pointer; lower case is itself. Sizes: b 1, w 2, d 4, q 8,
 * o 16, t 10, v by operand size, z the same up to 4, y 4 or 8, m 4 or 8 by mode, p far pointer, x two of y, a
 * two of v; others none.
 * ATTRIBUTES: d64 64-bit operands by default in 64-bit mode, f64 always, i64 invalid in 64-bit mode, o64 only there.
 */

import { INTEGER_OPCODES } from './integer-opcodes.ts';
import { SIMD_OPCODES } from './simd-opcodes.ts';
import { X87_OPCODES } from './x87-opcodes.ts';

/** Mandatory prefix of an opcode: ANY takes all as usual, NONE takes none of 66h, F2h, F3h. */
export const Mandatory = { ANY: -1, NONE: 0, P66: 0x66, PF2: 0xf2, PF3: 0xf3 } as const;
export type Mandatory = (typeof Mandatory)[keyof typeof Mandatory];

/** One row of the table. */
export interface Opcode {
  /** Names for operand sizes 16, 32, 64; one name for all has one element. */
  readonly names: readonly string[];
  readonly operands: readonly string[];
  readonly prefix: Mandatory;
  /** 0 one byte, 1 = 0F, 2 = 0F 38, 3 = 0F 3A. */
  readonly map: 0 | 1 | 2 | 3;
  readonly opcode: number;
  /** The register is in the opcode's low three bits: `opcode` is the first of eight. */
  readonly inOpcode: boolean;
  /** ModRM.reg, -1 when it is an operand or there is no ModRM. */
  readonly digit: number;
  /** The whole ModRM byte, or -1. */
  readonly modrm: number;
  /** What ModRM.rm may be. */
  readonly rm: 'any' | 'memory' | 'register';
  readonly hasModrm: boolean;
  readonly set: 'integer' | 'x87' | 'simd';
  readonly defaults64: boolean;
  readonly forced64: boolean;
  readonly invalid64: boolean;
  readonly only64: boolean;
}

const KEY = /^(np|66|f2|f3)?(0f38|0f3a|0f)?([0-9a-f]{2})(\+)?(?:\/(\d))?(?:=([0-9a-f]{2}))?:?([mr])?$/;
const MAPS: Readonly<Record<string, 0 | 1 | 2 | 3>> = { '0f': 1, '0f38': 2, '0f3a': 3 };
const PREFIXES: Readonly<Record<string, Mandatory>> = { np: 0, '66': 0x66, f2: 0xf2, f3: 0xf3 };
/** Operands that come from ModRM. */
const IN_MODRM = /^[EMRGSCDVWUPQNF]/;

function parse(row: string, set: Opcode['set']): Opcode {
  const [key, names, operands, ...rest] = row.split(' ');
  const match = KEY.exec(key!);
  if (match === null) throw new Error(`opcode table: no key: ${row}`);
  const [, prefix, map, opcode, plus, digit, modrm, rm] = match;
  const list = operands === undefined || operands === '-' ? [] : operands.split(',');
  const one = Number.parseInt(opcode!, 16);
  return {
    names: names!.split('/'),
    operands: list,
    prefix: prefix === undefined ? Mandatory.ANY : PREFIXES[prefix]!,
    map: map === undefined ? 0 : MAPS[map]!,
    opcode: one,
    inOpcode: plus !== undefined,
    digit: digit === undefined ? -1 : Number(digit),
    modrm: modrm === undefined ? -1 : Number.parseInt(modrm, 16),
    rm: rm === 'm' ? 'memory' : rm === 'r' ? 'register' : 'any',
    hasModrm: digit !== undefined || modrm !== undefined || list.some((operand) => IN_MODRM.test(operand)),
    set,
    defaults64: rest.includes('d64'),
    forced64: rest.includes('f64'),
    invalid64: rest.includes('i64'),
    only64: rest.includes('o64'),
  };
}

/** All instructions that are known. */
export const OPCODES: readonly Opcode[] = [
  ...INTEGER_OPCODES.map((row) => parse(row, 'integer')),
  ...X87_OPCODES.map((row) => parse(row, 'x87')),
  ...SIMD_OPCODES.map((row) => parse(row, 'simd')),
];

function particularity(opcode: Opcode): number {
  return (
    (opcode.modrm >= 0 ? 8 : 0) +
    (opcode.prefix > 0 ? 4 : 0) +
    (opcode.digit >= 0 ? 2 : 0) +
    (opcode.rm !== 'any' ? 1 : 0)
  );
}

/** By map << 8 | opcode, the particular ones first. */
const index = new Map<number, Opcode[]>();
for (const entry of OPCODES) {
  // XCHG begins at 91: 90 is NOP.
  const last = entry.inOpcode ? entry.opcode | 7 : entry.opcode;
  for (let opcode = entry.opcode; opcode <= last; opcode += 1) {
    const key = (entry.map << 8) | opcode;
    const list = index.get(key);
    if (list === undefined) index.set(key, [entry]);
    else list.push(entry);
  }
}
for (const list of index.values()) list.sort((a, b) => particularity(b) - particularity(a));

const NOTHING: readonly Opcode[] = [];

/** Rows of an opcode byte in a map, the one to prefer first. */
export function opcodesAt(map: number, opcode: number): readonly Opcode[] {
  return index.get((map << 8) | opcode) ?? NOTHING;
}
