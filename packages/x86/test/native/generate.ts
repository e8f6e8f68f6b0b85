/** Makes cases: an instruction, operands that it can work on, and a state around it. */

import type { Opcode } from '../../src/disassembler/opcode-table.ts';
import type { CodeBits } from '../../src/index.ts';
import { ARITHMETIC_FLAGS, Flag, segmentBases, type TestCase } from './case.ts';
import { chooseFarTarget, chooseSelector, type Encoded, encodeInstruction, landing } from './encode.ts';
import { makeFloats, makeOperand } from './floats.ts';
import { CODE, CODE_BYTES, DATA, DATA_BYTES, PAGE, READ_ONLY } from './layout.ts';
import { Random } from './random.ts';
import { undefinedFlags, undefinedResult } from './undefined.ts';

/** Cases lie this far apart, so that short branches stay among INT3. */
const SLOT_BYTES = 64;
const SLOT_START = 24;
const SLOTS = CODE_BYTES / SLOT_BYTES - 2;

/** Raises what an x87 instruction left pending. */
const FWAIT = 0x9b;

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;
const RSP = 4;
const RBP = 5;
const RSI = 6;
const RDI = 7;

/** Bytes of a case's memory and where they lie from DATA on. */
interface Patch {
  at: number;
  readonly bytes: Uint8Array;
}

/** A case on its way. */
interface Draft {
  readonly random: Random;
  readonly opcode: Opcode;
  readonly bits: CodeBits;
  readonly target: number;
  readonly address: number;
  /** Linear address of offset 0 in the data segments. */
  readonly dataBase: number;
  readonly encoded: Encoded;
  readonly registers: BigUint64Array;
  flags: number;
  patch: Patch | undefined;
}

/** Makes the case of a seed from a row of the opcode table; `place` numbers the cases of a batch. */
export function generateCase(opcode: Opcode, bits: CodeBits, seed: number, place: number): TestCase {
  const random = new Random(seed);
  const target = chooseTarget(random, opcode);
  const codeAt = chooseCodePlace(random, place);
  const encoded = encodeInstruction(random, opcode, { bits, target, address: CODE + codeAt });
  const draft: Draft = {
    random,
    opcode,
    bits,
    target,
    address: CODE + codeAt,
    dataBase: segmentBases(bits).data,
    encoded,
    registers: new BigUint64Array(16),
    flags: chooseFlags(random, opcode),
    patch: undefined,
  };
  fillRegisters(draft);
  refine(draft);
  for (const [register, value] of encoded.fixed) draft.registers[register] = value;
  if (bits !== 64) cutRegisters(draft.registers);
  const name = opcode.names[0]!;
  const count = shiftCount(draft);
  const size = opcode.operands[0]?.[1] === 'b' ? 8 : encoded.operandBits;
  return {
    seed,
    opcode,
    bits,
    code: Uint8Array.from(opcode.set === 'x87' && random.once(2) ? [...encoded.code, FWAIT] : encoded.code),
    codeAt,
    registers: draft.registers,
    flags: draft.flags,
    patchAt: draft.patch?.at ?? 0,
    patch: draft.patch?.bytes ?? new Uint8Array(0),
    floats: opcode.set === 'integer' ? undefined : makeFloats(random, opcode),
    undefinedFlags: undefinedFlags(name, size, count),
    undefinedEarly: undefinedFlags(name, size, count),
    undefinedResult: undefinedResult(name, size, count),
  };
}

function cutRegisters(registers: BigUint64Array): void {
  registers.forEach((value, register) => {
    registers[register] = register < 8 ? value & 0xffffffffn : 0n;
  });
}

/** An address in the data, seldom where an access fails. */
function chooseTarget(random: Random, opcode: Opcode): number {
  // Packed operands have to be aligned.
  const packed = opcode.operands.some((operand) => operand[1] === 'o');
  const aligned = packed ? !random.once(10) : random.once(3);
  const at = DATA + 256 + random.below(DATA_BYTES - 512);
  switch (random.below(40)) {
    case 0: // over the end into a missing page
      return DATA + DATA_BYTES - random.below(20);
    case 1: // over the start
      return DATA - random.below(20);
    case 2:
      return READ_ONLY + random.below(PAGE - 16);
    case 3: // from one page to the other
      return DATA + PAGE - random.below(20);
    case 4:
      return random.next() & 0x7fffffff;
    default:
      return aligned ? at & ~15 : at;
  }
}

