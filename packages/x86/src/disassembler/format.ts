/** The text of an instruction in Intel's syntax, as `objdump -M intel` writes it. */

import type { Instruction, MemoryOperand } from './decode.ts';
import { Mandatory } from './opcode-table.ts';

const BYTES = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'];
const OLD_BYTES = ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'];
const NAMES = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', '?', '?'];
const POINTERS: Readonly<Record<number, string>> = {
  1: 'BYTE PTR ',
  2: 'WORD PTR ',
  4: 'DWORD PTR ',
  6: 'FWORD PTR ',
  8: 'QWORD PTR ',
  10: 'TBYTE PTR ',
  16: 'XMMWORD PTR ',
};
const COMPARISONS = ['eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord'];
/** Instructions whose F3 prefix says "repeat", and those whose prefixes say "while equal" and "while not". */
const REPEATED = new Set(['ins', 'outs', 'movs', 'stos', 'lods']);

/** Name of a general register of `bytes` bytes. */
export function registerName(register: number, bytes: number, rex: boolean): string {
  if (bytes === 1) {
    if (register >= 8) return `r${register}b`;
    return (rex ? BYTES : OLD_BYTES)[register]!;
  }
  if (register >= 8) return `r${register}${bytes === 2 ? 'w' : bytes === 4 ? 'd' : ''}`;
  return (bytes === 2 ? '' : bytes === 4 ? 'e' : 'r') + NAMES[register]!;
}

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

/** Bytes that an operand's size letter stands for; 0 for none. */
export function operandBytes(letter: string | undefined, instruction: Instruction): number {
  const { operandBits, bits, rex } = instruction;
  const wide = bits === 64 && (rex & 8) !== 0;
  switch (letter) {
    case 'b':
      return 1;
    case 'w':
      return 2;
    case 'd':
      return 4;
    case 'q':
      return 8;
    case 't':
      return 10;
    case 'o':
      return 16;
    case 'v':
      return operandBits / 8;
    case 'z':
      return operandBits === 16 ? 2 : 4;
    case 'y':
      return wide ? 8 : 4;
    case 'm':
      return bits === 64 ? 8 : 4;
    case 'p':
      return operandBits === 16 ? 4 : wide ? 10 : 6;
    case 'x':
      return wide ? 16 : 8;
    case 'a':
      return operandBits / 4;
    default:
      return 0;
  }
}

/** The instruction's text; `address` is where it lies. */
export function format(instruction: Instruction, address: bigint): string {
  const writer = new Writer(instruction, address);
  return writer.text();
}

class Writer {
  readonly #instruction: Instruction;
  readonly #address: bigint;
  #immediate = 0;
  /** The segment prefix shows in an operand. */
  #segmentShown = false;

  constructor(instruction: Instruction, address: bigint) {
    this.#instruction = instruction;
    this.#address = address;
  }

  text(): string {
    const operands = this.#instruction.opcode.operands.map((operand) => this.#operand(operand));
    let name = this.#name();
    const { opcode, immediates } = this.#instruction;
    if (opcode.operands.includes('Ic')) {
      operands.pop();
      const predicate = Number(BigInt.asUintN(8, immediates[0]!));
      if (predicate < 8) name = `cmp${COMPARISONS[predicate]}${name.slice(3)}`;
      else operands.push(hex(predicate));
    }
    const head = this.#prefixes(name) + name;
    return operands.length === 0 ? head : `${head} ${operands.join(',')}`;
  }

