/**
 * Makes cases of several instructions, in which flags pass from one to the next: what single instructions do not show of
 * lazy flags, fused operations and precise state. Memory operands have addresses that no register changes.
 */

import type { Opcode } from '../../src/disassembler/opcode-table.ts';
import type { CodeBits } from '../../src/index.ts';
import { ARITHMETIC_FLAGS, Flag, type TestCase } from './case.ts';
import { type Encoded, encodeInstruction } from './encode.ts';
import { makeFloats } from './floats.ts';
import { CODE, CODE_BYTES, DATA, DATA_BYTES, MOST_CODE } from './layout.ts';
import { Random } from './random.ts';
import { undefinedFlags, undefinedResult } from './undefined.ts';

const SLOT_BYTES = 128;
const SLOT_START = 40;
const SLOTS = CODE_BYTES / SLOT_BYTES - 2;
const MOST_INSTRUCTIONS = 10;

const { CF, PF, AF, ZF, SF, OF } = Flag;
const ALL = ARITHMETIC_FLAGS;

/** Flags that an instruction reads, sets, and leaves undefined; others stay. */
interface Effects {
  readonly reads: number;
  readonly sets: number;
  readonly spoils: number;
}

const effects = (reads: number, sets: number, spoils = 0): Effects => ({ reads, sets, spoils });

/** Instructions that may take part, by name. Shifts and conditions are computed. */
const EFFECTS = new Map<string, Effects>(
  (
    [
      ['add sub cmp neg xadd cmpxchg popcnt comiss comisd ucomiss ucomisd ptest', effects(0, ALL)],
      ['pcmpistri pcmpistrm fcomi fcomip fucomi fucomip', effects(0, ALL)],
      ['adc sbb', effects(CF, ALL)],
      ['inc dec', effects(0, ALL & ~CF)],
      ['and or xor test', effects(0, ALL & ~AF, AF)],
      ['imul mul', effects(0, CF | OF, SF | ZF | AF | PF)],
      ['bt bts btr btc', effects(0, CF, OF | SF | AF | PF)],
      ['bsf bsr', effects(0, ZF, CF | OF | SF | AF | PF)],
      ['clc stc', effects(0, CF)],
      ['cmc', effects(CF, CF)],
      ['sahf', effects(0, SF | ZF | AF | PF | CF)],
      ['lahf', effects(SF | ZF | AF | PF | CF, 0)],
      ['cmpxchg8b', effects(0, ZF)],
      ['mov movzx movsx movsxd lea xchg bswap not cbw cwd movbe crc32 movnti', effects(0, 0)],
    ] as const
  ).flatMap(([names, what]) => names.split(' ').map((name) => [name, what] as const)),
);

/** Flags of the conditions O, B, E, BE, S, P, L, LE. */
const CONDITIONS = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, ZF | SF | OF];
const CONDITIONAL = /^(cmov|set|j|fcmov)(n?[opsb]|n?e|be|a|ae|l|ge|le|g|n?u|nbe|np|ns)$/;
const SHIFTS = new Set(['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sar', 'shld', 'shrd']);
/** Results that processors approximate or treat differently, and stores through a hidden pointer. */
const INEXACT =
  /^(cvtpi2ps|cvtt?p[sd]2pi|rcp|rsqrt|maskmov|pcmpe|f2xm1|fyl2x|fptan|fpatan|fsin|fcos|fnsave|fnstenv|frstor|fldenv)/;

/** Whether a row may take part in sequences. */
export function fitsSequence(opcode: Opcode): boolean {
  const name = opcode.names[0]!;
  if (INEXACT.test(name) || opcode.operands.some((operand) => /^([XYSCD].?|M)$/.test(operand))) return false;
  return opcode.set !== 'integer' || EFFECTS.has(name) || SHIFTS.has(name) || CONDITIONAL.test(name);
}

const SHIFTED = CF | ZF | SF | PF | OF | AF;