/** Mostly a slot; seldom the end of a page or of all code. */
function chooseCodePlace(random: Random, place: number): number {
  const slot = 1 + (place % SLOTS);
  if (random.once(60)) return ((slot * SLOT_BYTES) | (PAGE - 1)) - random.below(12);
  if (random.once(400)) return CODE_BYTES - 1 - random.below(8);
  return slot * SLOT_BYTES + SLOT_START;
}

function chooseFlags(random: Random, opcode: Opcode): number {
  let flags = random.next() & ARITHMETIC_FLAGS;
  if (random.once(4)) flags |= Flag.DF;
  // Vendors check the alignment of vectors differently.
  if (random.once(32) && opcode.set === 'integer') flags |= Flag.AC;
  return flags;
}

function fillRegisters({ random, registers, dataBase, bits }: Draft): void {
  registers.forEach((_, register) => {
    registers[register] = random.integer();
  });
  let stack = (DATA + 512 + random.below(DATA_BYTES - 1024)) & ~7;
  if (random.once(16)) stack = DATA + DATA_BYTES - random.below(32);
  if (random.once(32)) stack = DATA + random.below(32);
  registers[RSP] = BigInt(stack - dataBase);
  // A 16-bit stack pointer leaves the rest of ESP alone.
  if (bits === 16 && random.once(2)) registers[RSP] |= BigInt(random.below(0x10000) << 15) << 1n;
}

/** Linear address of the top of the stack. */
function stackTop({ registers, dataBase, bits }: Draft): number {
  const pointer = bits === 16 ? registers[RSP]! & 0xffffn : registers[RSP]!;
  return Number(pointer) + dataBase;
}

function shiftCount({ opcode, encoded, registers }: Draft): number {
  const last = opcode.operands.at(-1);
  if (last === 'cl') return Number(registers[RCX]! & 0xffn);
  return last === '1' ? 1 : encoded.immediate;
}

/** Puts bytes into the data at an address, where there is data. */
function patch(draft: Draft, address: number, value: bigint, bytes: number): void {
  const at = address - DATA;
  if (at < 0 || at + bytes > DATA_BYTES) return;
  const content = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i += 1) content[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  draft.patch = { at, bytes: content };
}

const masked = (value: bigint, bits: number) => BigInt.asUintN(bits, value);

/** Operand bits with the byte forms told apart. */
function operandSize({ opcode, encoded }: Draft): number {
  return opcode.operands[0]?.[1] === 'b' ? 8 : encoded.operandBits;
}

/** Gives the operand of ModRM.rm a value, in its register or in memory. */
function setRm(draft: Draft, value: bigint): void {
  const { encoded, registers, target } = draft;
  if (encoded.isMemory) patch(draft, target, value, operandSize(draft) / 8);
  else if (encoded.rm >= 0) registers[encoded.rm] = value;
}

/** Values without which an instruction would mostly fail, or do the same. */
function refine(draft: Draft): void {
  const { random, registers, opcode } = draft;
  const refinement = segmentRefinement(draft) ?? REFINEMENTS[opcode.names[0]!];
  if (refinement !== undefined) refinement(draft);
  else if (opcode.operands.some((operand) => /^[XY]/.test(operand))) refineString(draft);
  if (opcode.set !== 'integer') refineFloat(draft);
  if (opcode.operands.at(-1) === 'cl' && random.once(2)) {
    registers[RCX] = (registers[RCX]! & ~0xffn) | BigInt(random.below(70));
  }
}

/** RIP of INT3 behind the instruction. */
const codePointer = ({ random, address, encoded, bits }: Draft) =>
  landing(address, encoded.code.length, random) - BigInt(segmentBases(bits).code);
/** Offset of something in the data. */
const dataPointer = ({ random, dataBase }: Draft) =>
  BigInt(DATA + 256 + random.below(DATA_BYTES - 1024) - dataBase);

