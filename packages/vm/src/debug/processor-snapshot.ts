/** What a virtual processor was doing at one moment: registers, the code around RIP, and who called it. */

import {
  type CodeBits,
  codeAddress,
  codeBits,
  type PhysicalReader,
  type RaisedException,
  REGISTER_FILE_BYTES,
  Reg,
  RegisterFile,
  readLinear,
  Seg,
  type X86Processor,
} from '@viridian/x86';

/** An address on the stack that a call or an interruption left. */
export interface ReturnAddress {
  /** Bytes above the stack pointer. */
  readonly stackOffset: number;
  readonly address: bigint;
  /**
   * `frame`: the chain of frame pointers leads to it; `interrupted`: what an interrupt or exception saved; `scan`: there is
   * a call in front of it, but the value may be left over from an earlier call.
   */
  readonly kind: 'frame' | 'interrupted' | 'scan';
}

/** One processor, as plain data. */
export interface ProcessorSnapshot {
  readonly vp: number;
  /** `running`, `halted`, `wait-for-sipi` or `unrecoverable`. */
  readonly state: string;
  /** Instructions that it has executed. */
  readonly instructions: number;
  readonly bits: CodeBits;
  readonly registers: RegisterFile;
  /** The last exceptions, the newest last. */
  readonly exceptions: readonly RaisedException[];
  /** Bytes around RIP, as far as there is memory. */
  readonly code: { readonly linear: bigint; readonly bytes: Uint8Array };
  /** Linear address of RIP. */
  readonly codeLinear: bigint;
  readonly stack: readonly ReturnAddress[];
}

const CODE_BEFORE_BYTES = 64;
const CODE_AFTER_BYTES = 64;
/** A thread's stack in Linux, which begins at a multiple of this. */
const STACK_BYTES = 16384;
/** Of the longest form of CALL that compilers use. */
const MOST_CALL_BYTES = 7;
const SEGMENT_D = 0x4000;
/** Bits of RFLAGS that have one value always. */
const FLAGS_FIXED_MASK = 0xffff_ffff_ffc0_802an;
/** No code lies in the first page. */
const LEAST_ADDRESS = 0x1000n;

/** Takes down what a processor is doing. Between its turns, or in an exit of it; changes nothing in the guest. */
export function takeSnapshot(
  processor: X86Processor,
  vp: number,
  state: string,
  read: PhysicalReader,
): ProcessorSnapshot {
  const registers = copyRegisters(processor.registers);
  const codeLinear = codeAddress(registers);
  return {
    vp,
    state: state === 'running' && processor.isHalted ? 'halted' : state,
    instructions: processor.instructions,
    bits: codeBits(registers),
    registers,
    exceptions: processor.recentExceptions,
    code: readCode(processor, codeLinear, read),
    codeLinear,
    stack: readStack(processor, read),
  };
}

function copyRegisters(from: RegisterFile): RegisterFile {
  const buffer = new ArrayBuffer(REGISTER_FILE_BYTES);
  const copy = new RegisterFile(buffer);
  new Uint8Array(buffer).set(new Uint8Array(from.qwords.buffer, from.qwords.byteOffset, REGISTER_FILE_BYTES));
  return copy;
}

/** The page in front may be missing, or the one behind. */
function readCode(processor: X86Processor, at: bigint, read: PhysicalReader): ProcessorSnapshot['code'] {
  const before = at < BigInt(CODE_BEFORE_BYTES) ? Number(at) : CODE_BEFORE_BYTES;
  for (const back of [before, Math.min(before, Number(at & 0xfffn))]) {
    const linear = at - BigInt(back);
    const bytes = readLinear(processor, linear, back + CODE_AFTER_BYTES, read);
    if (bytes.length > back || back === 0) return { linear, bytes };
  }
  return { linear: at, bytes: readLinear(processor, at, CODE_AFTER_BYTES, read) };
}

