/** Writes random code for 64- and 32-bit mode: the instructions of random-program.ts and more, with indexed operands. */

import { type Random, Writer } from './random-program.ts';

/** Registers that programs use freely: neither the stack pointer nor the data's address, R14 or EBP, nor R13 and R15. */
const REGISTERS = { 64: [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12], 32: [0, 1, 2, 3, 6, 7] } as const;
const DATA = { 64: 14, 32: 5 } as const;
/** Operands lie within so many bytes; an index adds up to 504. */
const DATA_BYTES = 0x2d00;
/** Places near the ends of pages are likelier than others. */
const PAGE_ENDS = [0xff0, 0xff8, 0xffc, 0xffd, 0xfff, 0x1000, 0x1ff9, 0x1ffe, 0x2000] as const;
/** 66 0F xx and F3 0F xx and F2 0F xx: moves, arithmetic, comparisons of floating-point numbers. */
const SCALAR = [0x10, 0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f] as const;
const PACKED_FLOATS = [0x14, 0x15, 0x16, 0x28, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5c, 0x5d, 0x5f] as const;
const CONVERSIONS = [0x2a, 0x2c, 0x2d] as const;

/** Opcodes whose ModRM.reg is no register: it says what to do. */
const GROUPS = [0x80, 0x81, 0x83, 0xc0, 0xc1, 0xc7, 0xd1, 0xd2, 0xd3, 0xf7, 0xff, 0xba];

export type Bits = 64 | 32;

export class BroadWriter extends Writer {
  readonly bits: Bits;
  /** Where the bytes will lie. */
  readonly at: number;
  readonly random: Random;

  constructor(random: Random, bits: Bits, at: number) {
    super(random, DATA_BYTES);
    this.random = random;
    this.bits = bits;
    this.at = at;
  }

  /** Address of what comes next. */
  get here(): number {
    return this.at + this.bytes.length;
  }

  register(): number {
    return this.random.pick(REGISTERS[this.bits]);
  }

  override operation(
    opcode: readonly number[],
    reg: number,
    prefix: readonly number[] = [],
    memory = this.random.below(3) === 0,
  ): void {
    const { random, bits } = this;
    const register = bits === 64 ? reg : reg & 7;
    // 32-bit code has no spare register in that place: the stack pointer and the data's address stay.
    const isFree = bits === 64 || (register !== 4 && register !== 5) || GROUPS.includes(opcode.at(-1)!);
    const safe = isFree ? register : 0;
    const index = memory && random.below(3) === 0 ? this.#index() : -1;
    const rm = memory ? DATA[bits] : this.register();
    this.bytes.push(...prefix);
    if (bits === 64) {
      const wide = random.below(2) === 0 ? 8 : 0;
      this.bytes.push(0x40 | wide | (safe > 7 ? 4 : 0) | (index > 7 ? 2 : 0) | (rm > 7 ? 1 : 0));
    }
    this.bytes.push(...opcode, (memory ? 0x80 : 0xc0) | ((safe & 7) << 3) | (index >= 0 ? 4 : rm & 7));
    if (index >= 0) this.bytes.push((random.below(4) << 6) | ((index & 7) << 3) | (rm & 7));
    if (memory) this.dword(random.below(4) === 0 ? random.pick(PAGE_ENDS) : random.below(DATA_BYTES));
  }

