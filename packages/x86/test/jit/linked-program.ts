/**
 * Random 64-bit programs of many functions, each on a page of its own: direct, indirect and tail calls between them, pages
 * that change places, and instructions that change on other pages.
 */

import { At } from '../programs/program-machine.ts';
import { Random, Writer } from './random-program.ts';

/** Functions lie here, one at the start of each page. */
const FUNCTIONS = 0x200000;
/** Addresses of the leaves, for indirect branches: behind what memory operands reach. */
const TABLE = At.DATA + 0x2800;
const LEAVES = 8;
const OTHERS = 12;
const PAGE_BYTES = 0x1000;

export interface LinkedProgram {
  /** The main program, for `At.CODE`. */
  readonly main: number[];
  /** The function of each page from {@link FUNCTIONS} on; those that come first call none. */
  readonly functions: readonly number[][];
}

/** What the programs need to know of the machine: where the entries of the page tables of the leaves' pages lie. */
export interface LinkedSurroundings {
  readonly seed: number;
  readonly turns: number;
  /** Address of the page-table entry of a linear address. */
  readonly entryAt: (linear: number) => number;
}

export function functionAddress(index: number): number {
  return FUNCTIONS + index * PAGE_BYTES;
}

/** What the table of leaves holds, and where it lies. */
export const LEAF_TABLE = {
  at: TABLE,
  addresses: Array.from({ length: LEAVES }, (_, index) => functionAddress(index)),
} as const;

class FunctionWriter extends Writer {
  readonly #random: Random;
  readonly #at: number;

  constructor(random: Random, at: number) {
    super(random, 0x1ff0);
    this.#random = random;
    this.#at = at;
  }

  some(most: number): void {
    for (let i = this.#random.below(most); i > 0; i -= 1) this.instruction();
  }

  /** CALL or JMP to an address. */
  direct(opcode: number, target: number): void {
    this.bytes.push(opcode);
    this.dword(target - (this.#at + this.bytes.length + 4));
  }

  /** CALL or JMP through the table: mov r11, reg; and r11d, 7; … [r11 × 8 + TABLE]. */
  indirect(modrm: number): void {
    const reg = this.#random.below(4);
    this.bytes.push(0x49, 0x89, 0xc3 | (reg << 3), 0x41, 0x83, 0xe3, LEAVES - 1);
    this.bytes.push(0x42, 0xff, modrm, 0xdd);
    this.dword(TABLE);
  }

  /** A branch over a few instructions. */
  branch(): void {
    this.bytes.push(0x0f, 0x80 + this.#random.below(16));
    const at = this.bytes.length;
    this.dword(0);
    this.some(4);
    const distance = this.bytes.length - at - 4;
    this.bytes[at] = distance & 255;
    this.bytes[at + 1] = distance >> 8;
  }

  /** The immediate of the addition that leaf `index` begins with: mov [address], al. */
  change(index: number): void {
    this.bytes.push(0x88, 0x04, 0x25);
    this.dword(functionAddress(index) + 3);
  }
}

/** add rcx, imm32: what other functions change; then this and that. */
function leaf(random: Random, index: number): number[] {
  const out = new FunctionWriter(random, functionAddress(index));
  out.bytes.push(0x48, 0x81, 0xc1);
  out.dword(random.below(1000));
  out.some(5);
  if (random.below(2) === 0) out.branch();
  out.bytes.push(0xc3);
  return out.bytes;
}

/** Calls functions of lower numbers, so that each call comes to an end. */
function caller(random: Random, index: number): number[] {
  const out = new FunctionWriter(random, functionAddress(index));
  const lower = () => functionAddress(Math.max(random.below(index), random.below(index)));
  for (let i = 1 + random.below(2); i > 0; i -= 1) {
    out.some(4);
    if (random.below(3) === 0) out.indirect(0x14);
    else out.direct(0xe8, random.below(2) === 0 ? lower() : functionAddress(random.below(LEAVES)));
    if (random.below(3) === 0) out.branch();
  }
  if (random.below(3) === 0) out.change(random.below(LEAVES));
  const way = random.below(4);
  if (way === 0) out.direct(0xe9, lower());
  else if (way === 1) out.indirect(0x24);
  else out.bytes.push(0xc3);
  return out.bytes;
}

/** Lets two leaves change places: mov rax, [entry]; xchg rax, [other]; mov [entry], rax; and tells the TLB, page by page or whole. */
function exchange(out: FunctionWriter, random: Random, entryAt: LinkedSurroundings['entryAt']): void {
  const first = functionAddress(random.below(LEAVES));
  const second = functionAddress(random.below(LEAVES));
  out.bytes.push(0x48, 0x8b, 0x04, 0x25);
  out.dword(entryAt(first));
  out.bytes.push(0x48, 0x87, 0x04, 0x25);
  out.dword(entryAt(second));
  out.bytes.push(0x48, 0x89, 0x04, 0x25);
  out.dword(entryAt(first));
  if (random.below(2) === 0) {
    out.bytes.push(0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8); // mov rax, cr3; mov cr3, rax
    return;
  }
  for (const page of [first, second]) {
    out.bytes.push(0x0f, 0x01, 0x3c, 0x25); // invlpg
    out.dword(page);
  }
}

/** A program that ends in a jump to itself unless it faults. */
export function linkedProgram({ seed, turns, entryAt }: LinkedSurroundings): LinkedProgram {
  const random = new Random(seed);
  const count = LEAVES + OTHERS;
  const functions = Array.from({ length: count }, (_, index) =>
    index < LEAVES ? leaf(random, index) : caller(random, index),
  );
  const out = new FunctionWriter(random, At.CODE);
  out.bytes.push(0x49, 0xc7, 0xc6); // mov r14, DATA
  out.dword(At.DATA);
  out.bytes.push(0x41, 0xbf); // mov r15d, turns
  out.dword(turns);
  const start = out.bytes.length;
  for (let i = 3; i > 0; i -= 1) out.direct(0xe8, functionAddress(count - 1 - random.below(OTHERS / 2)));
  // Every sixteenth turn: test r15d, 15; jnz behind.
  out.bytes.push(0x41, 0xf7, 0xc7);
  out.dword(15);
  out.bytes.push(0x75, 0);
  const skip = out.bytes.length;
  exchange(out, random, entryAt);
  out.bytes[skip - 1] = out.bytes.length - skip;
  out.bytes.push(0x41, 0xff, 0xcf, 0x0f, 0x85); // dec r15d; jnz start
  out.dword(start - out.bytes.length - 4);
  out.bytes.push(0xeb, 0xfe);
  return { main: out.bytes, functions };
}
