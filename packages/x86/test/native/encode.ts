/** Makes instructions of opcode table rows: prefixes, ModRM, immediates, and registers that address memory. */

import type { Opcode } from '../../src/disassembler/opcode-table.ts';
import type { CodeBits } from '../../src/index.ts';
import { segmentBases } from './case.ts';
import { CODE, GS_BASE } from './layout.ts';
import type { Random } from './random.ts';

/** What the generator may fix about an instruction. */
export interface Wishes {
  readonly bits: CodeBits;
  /** Linear address of the memory operand. */
  readonly target: number;
  /** Address that the code will have. */
  readonly address: number;
  /** Address that branches lead to. With one, memory operands do without registers. */
  readonly landing?: number;
}

/** An instruction and what it needs. */
export interface Encoded {
  readonly code: number[];
  /** Operand size by prefixes and mode, not yet by the opcode: 16, 32, 64. */
  readonly operandBits: CodeBits;
  readonly addressBits: CodeBits;
  readonly isMemory: boolean;
  /** ModRM.reg and ModRM.rm (or the opcode's register), with REX; -1 when there are none. */
  readonly reg: number;
  readonly rm: number;
  /** The last immediate's low byte, 0 when there is none. */
  readonly immediate: number;
  /** Registers that must have a value for the memory operand to be at its target. */
  readonly fixed: ReadonlyMap<number, bigint>;
}

const STRINGS = /^[XY]/;
const SIZED = /^([A-Z][vzya]|A|M[px])$/;

/** Opcodes that a repeat prefix is kept away from: PAUSE, and LOOPE and LOOPNE, which vendors then take for LOOP. */
const KEEPS_MEANING = new Set([0x90, 0xe0, 0xe1]);

/** Registers of 16-bit addresses, by ModRM.rm. */
const BASES_16 = [3, 3, 5, 5, 6, 7, 5, 3];
const INDEXES_16 = [6, 7, 6, 7, -1, -1, -1, -1];

/** How a memory operand is written: bytes after ModRM.reg, and what REX and the registers must hold. */
interface Address {
  readonly mod: number;
  readonly rm: number;
  readonly tail: number[];
  readonly rex: number;
  readonly fixed: Map<number, bigint>;
  /** A displacement from the next instruction's address, to be filled in at the end. */
  readonly ripRelative: boolean;
}

const little = (value: number | bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, at) => Number((BigInt(value) >> BigInt(8 * at)) & 0xffn));

class Encoder {
  readonly #random: Random;
  readonly #opcode: Opcode;
  readonly #wishes: Wishes;
  readonly #is64: boolean;
  readonly #prefixes: number[] = [];
  #rex = 0;
  #operandBits: CodeBits = 32;
  #addressBits: CodeBits = 32;
  #segmentBase = 0;

  constructor(random: Random, opcode: Opcode, wishes: Wishes) {
    this.#random = random;
    this.#opcode = opcode;
    this.#wishes = wishes;
    this.#is64 = wishes.bits === 64;
    this.#segmentBase = segmentBases(wishes.bits).data;
  }