function shiftEffects(opcode: Opcode, encoded: Encoded): Effects | undefined {
  const name = opcode.names[0]!;
  const bits = opcode.operands[0] === 'Eb' ? 8 : encoded.operandBits;
  const reads = name === 'rcl' || name === 'rcr' ? CF : 0;
  const last = opcode.operands.at(-1);
  const double = name === 'shld' || name === 'shrd';
  if (last === 'cl') {
    if (double && bits === 16) return undefined;
    // The count is not known: flags that may stay as they were and that may be undefined.
    if (reads !== 0 || name === 'rol' || name === 'ror') return effects(reads, 0, OF);
    return effects(reads, 0, OF | AF | (bits < 32 ? CF : 0));
  }
  const count = last === '1' ? 1 : encoded.immediate;
  if (undefinedResult(name, bits, count)) return undefined;
  if ((count & (bits === 64 ? 63 : 31)) === 0) return effects(reads, 0);
  const spoils = undefinedFlags(name, bits, count);
  const rotates = !double && name[0] === 'r';
  return effects(reads, (rotates ? CF | OF : SHIFTED) & ~spoils, spoils);
}

function effectsOf(opcode: Opcode, encoded: Encoded): Effects | undefined {
  const name = opcode.names[0]!;
  if (SHIFTS.has(name)) return shiftEffects(opcode, encoded);
  if (name === 'bswap' && encoded.operandBits === 16) return undefined;
  // Bit strings would have their address in a register.
  if (name.startsWith('bt') && encoded.isMemory && encoded.reg >= 0) return undefined;
  if (opcode.set === 'x87' && name.startsWith('fcmov')) return effects(ALL, 0);
  const conditional = CONDITIONAL.test(name) && opcode.set === 'integer';
  if (conditional) return effects(CONDITIONS[(opcode.opcode >> 1) & 7]!, 0);
  return EFFECTS.get(name) ?? effects(0, 0);
}

/** An instruction whose inputs are all defined. */
function nextInstruction(
  random: Random,
  opcodes: readonly Opcode[],
  bits: CodeBits,
  codeAt: number,
  at: number,
  spoiled: number,
) {
  for (;;) {
    const opcode = random.pick(opcodes);
    const aligned = opcode.operands.some((operand) => operand[1] === 'o' || operand[1] === 'x');
    const offset = random.below(DATA_BYTES - 32);
    const target = DATA + (aligned ? offset & ~15 : offset);
    const address = CODE + codeAt + at;
    const landing = CODE + codeAt - 2 - random.below(16);
    const encoded = encodeInstruction(random, opcode, { bits, target, address, landing });
    const what = effectsOf(opcode, encoded);
    if (what !== undefined && (what.reads & spoiled) === 0) return { encoded, what };
  }
}

/** Makes the case of a seed from rows that {@link fitsSequence} accepts. */
export function generateSequence(
  opcodes: readonly Opcode[],
  bits: CodeBits,
  seed: number,
  place: number,
): TestCase {
  const random = new Random(seed);
  const codeAt = (1 + (place % SLOTS)) * SLOT_BYTES + SLOT_START;
  const code: number[] = [];
  let spoiled = 0;
  let spoiledEarly = 0;
  for (let count = 2 + random.below(MOST_INSTRUCTIONS - 1); count > 0; count -= 1) {
    const { encoded, what } = nextInstruction(random, opcodes, bits, codeAt, code.length, spoiled);
    if (code.length + encoded.code.length > MOST_CODE) break;
    code.push(...encoded.code);
    spoiled = (spoiled & ~what.sets) | what.spoils;
    spoiledEarly |= spoiled;
  }
  const registers = BigUint64Array.from({ length: 16 }, () => random.integer());
  if (bits !== 64) {
    registers.forEach((value, register) => {
      registers[register] = register < 8 ? value & 0xffffffffn : 0n;
    });
  }
  const floating = opcodes.find(({ set }) => set !== 'integer');
  return {
    seed,
    opcode: SEQUENCE,
    bits,
    codeAt,
    code: Uint8Array.from(code),
    registers,
    flags: random.next() & ALL,
    patchAt: 0,
    patch: new Uint8Array(0),
    floats: floating === undefined ? undefined : makeFloats(random, floating),
    undefinedFlags: spoiled,
    undefinedEarly: spoiledEarly,
    undefinedResult: false,
  };
}

/** Stands for the row of a single instruction. */
const SEQUENCE: Opcode = {
  names: ['sequence'],
  operands: [],
  prefix: -1,
  map: 0,
  opcode: 0,
  inOpcode: false,
  digit: -1,
  modrm: -1,
  rm: 'any',
  hasModrm: false,
  set: 'integer',
  defaults64: false,
  forced64: false,
  invalid64: false,
  only64: false,
};