  #name(): string {
    const { opcode, operandBits, addressBits, bits } = this.#instruction;
    const { names, operands } = opcode;
    const [one, two, three] = names;
    if (two === undefined) {
      const isWide = operandBits === 64 && operands[0] === 'Zv' && operands[1] === 'Iv';
      const isFar = bits === 64 && operands.some((operand) => operand.startsWith('O'));
      return one === 'mov' && (isWide || isFar) ? 'movabs' : one! + this.#sizeSuffix();
    }
    // PUSHA, POPF, IRET …: what is usual in the mode has no suffix.
    if (bits === 16 && one === `${two}w`) return operandBits === 16 ? two : `${two}d`;
    const size = operands[0] === 'Jb' ? addressBits : operandBits;
    const by = size === 16 ? one : size === 32 ? two : (three ?? two);
    return by === '' ? one! : by!;
  }

  /** Stack instructions whose operands do not show an unusual size. */
  #sizeSuffix(): string {
    const { opcode, operandPrefixes, bits, operandBits } = this.#instruction;
    const shows = opcode.operands.some((operand) => /^[A-Z][vwz]$/.test(operand) && operand[0] !== 'I');
    if (!opcode.defaults64 || shows || operandPrefixes === 0 || operandBits === 64) return '';
    return bits === 16 ? 'd' : 'w';
  }

  #prefixes(name: string): string {
    const { opcode, lock, repeat, segment, operandPrefixes, operands66 } = this.#view();
    let text = lock ? 'lock ' : '';
    if (segment >= 0 && !this.#segmentShown) text += `${SEGMENTS[segment]} `;
    if (repeat !== 0 && opcode.prefix !== repeat) {
      if (repeat === 0xf3) text += REPEATED.has(name) ? 'rep ' : 'repz ';
      else text += opcode.forced64 ? 'bnd ' : 'repnz ';
    }
    const size = this.#instruction.bits === 16 ? 'data32 ' : 'data16 ';
    return size.repeat(Math.max(0, operandPrefixes - operands66)) + text;
  }

  /** How many 66h prefixes have a meaning. */
  #view() {
    const { opcode, operandPrefixes, rex, bits } = this.#instruction;
    const used =
      opcode.prefix === Mandatory.P66 ||
      (!opcode.forced64 &&
        (rex & 8) === 0 &&
        (opcode.names.length > 1 ||
          opcode.defaults64 ||
          opcode.operands.some((operand) => /^([A-Z][vzap]|A)$/.test(operand)))) ||
      (bits !== 64 && opcode.operands[0] === 'Jz');
    return { ...this.#instruction, operandPrefixes, operands66: used ? 1 : 0 };
  }

  #operand(operand: string): string {
    const { modrm, rex, memory, operandBits } = this.#instruction;
    const bytes = operandBytes(operand[1], this.#instruction);
    const reg = ((modrm >> 3) & 7) | ((rex & 4) << 1);
    const rm = (modrm & 7) | ((rex & 1) << 3);
    const general = (register: number) => registerName(register, bytes, rex !== 0);
    switch (operand[0]) {
      case 'A':
        return operand === 'Ap' ? this.#farPointer() : registerName(0, bytes || operandBits / 8, true);
      case 'E':
      case 'R':
      case 'M':
        return memory === undefined ? general(rm) : this.#memory(memory, bytes);
      case 'G':
        return general(reg);
      case 'Z':
        return general((this.#instruction.byte & 7) | ((rex & 1) << 3));
      case 'S':
        return SEGMENTS[reg & 7]!;
      case 'C':
        return `cr${reg}`;
      case 'D':
        return `dr${reg}`;
      case 'V':
        return `xmm${reg}`;
      case 'W':
      case 'U':
        return memory === undefined ? `xmm${rm}` : this.#memory(memory, bytes);
      case 'P':
        return `mm${reg & 7}`;
      case 'Q':
      case 'N':
        return memory === undefined ? `mm${rm & 7}` : this.#memory(memory, bytes);
      case 'F':
        return `st(${modrm & 7})`;
      case 'I':
        return this.#immediateText(operand);
      case 'J':
        return hex(this.#target());
      case 'O':
        return this.#offset();
      case 'X':
        return this.#string(operand === 'Xl' ? 3 : 6, operand === 'Xl' ? 1 : bytes, 3, true);
      case 'Y':
        return this.#string(7, bytes, 0, false);
      default:
        return operand;
    }
  }

  #nextImmediate(): bigint {
    const value = this.#instruction.immediates[this.#immediate]!;
    this.#immediate += 1;
    return value;
  }

  #immediateText(operand: string): string {
    const value = this.#nextImmediate();
    const { operandBits, opcode } = this.#instruction;
    if (operand === 'Ib' || operand === 'Ic') return hex(BigInt.asUintN(8, value));
    if (operand === 'Iw') return hex(BigInt.asUintN(16, value));
    // Stack pushes extend to the stack's width, others to the operand's.
    return hex(BigInt.asUintN(opcode.defaults64 && this.#instruction.bits === 64 ? 64 : operandBits, value));
  }

  #farPointer(): string {
    const offset = this.#nextImmediate();
    const selector = this.#nextImmediate();
    const bits = this.#instruction.operandBits === 16 ? 16 : 32;
    return `${hex(BigInt.asUintN(16, selector))}:${hex(BigInt.asUintN(bits, offset))}`;
  }

  #target(): bigint {
    const { bytes, bits, operandBits } = this.#instruction;
    const target = this.#address + BigInt(bytes) + this.#nextImmediate();
    return BigInt.asUintN(bits === 64 ? 64 : operandBits === 16 ? 16 : 32, target);
  }

  #offset(): string {
    const { addressBits } = this.#instruction;
    const text = hex(BigInt.asUintN(addressBits, this.#nextImmediate()));
    return this.#withSegment(text, 3, true);
  }

  #string(register: number, bytes: number, segment: number, mayOverride: boolean): string {
    const text = `[${registerName(register, this.#instruction.addressBits / 8, true)}]`;
    return (POINTERS[bytes] ?? '') + this.#withSegment(text, mayOverride ? segment : -1 - segment, true);
  }

  /** Puts the segment in front: the override, or the usual one when `always`. A usual one below 0 cannot be overridden. */
  #withSegment(text: string, usual: number, always: boolean): string {
    const { segment, bits } = this.#instruction;
    if (usual >= 0 && segment >= 0 && (bits !== 64 || segment > 3)) {
      this.#segmentShown = true;
      return `${SEGMENTS[segment]}:${text}`;
    }
    return always ? `${SEGMENTS[usual < 0 ? -1 - usual : usual]}:${text}` : text;
  }

  #memory(memory: MemoryOperand, bytes: number): string {
    const { addressBits } = this.#instruction;
    const { base, index, scale, displacement, displacementBytes, ripRelative } = memory;
    const pointer = POINTERS[bytes] ?? '';
    const parts: string[] = [];
    if (ripRelative) parts.push(addressBits === 64 ? 'rip' : 'eip');
    if (base >= 0) parts.push(registerName(base, addressBits / 8, true));
    if (index >= 0) {
      const name = registerName(index, addressBits / 8, true);
      parts.push(addressBits === 16 ? name : `${name}*${scale}`);
    }
    if (memory.isIndexEmpty) parts.push(`${addressBits === 64 ? 'riz' : 'eiz'}*${scale}`);
    if (parts.length === 0) {
      const address = BigInt.asUintN(addressBits, BigInt(displacement));
      return pointer + this.#withSegment(hex(address), 3, true);
    }
    const sign = displacement < 0 ? '-' : '+';
    let tail = displacementBytes > 0 ? `${sign}${hex(Math.abs(displacement))}` : '';
    if (ripRelative) tail = `+${hex(BigInt.asUintN(addressBits, BigInt(displacement)))}`;
    return pointer + this.#withSegment(`[${parts.join('+')}${tail}]`, 3, false);
  }
}