  encode(): Encoded {
    const { hasModrm, rm, modrm, operands } = this.#opcode;
    // Moves of control registers name a register whatever ModRM.mod says.
    const either = rm === 'any' && !operands.includes('Rm');
    const isMemory = hasModrm && modrm < 0 && (rm === 'memory' || (either && !this.#random.once(3)));
    this.#chooseSizes();
    this.#chooseOtherPrefixes(isMemory || operands.some((operand) => STRINGS.test(operand)));
    const address = isMemory ? this.#chooseAddress() : undefined;
    const most = this.#is64 ? 16 : 8;
    const register = this.#random.below(most);
    const reg = this.#opcode.digit >= 0 || !hasModrm ? -1 : this.#random.below(this.#registersInReg(most));
    if (this.#is64 && this.#random.once(6)) this.#rex |= 0x40;
    if (reg >= 8) this.#rex |= 0x44;
    const inOpcode = this.#opcode.inOpcode;
    const direct = (hasModrm && !isMemory && modrm < 0) || inOpcode;
    if (direct && register >= 8) this.#rex |= 0x41;
    if (address !== undefined) this.#rex |= address.rex;
    const rmBits = address?.rm ?? register & 7;
    const code = this.#head(inOpcode ? register & 7 : 0);
    if (modrm >= 0) code.push(modrm);
    else if (hasModrm) {
      const digit = this.#opcode.digit >= 0 ? this.#opcode.digit : reg & 7;
      code.push(((address?.mod ?? 3) << 6) | (digit << 3) | rmBits);
    }
    const displacementAt = code.length;
    if (address !== undefined) code.push(...address.tail);
    const immediate = this.#immediates(code);
    if (address?.ripRelative) {
      const displacement = this.#wishes.target - this.#segmentBase - (this.#wishes.address + code.length);
      code.splice(displacementAt, 4, ...little(displacement, 4));
    }
    return {
      code,
      operandBits: this.#operandBits,
      addressBits: this.#addressBits,
      isMemory,
      reg,
      rm: direct ? register : -1,
      immediate,
      fixed: address?.fixed ?? new Map(),
    };
  }

  /** Number of registers that ModRM.reg may name. */
  #registersInReg(most: number): number {
    const operand = this.#opcode.operands.find((each) => /^[GSCDVP]/.test(each));
    // A changed FS would take the host's program its own data.
    if (operand === 'S') return this.#opcode.operands[0] === 'S' ? 4 : 6;
    return operand?.[0] === 'P' ? 8 : most;
  }

  #chooseSizes(): void {
    const { operands, names, prefix, defaults64, forced64, map } = this.#opcode;
    const sized = names.length > 1 || defaults64 || operands.some((operand) => SIZED.test(operand));
    // Vendors disagree about far pointers with 64-bit offsets.
    const mayWiden = this.#is64 && sized && !forced64 && !operands.includes('Mp');
    if (mayWiden && this.#random.once(3)) this.#rex |= 0x48;
    // In 64-bit mode vendors disagree about near branches with 66h.
    const mayShorten = (prefix === -1 || prefix > 0x66) && sized && !(forced64 && this.#is64);
    const usual = this.#wishes.bits === 16 ? 16 : 32;
    this.#operandBits = usual;
    if (mayShorten && this.#random.once(map === 0 || prefix > 0 ? 4 : 5)) {
      this.#prefixes.push(0x66);
      this.#operandBits = usual === 16 ? 32 : 16;
    }
    if (this.#rex & 8) this.#operandBits = 64;
    else if (this.#is64 && this.#operandBits === 32 && (forced64 || defaults64)) this.#operandBits = 64;
    this.#addressBits = this.#wishes.bits;
  }

  #chooseOtherPrefixes(hasMemory: boolean): void {
    const { map, operands, prefix, forced64, opcode } = this.#opcode;
    const isString = operands.some((operand) => STRINGS.test(operand) && operand !== 'Xl');
    if (
      this.#random.once(12) &&
      (hasMemory || isString) &&
      (this.#wishes.bits !== 32 || (this.#random.once(8) && this.#wishes.landing === undefined))
    ) {
      this.#prefixes.push(0x67);
      this.#addressBits = this.#wishes.bits === 32 ? 16 : 32;
    }
    if (this.#is64 && hasMemory && this.#random.once(24)) {
      this.#prefixes.push(0x65);
      this.#segmentBase = GS_BASE;
    } else if (this.#random.once(24) && !forced64)
      this.#prefixes.push(this.#random.pick([0x26, 0x2e, 0x36, 0x3e]));
    if (isString && this.#random.once(2)) this.#prefixes.push(this.#random.pick([0xf2, 0xf3]));
    else if (map === 0 && prefix === -1 && !KEEPS_MEANING.has(opcode) && this.#random.once(40)) {
      this.#prefixes.push(this.#random.pick([0xf2, 0xf3]));
    }
    // LOCK VERW is not invalid for all vendors.
    const isVerify = map === 1 && opcode === 0x00;
    if (hasMemory && !isVerify && this.#random.once(30)) this.#prefixes.push(0xf0);
    // Their order means nothing.
    if (this.#random.once(2)) this.#prefixes.reverse();
    if (prefix > 0) this.#prefixes.push(prefix);
  }

  #chooseAddress(): Address {
    const random = this.#random;
    const target = BigInt(this.#wishes.target - this.#segmentBase);
    if (this.#addressBits === 16) return this.#address16(Number(target) & 0xffff);
    const none = { mod: 0, rex: 0, fixed: new Map<number, bigint>() };
    if (random.once(8) || this.#wishes.landing !== undefined) {
      if (this.#is64 && random.once(2)) return { ...none, rm: 5, tail: [0, 0, 0, 0], ripRelative: true };
      const tail = little(target, 4);
      if (!this.#is64) return { ...none, rm: 5, tail, ripRelative: false };
      return { ...none, rm: 4, tail: [0x25, ...tail], ripRelative: false };
    }
    const count = this.#is64 ? 16 : 8;
    const base = random.below(count);
    const mod = random.below(3);
    const fixed = new Map<number, bigint>();
    // RBP and R13 as base have no form without displacement.
    const usedMod = mod === 0 && (base & 7) === 5 ? 1 : mod;
    const displacementBytes = usedMod === 0 ? 0 : usedMod === 1 ? 1 : 4;
    const displacement = displacementBytes === 0 ? 0 : random.below(256) - 128;
    const tail = little(displacement, displacementBytes);
    let rex = base >= 8 ? 0x41 : 0;
    let rest = target - BigInt(displacement);
    let rm = base & 7;
    const withSib = rm === 4 || random.once(2);
    if (withSib) {
      const index = this.#chooseIndex(base, count);
      const scale = random.below(4);
      if (index >= 8) rex |= 0x42;
      if (index >= 0) {
        const value = random.once(4) ? random.wide() : BigInt(random.below(4096) - 2048);
        fixed.set(index, value);
        rest -= value << BigInt(scale);
      }
      tail.unshift((scale << 6) | ((index < 0 ? 4 : index & 7) << 3) | rm);
      rm = 4;
    }
    fixed.set(base, rest);
    return { mod: usedMod, rm, tail, rex, fixed: this.#finish(fixed), ripRelative: false };
  }

  /** An index register other than the base, or -1. RSP cannot be one. */
  #chooseIndex(base: number, count: number): number {
    const index = this.#random.below(count);
    return index === 4 || index === base || this.#random.once(4) ? -1 : index;
  }

  /** Cuts values to the address size; what lies above it does not count and is anything. */
  #finish(fixed: Map<number, bigint>): Map<number, bigint> {
    const bits = this.#addressBits;
    for (const [register, value] of fixed) {
      let cut = BigInt.asUintN(bits, value);
      if (bits < this.#wishes.bits || bits === 16) {
        if (this.#random.once(2)) cut |= BigInt(this.#random.next()) << BigInt(bits);
      }
      fixed.set(register, BigInt.asUintN(this.#is64 ? 64 : 32, cut));
    }
    return fixed;
  }

  /** A 16-bit address. In 32-bit code it reaches no mapped page. */
  #address16(offset: number): Address {
    const random = this.#random;
    const none = { rex: 0, ripRelative: false };
    const absolute = { ...none, mod: 0, rm: 6, tail: little(offset, 2), fixed: new Map<number, bigint>() };
    if (random.once(8) || this.#wishes.landing !== undefined) return absolute;
    const mod = random.below(3);
    const rm = random.below(8);
    if (mod === 0 && rm === 6) return absolute;
    const displacement = mod === 0 ? 0 : random.below(256) - 128;
    const fixed = new Map<number, bigint>();
    let rest = BigInt(offset - displacement);
    const index = INDEXES_16[rm]!;
    if (index >= 0) {
      const value = BigInt(random.below(0x10000));
      fixed.set(index, value);
      rest -= value;
    }
    fixed.set(BASES_16[rm]!, rest);
    return { ...none, mod, rm, tail: little(displacement, mod), fixed: this.#finish(fixed) };
  }

  /** Prefixes, REX and opcode. */
  #head(register: number): number[] {
    const { map, opcode } = this.#opcode;
    const code = [...this.#prefixes];
    if (this.#is64 && this.#rex !== 0) code.push(this.#rex | 0x40);
    if (map > 0) code.push(0x0f);
    if (map === 2) code.push(0x38);
    if (map === 3) code.push(0x3a);
    code.push(opcode + register);
    return code;
  }

  /** Appends the immediates; gives the last one's low byte. */
  #immediates(code: number[]): number {
    const random = this.#random;
    let last = 0;
    for (const operand of this.#opcode.operands) {
      const bytes = this.#immediateBytes(operand);
      if (operand === 'Ap') {
        const { selector, offset } = chooseFarTarget(random, this.#wishes);
        code.push(...little(offset, this.#operandBits === 16 ? 2 : 4), ...little(selector, 2));
      }
      if (bytes === 0) continue;
      let value = random.once(3) ? BigInt(random.below(70)) : random.integer();
      if (operand[0] === 'J') value = BigInt(this.#branch(code.length + bytes));
      if (operand[0] === 'O') value = BigInt(this.#wishes.target - this.#segmentBase);
      last = Number(value & 0xffn);
      code.push(...little(BigInt.asUintN(64, value), bytes));
    }
    return last;
  }

  #immediateBytes(operand: string): number {
    const bits = this.#operandBits;
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
        return bits === 16 ? 2 : 4;
      case 'Iv':
        return bits / 8;
      case 'Ob':
      case 'Ov':
        return this.#addressBits / 8;
      default:
        return 0;
    }
  }

  /** A distance that leads to INT3 before or behind the instruction of `bytes` bytes. */
  #branch(bytes: number): number {
    const { landing, address } = this.#wishes;
    if (landing !== undefined) return landing - address - bytes;
    return this.#random.once(2) ? this.#random.below(16) : -16 - this.#random.below(8);
  }
}

/** Selectors of code, of data, and of nothing. */
const CODE_SELECTORS = [0x23, 0x33, 0x20, 0x07];
const OTHER_SELECTORS = [
  0, 1, 3, 0x2b, 0x28, 0x0f, 0x08, 0x10, 0x13, 0x18, 0x1b, 0x60, 0x63, 0x17, 0x88, 0xffff,
];

/** A selector for a segment register: mostly one that can be loaded. */
export function chooseSelector(random: Random): number {
  if (random.once(3)) return random.pick(OTHER_SELECTORS);
  return random.once(3) ? random.pick(CODE_SELECTORS) : random.pick([0x2b, 0x28, 0x0f]);
}

/** A far pointer, mostly to INT3 near the code. */
export function chooseFarTarget(random: Random, { address }: { readonly address: number }) {
  const selector = random.once(4) ? random.pick(OTHER_SELECTORS) : random.pick(CODE_SELECTORS);
  const linear = address + 20 + random.below(12);
  const offset = random.once(12) ? random.next() : selector === 0x07 ? linear - CODE : linear;
  return { selector, offset };
}

/** Makes one instruction of a row, with random operands. */
export function encodeInstruction(random: Random, opcode: Opcode, wishes: Wishes): Encoded {
  return new Encoder(random, opcode, wishes).encode();
}

/** Where a case's code may be called back: INT3 behind it. */
export function landing(address: number, codeBytes: number, random: Random): bigint {
  return BigInt(Math.min(address + codeBytes + random.below(8), CODE + 0xffff));
}
