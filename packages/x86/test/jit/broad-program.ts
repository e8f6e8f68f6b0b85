/**
 * Random programs in breadth, for any flat mode: nested loops, branches into the middle of blocks and of instructions, calls of
 * functions on pages of their own, faults that are repaired or skipped, pages that change under the code, aliases, and
 * instructions that change.
 */

import { At } from '../programs/program-machine.ts';
import { type Bits, BroadWriter } from './broad-writer.ts';
import { Random } from './random-program.ts';

/** Functions lie here, one on each page; the last instructions of some reach into the next page. */
const FUNCTIONS = 0x200000;
const FUNCTION_PAGES = 6;
/** The pages of the program are here once more. */
const ALIAS = 0x300000;
/** Handlers of exceptions. */
const HANDLERS = 0x40000;
/** Where a program goes on behind what it cannot execute; its turns left; those of inner loops; interrupts and faults seen. */
const RESUME = 0x50000;
const TURNS = 0x50008;
const INNER = 0x50010;
const SEEN = 0x50020;
/** Addresses of functions. */
const TABLE = 0x50100;
const PAGE_BYTES = 0x1000;
const VECTOR_PF = 14;
const VECTOR_INTERRUPT = 0x31;
const VECTOR_FLUSH = 0x80;
/** Page-table bits: present, writable, for users. */
const ALL_RIGHTS = 7;

export const Place = {
  FUNCTIONS,
  FUNCTION_PAGES,
  ALIAS,
  HANDLERS,
  RESUME,
  SEEN,
  TABLE,
  VECTOR_INTERRUPT,
} as const;

export interface BroadOptions {
  readonly seed: number;
  readonly bits: Bits;
  /** Of the handlers: IA-32e mode has none of 32 bits. */
  readonly handlerBits: Bits;
  readonly user: boolean;
  readonly turns: number;
  /** Address of the page-table entry of a linear address; absent without paging. */
  readonly entryAt: ((linear: number) => number) | undefined;
}

/** Code and where it lies. */
export interface Piece {
  readonly at: number;
  readonly bytes: readonly number[];
}

export interface BroadProgram {
  /** Where it starts. */
  readonly start: number;
  readonly pieces: readonly Piece[];
}

const functionAt = (index: number): number => FUNCTIONS + index * PAGE_BYTES;

/** What statements need to know. */
interface Context extends BroadOptions {
  readonly random: Random;
  /** Starts of instructions that other code may jump to or change. */
  readonly targets: number[];
}

/** Pages that come and go: data, functions. */
function unsteadyPages(): number[] {
  const functions = Array.from({ length: FUNCTION_PAGES }, (_, index) => functionAt(index));
  return [At.DATA + PAGE_BYTES, At.DATA + 2 * PAGE_BYTES, ...functions];
}

/** A program that ends in a jump to itself after so many turns. */
export function broadProgram(options: BroadOptions): BroadProgram {
  const random = new Random(options.seed);
  // The program lies across the ends of pages.
  const start = At.CODE + random.pick([0, 0xe80, 0xf40, 0xfe0]);
  const context: Context = { ...options, random, targets: [] };
  const functions = Array.from({ length: FUNCTION_PAGES }, (_, index) => functionPiece(context, index));
  return { start, pieces: [...handlers(options), ...functions, mainPiece(context, start)] };
}

/** Calls functions of lower numbers only. The first starts near the end of its page, so that an instruction crosses it. */
function functionPiece(context: Context, index: number): Piece {
  const { random, bits } = context;
  const out = new BroadWriter(random, bits, functionAt(index));
  context.targets.push(out.here + 2);
  out.bytes.push(0x81, 0xc1); // add ecx, imm32: others change it
  out.dword(random.below(1000));
  out.some(6);
  if (index > 0 && random.below(2) === 0) callSomething(out, context, index);
  if (random.below(2) === 0) skip(out);
  out.some(3);
  out.bytes.push(0xc3);
  return { at: out.at, bytes: out.bytes };
}

/** CALL or, through the table or the stack, a function with a number below `limit`. */
function callSomething(out: BroadWriter, { random, bits }: Context, limit: number): void {
  const target = functionAt(random.below(limit));
  switch (random.below(3)) {
    case 0:
      out.branch([0xe8], target);
      break;
    case 1:
      out.bytes.push(0xff); // call [table + …]
      out.absolute(2, TABLE + random.below(limit) * (bits >> 3));
      break;
    default:
      // call over: push target; ret
      out.bytes.push(0xe8, 2, 0, 0, 0, 0xeb, 6, 0x68);
      out.dword(target);
      out.bytes.push(0xc3);
  }
}

