/** From bytes to an instruction's parts. Intel SDM volume 2, "Instruction Format". */

import type { CodeBits } from '../core/code-machine.ts';
import { Mandatory, type Opcode, opcodesAt } from './opcode-table.ts';

/** The memory operand of ModRM; registers are numbers in encoding order, -1 for none. */
export interface MemoryOperand {
  readonly base: number;
  readonly index: number;
  /** 1, 2, 4 or 8. */
  readonly scale: number;
  readonly displacement: number;
  readonly displacementBytes: number;
  readonly ripRelative: boolean;
  /** A SIB byte without index register, where none was needed. */
  readonly isIndexEmpty: boolean;
}

/** One instruction taken apart. */
export interface Instruction {
  readonly opcode: Opcode;
  /** The opcode's last byte. */
  readonly byte: number;
  readonly bits: CodeBits;
  readonly bytes: number;
  readonly operandBits: CodeBits;
  readonly addressBits: CodeBits;
  readonly rex: number;
  readonly modrm: number;
  readonly memory: MemoryOperand | undefined;
  /** Segment override 0–5 in encoding order, or -1. */
  readonly segment: number;
  readonly lock: boolean;
  /** 0xf2, 0xf3 or 0: the last repeat prefix. */
  readonly repeat: number;
  /** How often 66h stands in front. */
  readonly operandPrefixes: number;
  readonly addressPrefix: boolean;
  /** Immediates in their order, sign-extended. */
  readonly immediates: readonly bigint[];
}

const SEGMENT_PREFIXES = new Map([
  [0x26, 0],
  [0x2e, 1],
  [0x36, 2],
  [0x3e, 3],
  [0x64, 4],
  [0x65, 5],
]);

/** Thrown inside when the bytes end. */
const ENDED = new Error('the bytes end');

class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw ENDED;
    this.at += 1;
    return value;
  }

  /** A signed number of 1, 2 or 4 bytes. */
  signed(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i += 1) value |= this.byte() << (8 * i);
    return bytes === 1 ? (value << 24) >> 24 : bytes === 2 ? (value << 16) >> 16 : value;
  }

  wide(bytes: number): bigint {
    let value = 0n;
    for (let i = 0; i < bytes; i += 1) value |= BigInt(this.byte()) << BigInt(8 * i);
    return BigInt.asIntN(bytes * 8, value);
  }
}

/** Decodes the instruction at `at`; undefined when there is none or the bytes end within it. */
export function decode(bytes: Uint8Array, at: number, bits: CodeBits): Instruction | undefined {
  try {
    return decodeAt(new Reader(bytes, at), bits);
  } catch (error) {
    if (error === ENDED) return undefined;
    throw error;
  }
}

interface Prefixes {
  rex: number;
  segment: number;
  lock: boolean;
  repeat: number;
  operandPrefixes: number;
  addressPrefix: boolean;
}

/** Reads prefixes and gives the byte after them. */
function readPrefixes(reader: Reader, bits: CodeBits, found: Prefixes): number {
  for (;;) {
    const byte = reader.byte();
    const segment = SEGMENT_PREFIXES.get(byte);
    if (bits === 64 && (byte & 0xf0) === 0x40) {
      found.rex = byte;
      continue;
    }
    if (segment !== undefined) found.segment = segment;
    else if (byte === 0x66) found.operandPrefixes += 1;
    else if (byte === 0x67) found.addressPrefix = true;
    else if (byte === 0xf0) found.lock = true;
    else if (byte === 0xf2 || byte === 0xf3) found.repeat = byte;
    else return byte;
    found.rex = 0; // counts only right in front of the opcode
  }
}

function decodeAt(reader: Reader, bits: CodeBits): Instruction | undefined {
  const start = reader.at;
  const prefixes: Prefixes = {
    rex: 0,
    segment: -1,
    lock: false,
    repeat: 0,
    operandPrefixes: 0,
    addressPrefix: false,
  };
  let byte = readPrefixes(reader, bits, prefixes);
  let map = 0;
  if (byte === 0x0f) {
    byte = reader.byte();
    map = byte === 0x38 ? 2 : byte === 0x3a ? 3 : 1;
    if (map > 1) byte = reader.byte();
  }
  const modrmAhead = reader.bytes[reader.at] ?? 0;
  const opcode = choose(map, byte, modrmAhead, bits, prefixes);
  if (opcode === undefined) return undefined;
  const has66 = prefixes.operandPrefixes > 0;
  let operandBits: CodeBits = bits === 16 ? (has66 ? 32 : 16) : has66 ? 16 : 32;
  if (opcode.prefix === Mandatory.P66) operandBits = 32;
  const { rex, addressPrefix } = prefixes;
  if (bits === 64 && (rex & 8 || opcode.forced64 || (opcode.defaults64 && !has66))) operandBits = 64;
  const addressBits: CodeBits =
    bits === 64 ? (addressPrefix ? 32 : 64) : (bits === 32) === addressPrefix ? 16 : 32;
  let modrm = 0;
  let memory: MemoryOperand | undefined;
  if (opcode.hasModrm) {
    modrm = reader.byte();
    // Moves of control and debug registers have no memory form, whatever the byte says.
    if (modrm < 0xc0 && !(map === 1 && (byte & 0xfc) === 0x20))
      memory = addressBits === 16 ? memory16(reader, modrm) : memory32(reader, modrm, rex, bits);
  }
  const immediates = readImmediates(reader, opcode, operandBits, addressBits);
  const length = reader.at - start;
  if (length > 15) return undefined;
  return {
    ...prefixes,
    opcode,
    byte,
    bits,
    bytes: length,
    operandBits,
    addressBits,
    modrm,
    memory,
    immediates,
  };
}