function refineString(draft: Draft): void {
  const { random, registers, encoded, bits, dataBase } = draft;
  const count = BigInt(random.once(8) ? random.below(5000) : random.below(24));
  // Whether a repetition of nothing clears the upper halves of 32-bit addresses depends on the vendor.
  const wide = encoded.addressBits < Math.max(bits, 32) && count !== 0n && random.once(2);
  const upper = wide ? BigInt(random.next()) << BigInt(encoded.addressBits) : 0n;
  const source = dataPointer(draft);
  registers[RSI] = source | upper;
  registers[RDI] = (random.once(3) ? source + BigInt(random.below(32) - 16) : dataPointer(draft)) | upper;
  registers[RCX] = count | upper;
  const last = BigInt(DATA + DATA_BYTES - random.below(64) - dataBase);
  if (random.once(16)) registers[random.pick([RSI, RDI])] = last;
  if (random.once(2)) registers[RAX] = 0n;
}

/** Memory operands of the right kind; lengths and the hidden pointer of some instructions. */
function refineFloat(draft: Draft): void {
  const { random, opcode, encoded, registers, target } = draft;
  const name = opcode.names[0]!;
  const at = target - DATA;
  if (encoded.isMemory && at >= 0 && at + 16 <= DATA_BYTES)
    draft.patch = { at, bytes: makeOperand(random, opcode) };
  if (name.startsWith('pcmpestr')) {
    registers[RAX] = BigInt.asUintN(64, BigInt(random.below(40) - 20));
    registers[RDX] = BigInt.asUintN(64, BigInt(random.below(40) - 20));
  }
  if (name.startsWith('maskmov')) registers[RDI] = dataPointer(draft);
}

function refineDivision(draft: Draft): void {
  const { random, registers, opcode } = draft;
  const bits = operandSize(draft);
  if (random.once(4)) return;
  const signed = opcode.names[0] === 'idiv';
  const divisor = masked(random.integer(), bits) || 3n;
  const negative = signed && random.once(2);
  // A quotient that fits, more or less.
  const quotient = masked(random.integer(), signed ? bits - 1 : bits);
  const dividend = negative ? -(quotient * divisor) : quotient * divisor + BigInt(random.below(3));
  setRm(draft, signed && random.once(2) ? masked(-divisor, bits) : divisor);
  if (bits === 8) registers[RAX] = masked(dividend, 16) | (random.wide() & ~0xffffn);
  else {
    registers[RAX] = masked(dividend, bits);
    registers[RDX] = masked(dividend >> BigInt(bits), bits);
  }
}

function refineReturn(draft: Draft): void {
  if (draft.random.once(4)) return;
  const bits = draft.bits === 64 ? 64 : draft.encoded.operandBits;
  patch(draft, stackTop(draft), codePointer(draft), bits / 8);
}

function refineIndirect(draft: Draft): void {
  const { random, registers, encoded, target, bits } = draft;
  if (random.once(6)) return;
  if (encoded.isMemory)
    patch(draft, target, codePointer(draft), (bits === 64 ? 64 : encoded.operandBits) / 8);
  else registers[encoded.rm] = codePointer(draft);
}

function refineCompareExchange(draft: Draft): void {
  const { random, registers } = draft;
  if (random.once(2)) setRm(draft, masked(registers[RAX]!, operandSize(draft)));
}

function refineWideExchange(draft: Draft): void {
  const { random, registers, encoded, target } = draft;
  const half = encoded.operandBits === 64 ? 64 : 32;
  if (random.once(2)) return;
  const value = masked(registers[RAX]!, half) | (masked(registers[RDX]!, half) << BigInt(half));
  patch(draft, target, value, half / 4);
}

function refineFlagsPop(draft: Draft): void {
  const { random, encoded } = draft;
  // Single-stepping would end the case before its INT3.
  const value = random.wide() & ~BigInt(Flag.TF);
  patch(draft, stackTop(draft), value, encoded.operandBits / 8);
}

function refineBitTest({ random, registers, encoded }: Draft): void {
  if (encoded.isMemory && encoded.reg >= 0 && !random.once(8)) {
    registers[encoded.reg] = BigInt.asUintN(64, BigInt(random.below(2048) - 1024));
  }
}