/** A conditional branch over a few instructions, or into an instruction behind it. */
function skip(out: BroadWriter): void {
  const { random, bytes } = out;
  bytes.push(0x70 + random.below(16), 0);
  const from = bytes.length;
  if (random.below(3) === 0) {
    // Lands in the constant of an instruction: 0F 1F 40 90, a long NOP, whose last byte is one too.
    bytes.push(0x81, 0xc2, 0xf5, 0x40 | (out.bits === 64 ? 8 : 0), 0x90, 0x90); // add edx, imm32
    bytes[from - 1] = 2;
  } else {
    out.some(3);
    const distance = bytes.length - from;
    if (distance < 128) bytes[from - 1] = distance;
  }
}

function mainPiece(context: Context, start: number): Piece {
  const { random, bits, turns } = context;
  const out = new BroadWriter(random, bits, start);
  if (bits === 64)
    out.bytes.push(0x49, 0xc7, 0xc6); // mov r14, DATA
  else out.bytes.push(0xbd); // mov ebp, DATA
  out.dword(At.DATA);
  out.store(TURNS, turns);
  const again = out.here;
  const blocks = 3 + random.below(5);
  for (let block = 0; block < blocks; block += 1) mainBlock(out, context);
  out.bytes.push(0xff); // dec dword [TURNS]; jnz again
  out.absolute(1, TURNS);
  out.branch([0x0f, 0x85], again);
  out.bytes.push(0xeb, 0xfe);
  return { at: start, bytes: out.bytes };
}

/** Notes where to go on when something in it cannot be executed; then statements. */
function mainBlock(out: BroadWriter, context: Context): void {
  const { random, user } = context;
  out.bytes.push(0xc7);
  out.absolute(0, RESUME);
  const resume = out.bytes.length;
  out.dword(0);
  context.targets.push(out.here);
  for (let i = 1 + random.below(4); i > 0; i -= 1) statement(out, context);
  const behind = out.here;
  [0, 8, 16, 24].forEach((shift, i) => {
    out.bytes[resume + i] = (behind >> shift) & 255;
  });
  out.bytes.push(0xbc); // mov esp, the stack
  out.dword(user ? At.USER_STACK : At.KERNEL_STACK);
}

type Statement = (out: BroadWriter, context: Context) => void;

/** An inner loop with its counter in memory, or in R13. */
const loop: Statement = (out, { random, bits }) => {
  const turns = 1 + random.below(12);
  const inRegister = bits === 64 && random.below(2) === 0;
  if (inRegister) {
    out.bytes.push(0x41, 0xbd);
    out.dword(turns);
  } else out.store(INNER, turns);
  const again = out.here;
  out.some(6);
  if (random.below(2) === 0) skip(out);
  if (inRegister)
    out.bytes.push(0x41, 0xff, 0xcd); // dec r13d
  else {
    out.bytes.push(0xff);
    out.absolute(1, INNER);
  }
  out.branch([0x0f, 0x85], again);
};

/** Changes a constant or an opcode of other code, or of its own, there or through its alias. */
const change: Statement = (out, { random, targets, entryAt }) => {
  const target = random.pick(targets);
  const isFunction = target >= FUNCTIONS;
  const alias =
    entryAt !== undefined && random.below(2) === 0 ? ALIAS - (isFunction ? FUNCTIONS : At.CODE) : 0;
  const shift = isFunction ? 0x8000 : 0;
  if (!isFunction && random.below(2) === 0) {
    // The instruction behind: mov byte [it + 2], dl; add ecx, imm32.
    out.bytes.push(0x88);
    const at = out.bytes.length;
    out.absolute(2, 0);
    const end = out.here;
    [0, 8, 16, 24].forEach((bit, i) => {
      out.bytes[at + (out.bits === 64 ? 2 : 1) + i] = ((end + 2 + alias) >> bit) & 255;
    });
    out.bytes.push(0x81, 0xc1);
    out.dword(0);
    return;
  }
  if (!isFunction) return;
  out.bytes.push(0x88); // mov [target], dl
  out.absolute(2, target + (alias === 0 ? 0 : alias + shift));
};

/** Gives a page other rights, or none, or another page's memory; and forgets its translation, mostly. */
const disturb: Statement = (out, context) => {
  const { random, user, entryAt } = context;
  if (entryAt === undefined) return;
  const page = random.pick(unsteadyPages());
  const isFunction = page >= FUNCTIONS;
  const other = isFunction && random.below(2) === 0 ? functionAt(random.below(FUNCTION_PAGES)) : page;
  const rights = random.pick(isFunction ? [ALL_RIGHTS, 0, 5, 1] : [0, 5, 3, 1, 0x67]);
  out.store(entryAt(page), rights === 0 ? 0 : other | rights);
  forget(out, random, user, page);
};

