/** Random 64-bit programs: a loop of blocks with forward branches, calls, memory operands and code that changes itself. */

import { At } from '../programs/program-machine.ts';

/** Numbers from a seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to, not including, `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

/** Registers of programs: all but RSP, R14 (the data's address) and R15 (turns left). */
const REGISTERS = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13] as const;
const DATA = 14;
const ALU = [
  0x01, 0x03, 0x09, 0x0b, 0x11, 0x13, 0x19, 0x1b, 0x21, 0x23, 0x29, 0x2b, 0x31, 0x33, 0x39, 0x3b,
] as const;
/** Opcodes 66 0F xx of packed instructions. */
const PACKED = [
  0x60, 0x61, 0x62, 0x6c, 0x6f, 0x6a, 0x6d, 0x74, 0x75, 0x76, 0xd4, 0xdb, 0xdf, 0xeb, 0xef, 0xf8, 0xf9, 0xfa,
  0xfb, 0xfc, 0xfd, 0xfe, 0xd5, 0xda, 0xde, 0xea, 0xee, 0x14, 0x28, 0x54, 0x57, 0x7f, 0x29,
] as const;

/** Writes one program. */
export class Writer {
  readonly bytes: number[] = [];
  readonly #random: Random;
  readonly #dataBytes: number;

  constructor(random: Random, dataBytes: number) {
    this.#random = random;
    this.#dataBytes = dataBytes;
  }

  dword(value: number): void {
    this.bytes.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  }