function refineFrame(draft: Draft): void {
  if (!draft.random.once(8)) draft.registers[RBP] = dataPointer(draft);
}

function refineCounter({ random, registers }: Draft): void {
  if (random.once(2)) registers[RCX] = BigInt(random.below(3));
}

function refineTranslation(draft: Draft): void {
  draft.registers[RBX] = dataPointer(draft);
}

function refineBound(draft: Draft): void {
  const { random, target, encoded } = draft;
  if (random.once(4)) return;
  const bits = encoded.operandBits;
  const value = masked(random.integer(), bits - 1);
  patch(draft, target, masked(-value, bits) | (value << BigInt(bits)), bits / 4);
}

/** Bytes of a number, as a bigint of them at a place. */
const placed = (value: bigint | number, at: number, bits: number) =>
  BigInt.asUintN(bits, BigInt(value)) << BigInt(at * bits);

/** RETF and IRET: what they pop. */
function refineFarReturn(draft: Draft): void {
  const { random, address, encoded, opcode, bits, registers } = draft;
  const { selector, offset } = chooseFarTarget(random, { address });
  const size = encoded.operandBits;
  let frame = placed(offset, 0, size) | placed(selector, 1, size);
  let count = 2;
  if (opcode.names[0] === 'iretw') {
    const flags = random.next() & (ARITHMETIC_FLAGS | Flag.DF);
    frame |= placed(flags | 2, 2, size);
    count = 3;
    if (bits === 64) {
      const stack = random.once(3) ? chooseSelector(random) : 0x2b;
      frame |= placed(registers[RSP]!, 3, size) | placed(stack, 4, size);
      count = 5;
    }
  }
  patch(draft, stackTop(draft), frame, (count * size) / 8);
}

/** Far pointers in memory. */
function refineFarPointer(draft: Draft): void {
  const { random, address, encoded, target, opcode } = draft;
  const { selector, offset } = chooseFarTarget(random, { address });
  const size = encoded.operandBits === 16 ? 16 : 32;
  const loads = opcode.operands[0] === 'Gv';
  const pointer =
    BigInt.asUintN(size, BigInt(offset)) |
    (BigInt(loads ? chooseSelector(random) : selector) << BigInt(size));
  patch(draft, target, pointer, size / 8 + 2);
}

/** Selectors that are read from a register or from memory. */
function refineSelector(draft: Draft): void {
  const { random, encoded, registers, target } = draft;
  const selector = chooseSelector(random);
  if (encoded.isMemory) patch(draft, target, BigInt(selector), 2);
  else if (encoded.rm >= 0) registers[encoded.rm] = BigInt(selector) | (BigInt(random.next()) << 16n);
}

/** Refinements of instructions that load or look at segments. */
function segmentRefinement({ opcode }: Draft): ((draft: Draft) => void) | undefined {
  const [name] = opcode.names;
  const [first, second] = opcode.operands;
  if (name === 'retf' || name === 'iretw') return refineFarReturn;
  if (first === 'Mp' || second === 'Mp') return refineFarPointer;
  if (name === 'pop' && /^[eds]s$/.test(first ?? '')) {
    return (draft) => patch(draft, stackTop(draft), BigInt(chooseSelector(draft.random)), 2);
  }
  return /^(lar|lsl|verr|verw|arpl)$/.test(name!) || first === 'S' ? refineSelector : undefined;
}

const REFINEMENTS: Readonly<Record<string, (draft: Draft) => void>> = {
  div: refineDivision,
  idiv: refineDivision,
  ret: refineReturn,
  call: refineIndirect,
  jmp: refineIndirect,
  cmpxchg: refineCompareExchange,
  cmpxchg8b: refineWideExchange,
  popfw: refineFlagsPop,
  bt: refineBitTest,
  bts: refineBitTest,
  btr: refineBitTest,
  btc: refineBitTest,
  enter: refineFrame,
  leave: refineFrame,
  loop: refineCounter,
  loope: refineCounter,
  loopne: refineCounter,
  jcxz: refineCounter,
  xlat: refineTranslation,
  bound: refineBound,
};