function forget(out: BroadWriter, random: Random, user: boolean, page: number): void {
  if (user) out.bytes.push(0xcd, VECTOR_FLUSH);
  else if (random.below(2) === 0)
    out.bytes.push(0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8); // mov rax, cr3; mov cr3, rax
  else {
    out.bytes.push(0x0f, 0x01);
    out.absolute(7, page);
  }
}

/** What cannot be executed: an invalid opcode, an address that is none, a division by zero. */
const refuse: Statement = (out, { random, bits }) => {
  switch (random.below(3)) {
    case 0:
      out.bytes.push(0x0f, 0x0b);
      break;
    case 1:
      if (bits === 64) out.bytes.push(0x48, 0xbb, 0, 0, 0, 0, 0, 0x80, 0, 0, 0x48, 0x01, 0x03); // mov rbx, …; add [rbx], rax
      break;
    default:
      out.bytes.push(0x31, 0xdb, 0xf7, 0xf3); // xor ebx, ebx; div ebx
  }
};

/** CR0.WP, the interrupt flag. */
const control: Statement = (out, { random, user }) => {
  if (user) return;
  if (random.below(2) === 0) out.bytes.push(random.pick([0xfa, 0xfb]));
  else out.bytes.push(0x0f, 0x20, 0xc0, 0x0f, 0xba, 0xf8, 16, 0x0f, 0x22, 0xc0); // mov rax, cr0; btc eax, 16; mov cr0, rax
};

/** Asks the outside, which looks at everything. */
const exit: Statement = (out, { random }) => {
  out.bytes.push(random.below(3) === 0 ? 0xe4 : 0xe6, 0x80);
};

const STATEMENTS: readonly Statement[] = [
  (out) => out.some(8),
  (out) => skip(out),
  loop,
  loop,
  (out, context) => callSomething(out, context, FUNCTION_PAGES),
  (out, context) => callSomething(out, context, FUNCTION_PAGES),
  change,
  disturb,
  refuse,
  control,
  exit,
];

function statement(out: BroadWriter, context: Context): void {
  context.random.pick(STATEMENTS)(out, context);
}

/** Handlers: of page faults, which put all pages back; of interrupts; of what makes software flush; of all else. */
function handlers({ entryAt, handlerBits }: BroadOptions): Piece[] {
  const pages = entryAt === undefined ? [] : unsteadyPages();
  const entries = pages.map((page) => ({ at: entryAt?.(page) ?? 0, value: page | ALL_RIGHTS }));
  const pieces: Piece[] = [];
  const add = (vector: number, write: (out: BroadWriter) => void): void => {
    const out = new BroadWriter(new Random(0), handlerBits, HANDLERS + vector * 0x100);
    write(out);
    pieces.push({ at: out.at, bytes: out.bytes });
    const jump = new BroadWriter(new Random(0), handlerBits, At.HANDLERS + vector * 16);
    jump.branch([0xe9], out.at);
    pieces.push({ at: jump.at, bytes: jump.bytes });
  };
  const hasError = (vector: number) => (0x27d00 >> vector) & 1;
  for (let vector = 0; vector < 32; vector += 1) {
    if (vector !== VECTOR_PF) add(vector, (out) => goOn(out, hasError(vector) === 1));
  }
  add(VECTOR_PF, (out) => {
    for (const { at, value } of entries) out.store(at, value);
    reloadCr3(out);
    returnFrom(out, true);
  });
  add(VECTOR_FLUSH, (out) => {
    reloadCr3(out);
    returnFrom(out, false);
  });
  add(VECTOR_INTERRUPT, (out) => returnFrom(out, false));
  return pieces;
}

/** push rax; mov rax, cr3; mov cr3, rax; pop rax. */
function reloadCr3(out: BroadWriter): void {
  out.bytes.push(0x50, 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0x58);
}

/** inc dword [SEEN]; drops the error code; IRET. */
function returnFrom(out: BroadWriter, hasError: boolean): void {
  const wide = out.bits === 64 ? [0x48] : [];
  out.bytes.push(0xff);
  out.absolute(0, SEEN);
  if (hasError) out.bytes.push(...wide, 0x83, 0xc4, out.bits >> 3);
  out.bytes.push(...wide, 0xcf);
}

/** Goes on where the program says. */
function goOn(out: BroadWriter, hasError: boolean): void {
  const wide = out.bits === 64 ? [0x48] : [];
  if (hasError) out.bytes.push(...wide, 0x83, 0xc4, out.bits >> 3);
  out.bytes.push(0x8b); // mov eax, [RESUME]; mov [rsp], rax; iret
  out.absolute(0, RESUME);
  out.bytes.push(...wide, 0x89, 0x04, 0x24, ...wide, 0xcf);
}