  /** A register whose value is small: and reg, 3Fh. */
  #index(): number {
    const register = this.register();
    if (this.bits === 64) this.bytes.push(0x48 | (register > 7 ? 1 : 0));
    this.bytes.push(0x83, 0xe0 | (register & 7), 0x3f);
    return register;
  }

  /** ModRM, with SIB where needed, of an absolute address. */
  absolute(reg: number, address: number): void {
    if (this.bits === 64) this.bytes.push((reg << 3) | 4, 0x25);
    else this.bytes.push((reg << 3) | 5);
    this.dword(address);
  }

  /** mov dword [address], value. */
  store(address: number, value: number): void {
    this.bytes.push(0xc7);
    this.absolute(0, address);
    this.dword(value);
  }

  /** mov reg, value, for a register below 8; zero-extended. */
  load(register: number, value: number): void {
    this.bytes.push(0xb8 | register);
    this.dword(value);
  }

  /** CALL, JMP or 0F 8x to an address. */
  branch(opcode: readonly number[], target: number): void {
    this.bytes.push(...opcode);
    this.dword(target - (this.here + 4));
  }

  /** A few instructions that do not branch. */
  some(most: number): void {
    for (let i = this.random.below(most); i >= 0; i -= 1) this.any();
  }

  /** One instruction, or a short sequence that belongs together. */
  any(): void {
    const { random } = this;
    const way = random.below(16);
    if (way === 0) this.floats();
    else if (way === 1) this.string();
    else if (way === 2) this.stack();
    else if (way === 3) this.rare();
    else this.instruction();
  }

  floats(): void {
    const { random } = this;
    const register = random.below(8);
    switch (random.below(8)) {
      case 5:
        // PSHUFB, PTEST, PMOVZX and their like.
        this.operation(
          [0x0f, 0x38, random.pick([0x00, 0x01, 0x08, 0x17, 0x20, 0x30, 0x38, 0x3d, 0x40])],
          register,
          [0x66],
        );
        break;
      case 6:
        // PCMPESTRM to PCMPISTRI, PALIGNR.
        this.operation(
          [0x0f, 0x3a, random.pick([0x60, 0x61, 0x62, 0x63, 0x63, 0x0f])],
          register,
          [0x66],
          random.below(4) === 0,
        );
        this.bytes.push(random.below(128));
        break;
      case 7:
        // PSHUFD, PMOVMSKB.
        this.operation([0x0f, 0x70], register, [random.pick([0x66, 0xf2, 0xf3])], false);
        this.bytes.push(random.below(256));
        this.operation([0x0f, 0xd7], this.register(), [0x66], false);
        break;
      case 0:
        this.operation([0x0f, random.pick(SCALAR)], register, [random.pick([0xf2, 0xf3])]);
        break;
      case 1:
        this.operation(
          [0x0f, random.pick(PACKED_FLOATS)],
          register,
          random.below(2) === 0 ? [0x66] : [],
          false,
        );
        break;
      case 2:
        this.operation([0x0f, random.pick(CONVERSIONS)], this.register(), [random.pick([0xf2, 0xf3])], false);
        break;
      case 3:
        this.operation([0x0f, random.pick([0x2e, 0x2f])], register, random.below(2) === 0 ? [0x66] : []);
        break;
      default:
        this.operation([0x0f, random.pick([0x6e, 0x7e, 0xd6])], register, [0x66]);
    }
  }

  /** A string instruction over the data, mostly repeated, in either direction. */
  override string(): void {
    const { random } = this;
    const down = random.below(4) === 0;
    const place = () => random.pick([0, 0xf80, 0x1000, 0x1fc0]) + random.below(0x40) + (down ? 0x200 : 0);
    const data = DATA[this.bits];
    for (const register of [6, 7]) {
      // lea rsi, [data + …]; lea rdi, [data + …]
      if (this.bits === 64) this.bytes.push(0x49);
      this.bytes.push(0x8d, 0x80 | (register << 3) | (data & 7));
      this.dword(place());
    }
    this.load(1, random.below(5) === 0 ? 0 : random.below(60));
    if (down) this.bytes.push(0xfd);
    const repeat = random.below(4) === 0 ? [] : [random.pick([0xf2, 0xf3])];
    const wide = this.bits === 64 && random.below(3) === 0 ? [0x48] : [];
    this.bytes.push(
      ...repeat,
      ...wide,
      random.pick([0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf]),
    );
    if (down) this.bytes.push(0xfc);
  }

  /** Pushes and pops that leave the stack as it was. */
  stack(): void {
    const { random, bits } = this;
    const [from, to] = [this.register(), this.register()];
    const prefixed = (register: number, opcode: number) =>
      this.bytes.push(...(register > 7 ? [0x41] : []), opcode | (register & 7));
    switch (random.below(5)) {
      case 0:
        prefixed(from, 0x50);
        this.some(2);
        prefixed(to, 0x58);
        break;
      case 1:
        this.bytes.push(0x9c); // pushf
        prefixed(to, 0x58);
        break;
      case 2:
        this.bytes.push(0x6a, random.below(256)); // push imm8
        this.operationOnStack();
        prefixed(to, 0x58);
        break;
      case 3:
        // push; lea rsp, [rsp + 8]
        prefixed(from, 0x50);
        this.bytes.push(...(bits === 64 ? [0x48] : []), 0x8d, 0x64, 0x24, bits === 64 ? 8 : 4);
        break;
      default:
        this.bytes.push(0x9c);
        this.some(2);
        this.bytes.push(0x9d);
    }
  }

  /** add [rsp], reg. */
  operationOnStack(): void {
    const register = this.register() & 7;
    const safe = register === 4 || register === 5 ? 0 : register;
    this.bytes.push(0x01, 0x04 | (safe << 3), 0x24);
  }

  /** Double shifts, bit tests of memory, CMPXCHG8B, LAHF and SAHF, IMUL with a constant, BSWAP. */
  rare(): void {
    const { random } = this;
    switch (random.below(7)) {
      case 0:
        this.operation([0x0f, random.pick([0xa4, 0xac])], this.register());
        this.bytes.push(random.below(32));
        break;
      case 1:
        this.operation([0x0f, 0xba], 4 + random.below(4), [], this.bits === 64);
        this.bytes.push(random.below(64));
        break;
      case 2:
        this.operation([0x0f, 0xc7], 1, [0xf0], true);
        break;
      case 3:
        this.bytes.push(random.pick([0x9e, 0x9f]));
        break;
      case 4:
        this.operation([0x69], this.register());
        this.dword(random.below(2 ** 32));
        break;
      case 5:
        this.operation([0x0f, random.pick([0xa5, 0xad])], this.register());
        break;
      default:
        this.operation([0x0f, 0xb8], this.register(), [0xf3]); // popcnt
    }
  }
}