  /** Prefixes, REX, opcode, ModRM with a register or a memory operand. */
  operation(
    opcode: readonly number[],
    reg: number,
    prefix: readonly number[] = [],
    memory = this.#random.below(3) === 0,
  ): void {
    const wide = this.#random.below(2) === 0 ? 8 : 0;
    const rm = memory ? DATA : this.#random.pick(REGISTERS);
    const rex = 0x40 | wide | (reg > 7 ? 4 : 0) | (rm > 7 ? 1 : 0);
    this.bytes.push(...prefix, rex, ...opcode, (memory ? 0x80 : 0xc0) | ((reg & 7) << 3) | (rm & 7));
    if (memory) this.dword(this.#random.below(this.#dataBytes));
  }

  /** One instruction that does not branch. */
  instruction(): void {
    const random = this.#random;
    random.pick(FORMS)(this, random.pick(REGISTERS), random);
  }

  /** MOVS or STOS, of up to 40 elements or one. */
  string(): void {
    const random = this.#random;
    this.bytes.push(0x49, 0x8d, 0xbe); // lea rdi, [r14 + …]
    const to = random.below(this.#dataBytes);
    this.dword(to);
    this.bytes.push(0x49, 0x8d, 0xb6); // lea rsi, [r14 + …]
    this.dword(
      random.below(2) === 0 ? random.below(this.#dataBytes) : Math.max(0, to - 20 + random.below(40)),
    );
    this.bytes.push(0xb9); // mov ecx, …
    this.dword(random.below(40));
    if (random.below(4) !== 0) this.bytes.push(0xf3);
    this.bytes.push(random.pick([0x40, 0x48, 0x66]), random.pick([0xa4, 0xa5, 0xaa, 0xab]));
  }

  /** XOR EDX, EDX or CQO and a division, which may raise #DE. */
  division(reg: number): void {
    const signed = this.#random.below(2);
    if (signed) this.bytes.push(0x48, 0x99);
    else this.bytes.push(0x31, 0xd2);
    this.bytes.push(0x49, 0x83, 0xcb, 0x01); // or r11, 1
    this.bytes.push(this.#random.below(4) === 0 ? 0x48 | (reg > 7 ? 1 : 0) : 0x49, 0xf7);
    this.bytes.push(0xc0 | ((6 + signed) << 3) | (this.bytes.at(-2) === 0x49 ? 3 : reg & 7));
  }
}

/** Families of instructions, each as likely as the others; `reg` is ModRM.reg where that is a register. */
const FORMS: readonly ((writer: Writer, reg: number, random: Random) => void)[] = [
  (writer, reg, random) => writer.operation([random.pick(ALU)], reg, random.below(8) === 0 ? [0x66] : []),
  (writer, reg, random) => writer.operation([random.pick(ALU)], reg),
  (writer, reg, random) => writer.operation([random.pick(ALU) & 0xfe], reg),
  (writer, _, random) => {
    writer.operation([0x83], random.below(8));
    writer.bytes.push(random.below(256));
  },
  (writer, _, random) => {
    writer.operation([random.pick([0xc1, 0xc0])], random.pick([0, 1, 4, 5, 7]));
    writer.bytes.push(random.below(64));
  },
  (writer, _, random) =>
    writer.operation([random.pick([0xd3, 0xd1, 0xd2])], random.pick([0, 1, 2, 3, 4, 5, 7])),
  (writer, reg, random) => writer.operation([random.pick([0x89, 0x8b, 0x88, 0x8a, 0x87, 0x85, 0x84])], reg),
  (writer, _, random) => writer.operation([0xf7], random.pick([2, 3, 4, 5])),
  (writer, _, random) => writer.operation([0xff], random.below(2)),
  (writer, reg) => writer.operation([0x0f, 0xaf], reg),
  (writer, reg, random) => writer.operation([0x0f, random.pick([0xb6, 0xb7, 0xbe, 0xbf])], reg),
  (writer, reg, random) => writer.operation([0x0f, 0x90 + random.below(16)], reg),
  (writer, reg, random) => writer.operation([0x0f, 0x40 + random.below(16)], reg),
  (writer, reg) => writer.operation([0x8d], reg, [], true),
  (writer, reg, random) => writer.operation([0x0f, random.pick([0xa3, 0xab, 0xb3, 0xbb])], reg, [], false),
  (writer, reg, random) =>
    writer.operation([0x0f, random.pick([0xb1, 0xc1])], reg, random.below(2) === 0 ? [0xf0] : [], true),
  (writer, _, random) => {
    writer.bytes.push(random.pick([0x98, 0x99, 0xf5, 0xf8, 0xf9, 0x9e, 0x9f]));
  },
  (writer, _, random) => {
    writer.bytes.push(0x48, 0x0f, 0xc8 + random.below(4));
  },
  (writer, reg, random) => writer.operation([0x0f, random.pick([0xbc, 0xbd])], reg),
  (writer, reg) => writer.division(reg),
  (writer, _, random) => writer.operation([0x0f, random.pick(PACKED)], random.below(8), [0x66]),
  (writer) => writer.string(),
  (writer, _, random) => {
    writer.operation([0x0f, 0x3a, 0x63], random.below(8), [0x66]); // pcmpistri
    writer.bytes.push(random.below(128));
  },
];

export interface ProgramOptions {
  readonly seed: number;
  readonly turns: number;
  /** Memory operands lie within so many bytes from this far behind `At.DATA` on. */
  readonly dataAt: number;
  readonly dataBytes: number;
  /** Whether the program changes its own instructions. */
  readonly changesItself: boolean;
}

/** The code of a random program for `At.CODE`, which ends in a jump to itself unless it faults. */
export function randomProgram({ seed, turns, dataAt, dataBytes, changesItself }: ProgramOptions): number[] {
  const random = new Random(seed);
  const out = new Writer(random, dataBytes);
  const { bytes } = out;
  bytes.push(0x49, 0xc7, 0xc6); // mov r14, …
  out.dword(At.DATA + dataAt);
  bytes.push(0x41, 0xbf); // mov r15d, turns
  out.dword(turns);
  const start = bytes.length;
  const blocks = 2 + random.below(7);
  const starts: number[] = [];
  const jumps: { at: number; block: number }[] = [];
  const calls: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    starts.push(bytes.length);
    for (let i = random.below(9); i >= 0; i -= 1) out.instruction();
    if (random.below(3) === 0) {
      bytes.push(0xe8);
      calls.push(bytes.length);
      out.dword(0);
    }
    if (changesItself && random.below(2) === 0) {
      bytes.push(0x88, 0x05); // mov [rip + …], al: the immediate of an addition in front or behind
      out.dword(random.below(2) === 0 ? 3 : -9);
      bytes.push(0x48, 0x81, 0xc1);
      out.dword(7);
    }
    bytes.push(0x0f, 0x80 + random.below(16));
    jumps.push({ at: bytes.length, block: block + 1 + random.below(blocks - block) });
    out.dword(0);
  }
  starts.push(bytes.length);
  bytes.push(0x41, 0xff, 0xcf, 0x0f, 0x85); // dec r15d; jnz start
  out.dword(start - bytes.length - 4);
  bytes.push(0xeb, 0xfe);
  const callee = bytes.length;
  for (let i = random.below(6); i >= 0; i -= 1) out.instruction();
  bytes.push(0x50, 0x41, 0x5b, 0xc3); // push rax; pop r11; ret
  const patch = (at: number, to: number) => {
    const distance = to - at - 4;
    for (let i = 0; i < 4; i += 1) bytes[at + i] = (distance >> (8 * i)) & 255;
  };
  for (const { at, block } of jumps) patch(at, starts[block]!);
  for (const at of calls) patch(at, callee);
  return bytes;
}