function choose(map: number, byte: number, modrm: number, bits: CodeBits, prefixes: Prefixes) {
  const mandatory = prefixes.repeat !== 0 ? prefixes.repeat : prefixes.operandPrefixes > 0 ? 0x66 : 0;
  // NOP with REX.B names R8, and with 66h AX: it is the XCHG that it looks like.
  if (map === 0 && byte === 0x90 && (prefixes.rex & 1 || mandatory === 0x66)) return opcodesAt(0, 0x91)[0];
  const fits = (entry: Opcode, prefix: number) =>
    (entry.prefix === Mandatory.ANY || entry.prefix === prefix) &&
    !(bits === 64 ? entry.invalid64 : entry.only64) &&
    (entry.modrm < 0 || entry.modrm === modrm) &&
    (entry.digit < 0 || entry.digit === ((modrm >> 3) & 7)) &&
    (entry.rm === 'any' || (entry.rm === 'memory') === modrm < 0xc0);
  const entries = opcodesAt(map, byte);
  return entries.find((entry) => fits(entry, mandatory));
}

const BASES_16 = [3, 3, 5, 5, 6, 7, 5, 3];
const INDEXES_16 = [6, 7, 6, 7, -1, -1, -1, -1];

function memory16(reader: Reader, modrm: number): MemoryOperand {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  const absolute = mod === 0 && rm === 6;
  const displacementBytes = absolute ? 2 : mod;
  return {
    base: absolute ? -1 : BASES_16[rm]!,
    index: absolute ? -1 : INDEXES_16[rm]!,
    scale: 1,
    displacementBytes,
    displacement: absolute ? reader.signed(2) & 0xffff : reader.signed(displacementBytes),
    ripRelative: false,
    isIndexEmpty: false,
  };
}

function memory32(reader: Reader, modrm: number, rex: number, bits: CodeBits): MemoryOperand {
  const mod = modrm >> 6;
  let base = modrm & 7;
  let index = -1;
  let scale = 1;
  const hasSib = base === 4;
  if (hasSib) {
    const sib = reader.byte();
    base = sib & 7;
    index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    if (index === 4) index = -1;
    scale = 1 << (sib >> 6);
  }
  const none = mod === 0 && base === 5;
  const displacementBytes = none || mod === 2 ? 4 : mod;
  return {
    base: none ? -1 : base | ((rex & 1) << 3),
    index,
    scale,
    displacementBytes,
    displacement: reader.signed(displacementBytes),
    ripRelative: none && !hasSib && bits === 64,
    isIndexEmpty: hasSib && index < 0 && !none && (base !== 4 || scale !== 1),
  };
}

/** Bytes of an immediate operand; 0 for other operands. */
function immediateBytes(operand: string, operandBits: CodeBits, addressBits: CodeBits): number {
  switch (operand) {
    case 'Ib':
    case 'Is':
    case 'Ic':
    case 'Jb':
      return 1;
    case 'Iw':
      return 2;
    case 'Iz':
    case 'Jz':
      return operandBits === 16 ? 2 : 4;
    case 'Iv':
      return operandBits / 8;
    case 'Ob':
    case 'Ov':
      return addressBits / 8;
    default:
      return 0;
  }
}

function readImmediates(
  reader: Reader,
  opcode: Opcode,
  operandBits: CodeBits,
  addressBits: CodeBits,
): bigint[] {
  const values: bigint[] = [];
  for (const operand of opcode.operands) {
    if (operand === 'Ap') {
      values.push(reader.wide(operandBits === 16 ? 2 : 4), reader.wide(2));
      continue;
    }
    const bytes = immediateBytes(operand, operandBits, addressBits);
    if (bytes > 0) values.push(reader.wide(bytes));
  }
  return values;
}