function readStack(processor: X86Processor, read: PhysicalReader): ReturnAddress[] {
  const { registers } = processor;
  const bits = codeBits(registers);
  if (bits === 16) return [];
  const word = bits / 8;
  const ss = registers.segments[Seg.SS]!;
  const mask = bits === 64 ? 64 : (ss.attributes & SEGMENT_D) === 0 ? 16 : 32;
  const base = bits === 64 ? 0n : ss.base;
  const rsp = BigInt.asUintN(mask, registers.qwords[Reg.RSP]!);
  const rbp = BigInt.asUintN(mask, registers.qwords[Reg.RBP]!);
  const top = base + rsp;
  const room = STACK_BYTES - Number(top & BigInt(STACK_BYTES - 1));
  const bytes = readLinear(processor, top, room, read);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = Array.from({ length: Math.floor(bytes.length / word) }, (_, index) =>
    word === 8 ? view.getBigUint64(index * 8, true) : BigInt(view.getUint32(index * 4, true)),
  );
  const frames = frameOffsets(words, word, rsp, rbp);
  const found: ReturnAddress[] = [];
  words.forEach((address, index) => {
    const stackOffset = index * word;
    const isInterrupted = isInterruptFrame(words, index, bits === 64);
    if (!isInterrupted && !followsCall(processor, address, read)) return;
    const kind = isInterrupted ? 'interrupted' : frames.has(stackOffset) ? 'frame' : 'scan';
    found.push({ stackOffset, address, kind });
  });
  return found;
}

/** Where the chain of frame pointers has its return addresses, as far as it goes up within the stack. */
function frameOffsets(words: readonly bigint[], word: number, rsp: bigint, rbp: bigint): Set<number> {
  const offsets = new Set<number>();
  const end = BigInt((words.length - 1) * word);
  let at = rbp - rsp;
  while (at >= 0n && at < end && at % BigInt(word) === 0n) {
    const index = Number(at) / word;
    offsets.add((index + 1) * word);
    const next = words[index]! - rsp;
    if (next <= at) break;
    at = next;
  }
  return offsets;
}

/**
 * RIP, CS and RFLAGS as an interrupt pushes them, in 64-bit mode with RSP and SS behind: selectors of a flat system, and
 * flags with their fixed bits.
 */
function isInterruptFrame(words: readonly bigint[], index: number, is64: boolean): boolean {
  const isSelector = (value = 0n): boolean => value < 0x100n && ((value & 7n) === 0n || (value & 7n) === 3n);
  const selector = words[index + 1] ?? 0n;
  if (selector === 0n || !isSelector(selector) || (is64 && !isSelector(words[index + 4] ?? 0x100n)))
    return false;
  return ((words[index + 2] ?? 0n) & FLAGS_FIXED_MASK) === 2n && words[index]! >= LEAST_ADDRESS;
}

/** Whether a CALL ends in front of an address: E8 with a displacement, or FF /2. Intel SDM volume 2, "CALL". */
function followsCall(processor: X86Processor, address: bigint, read: PhysicalReader): boolean {
  if (address < LEAST_ADDRESS) return false;
  const bytes = readLinear(processor, address - BigInt(MOST_CALL_BYTES), MOST_CALL_BYTES, read);
  if (bytes.length < MOST_CALL_BYTES) return false;
  if (bytes[MOST_CALL_BYTES - 5] === 0xe8) return true;
  for (const length of [2, 3, 4, 6, 7]) {
    const at = MOST_CALL_BYTES - length;
    if (bytes[at] === 0xff && callBytes(bytes[at + 1]!, bytes[at + 2]) === length) return true;
  }
  return false;
}

/** Length of FF with this ModRM byte, when it is a CALL; 0 when not. */
function callBytes(modrm: number, sib: number | undefined): number {
  if (((modrm >> 3) & 7) !== 2) return 0;
  const mod = modrm >> 6;
  const rm = modrm & 7;
  if (mod === 3) return 2;
  const hasSib = rm === 4;
  const displacement = mod === 1 ? 1 : mod === 2 || (rm === 5 && !hasSib) ? 4 : 0;
  const noBase = mod === 0 && hasSib && ((sib ?? 0) & 7) === 5 ? 4 : 0;
  return 2 + (hasSib ? 1 : 0) + displacement + noBase;
}
