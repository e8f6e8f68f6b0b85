/** An instruction trace for people: each executed instruction, disassembled, with the registers that it changed. */

import type { CodeBits } from '../core/code-machine.ts';
import type { X86Processor } from '../core/x86-processor.ts';
import { codeAddress, codeBits, type PhysicalReader, readLinear } from '../processor/linear-memory.ts';
import { StopReason } from '../processor/processor.ts';
import { Reg, type RegisterFile } from '../processor/registers.ts';
import { disassemble } from './disassemble.ts';

/** One executed instruction. */
export interface TraceLine {
  /** Instructions that the processor had executed before it. */
  readonly number: number;
  /** RIP of the instruction. */
  readonly rip: bigint;
  readonly bits: CodeBits;
  /** Its bytes; fewer than it has, or none, where they cannot be read. */
  readonly bytes: Uint8Array;
  /** In Intel's syntax; `(bad)` for what the disassembler does not know. */
  readonly text: string;
  /** Registers that have another value now, as `name=0x…`. An exception shows as a changed stack pointer and no result. */
  readonly changes: readonly string[];
  /** It is the first of a handler: an interrupt was delivered in front of it. */
  readonly afterInterrupt: boolean;
}

export interface TraceOptions {
  readonly read: PhysicalReader;
  /** Takes each line as soon as its instruction was executed. */
  readonly line: (line: TraceLine) => void;
}

const MOST_BYTES = 15;

const QWORD_NAMES: readonly (readonly [number, string])[] = [
  ...['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'].map((name, at) => [at, name] as const),
  ...Array.from({ length: 8 }, (_, at) => [8 + at, `r${8 + at}`] as const),
  [Reg.RFLAGS, 'rflags'],
  [Reg.CR0, 'cr0'],
  [Reg.CR2, 'cr2'],
  [Reg.CR3, 'cr3'],
  [Reg.CR4, 'cr4'],
  [Reg.CR8, 'cr8'],
  [Reg.EFER, 'efer'],
];
const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

/** The registers that a trace shows, at one moment. */
interface Snapshot {
  readonly qwords: readonly bigint[];
  readonly selectors: readonly number[];
  readonly xmm: BigUint64Array;
  readonly x87: BigUint64Array;
  readonly status: number;
  readonly mxcsr: number;
}

function takeSnapshot(registers: RegisterFile): Snapshot {
  const words = (bytes: Uint8Array) => new BigUint64Array(bytes.slice().buffer);
  return {
    qwords: QWORD_NAMES.map(([register]) => registers.qwords[register]!),
    selectors: SEGMENT_NAMES.map((_, at) => registers.segments[at]!.selector),
    xmm: words(registers.xmm),
    x87: words(registers.x87),
    status: registers.floatControl.fsw,
    mxcsr: registers.floatControl.mxcsr,
  };
}

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

function changesBetween(before: Snapshot, after: Snapshot): string[] {
  const changes: string[] = [];
  const note = (name: string, was: bigint | number, is: bigint | number) => {
    if (was !== is) changes.push(`${name}=${hex(is)}`);
  };
  QWORD_NAMES.forEach(([, name], at) => {
    note(name, before.qwords[at]!, after.qwords[at]!);
  });
  SEGMENT_NAMES.forEach((name, at) => {
    note(name, before.selectors[at]!, after.selectors[at]!);
  });
  const pair = (words: BigUint64Array, at: number) => (words[at * 2 + 1]! << 64n) | words[at * 2]!;
  for (let at = 0; at < 16; at += 1) note(`xmm${at}`, pair(before.xmm, at), pair(after.xmm, at));
  // Physical registers: ST(i) is the one at TOP + i.
  for (let at = 0; at < 8; at += 1) note(`x87r${at}`, pair(before.x87, at), pair(after.x87, at));
  note('fsw', before.status, after.status);
  note('mxcsr', before.mxcsr, after.mxcsr);
  return changes;
}

/**
 * Executes up to `count` instructions one by one and reports each. Gives the reason for which the processor stopped
 * before that, or BUDGET. A line comes also for an instruction that raised an exception; a repeated string instruction is
 * one line as far as it ran in one go.
 */
export function traceInstructions(processor: X86Processor, count: number, options: TraceOptions): StopReason {
  const { registers } = processor;
  let before = takeSnapshot(registers);
  for (let index = 0; index < count; index += 1) {
    let seen = lookAt(processor, registers.qwords[Reg.RIP]!, options.read);
    const number = processor.instructions;
    const reason = processor.runInstructions(1);
    // Halted, or stopped in front of it.
    if (reason !== StopReason.BUDGET && processor.instructions === number) return reason;
    const afterInterrupt = processor.executedRip !== seen.rip;
    if (afterInterrupt) seen = lookAt(processor, processor.executedRip, options.read);
    const after = takeSnapshot(registers);
    options.line({ ...seen, number, changes: changesBetween(before, after), afterInterrupt });
    if (reason !== StopReason.BUDGET) return reason;
    before = after;
  }
  return StopReason.BUDGET;
}

/** The instruction at `rip` of the current code segment. */
function lookAt(processor: X86Processor, rip: bigint, read: PhysicalReader) {
  const { registers } = processor;
  const bits = codeBits(registers);
  const code = readLinear(processor, codeAddress(registers, rip), MOST_BYTES, read);
  const { text, bytes } = disassemble(code, bits, rip);
  return { rip, bits, text, bytes: code.subarray(0, bytes) };
}

/** A line as text: address, bytes, instruction, changes. */
export function formatTraceLine({ rip, bits, bytes, text, changes }: TraceLine): string {
  const address = rip.toString(16).padStart(bits / 4, '0');
  const code = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${address}  ${code.padEnd(30)}  ${text.padEnd(40)}  ${changes.join(' ')}`.trimEnd();
}
