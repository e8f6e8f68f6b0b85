/** Runs cases on the processor of this package, in a machine laid out as the host's child process is. */

import { decode } from '../../src/disassembler/decode.ts';
import { CodeMachine, type EngineOptions, Outcome, Reg, Seg, StopReason } from '../../src/index.ts';
import { ENDLESS, type Memory, type Result, segmentBases, type TestCase } from './case.ts';
import {
  CODE,
  CODE_BYTES,
  DATA,
  DATA_16,
  DATA_BYTES,
  FLOAT_BYTES,
  GS_BASE,
  PAGE,
  READ_ONLY,
} from './layout.ts';

/** Physical addresses. */
const CODE_AT = 0x10000;
const DATA_AT = 0x40000;
const READ_ONLY_AT = 0x43000;
const DESCRIPTORS_AT = 0x45000;
const TABLES = 0x100000;

/** Where the system's page of descriptor tables is mapped, and where the local table begins in it. */
const DESCRIPTORS = 0x20100000;
const LOCAL = 0x100;
/** AVL, which Linux sets in local descriptors. */
const AVAILABLE = 1n << 52n;
const GLOBAL_DESCRIPTORS: readonly (readonly [number, bigint])[] = [
  [0x08, 0x00cf9b000000ffffn],
  [0x10, 0x00af9b000000ffffn],
  [0x18, 0x00cf93000000ffffn],
  [0x20, 0x00cffb000000ffffn],
  [0x28, 0x00cff3000000ffffn],
  [0x30, 0x00affb000000ffffn],
  [0x78, 0x0040f50000000000n], // the number of the processor, for LSL
];
const MEMORY_BYTES = 0x180000;

const INT3 = 0xcc;
const BREAKPOINT = 3;
const OVERFLOW = 4;
const PRESENT = 1n;
const PRESENT_USER = 5n;
const WRITABLE = 2n;
const NO_EXECUTE = 1n << 63n;
/** How far branches of a case go from its start. */
const MOST_BRANCH = 48;
/** Instructions that a case may take. */
const MOST_INSTRUCTIONS = 2000;
const MOST_STEPS = 30;

/** Selectors and attributes of code and data segments at privilege level 3, as Linux and `host.c` have them. */
const SEGMENTS = {
  16: {
    code: { selector: 0x07, attributes: 0xfb },
    data: { selector: 0x0f, attributes: 0xf3 },
    limit: 0xffff,
  },
  32: {
    code: { selector: 0x23, attributes: 0xc0fb },
    data: { selector: 0x2b, attributes: 0xc0f3 },
    limit: 0xffffffff,
  },
  64: {
    code: { selector: 0x33, attributes: 0xa0fb },
    data: { selector: 0x2b, attributes: 0xc0f3 },
    limit: 0xffffffff,
  },
} as const;

/** A machine at privilege level 3, whose every exception ends the case. */
export class CoreProcessor {
  readonly #machine: CodeMachine;
  readonly #memory: Memory;
  readonly #data: Uint8Array;
  readonly #dataWords: Uint32Array;
  readonly #expected = new Uint8Array(DATA_BYTES);
  readonly #expectedWords = new Uint32Array(this.#expected.buffer);
  #vector = -1;
  #error = 0;
  #lastAt = CODE_BYTES;

  /** `engine` says what executes; the usual one unless given. */
  constructor(memory: Memory, engine: EngineOptions = {}) {
    this.#memory = memory;
    this.#machine = new CodeMachine({
      ...engine,
      bits: 64,
      memoryBytes: MEMORY_BYTES,
      handler: {
        exception: (vector, error, hasError) => {
          this.#vector = vector;
          this.#error = hasError ? error : 0;
          return Outcome.SUSPEND;
        },
      },
    });
    this.#mapPages();
    const { registers, processor, memory: bytes } = this.#machine;
    registers.qwords[Reg.CR3] = BigInt(TABLES);
    registers.qwords[Reg.CR0] = 0x80050033n;
    registers.qwords[Reg.CR4] = 0x620n;
    registers.idtr.limit = 0;
    registers.gdtr.base = BigInt(DESCRIPTORS);
    registers.gdtr.limit = 127;
    registers.segments[Seg.LDTR] = {
      base: BigInt(DESCRIPTORS + LOCAL),
      limit: 15,
      selector: 0x50,
      attributes: 0x82,
    };
    this.#writeDescriptors();
    // A task state segment too small for a map of ports.
    registers.segments[Seg.TR] = { base: 0n, limit: 0, selector: 0x40, attributes: 0x8b };
    processor.exceptionFilter = 0xffffffff;
    bytes.fill(INT3, CODE_AT, CODE_AT + CODE_BYTES);
    this.#data = bytes.subarray(DATA_AT, DATA_AT + DATA_BYTES);
    this.#dataWords = new Uint32Array(bytes.buffer, this.#data.byteOffset, DATA_BYTES / 4);
    this.#data.set(memory.data);
    bytes.set(memory.readOnly, READ_ONLY_AT);
  }

  /** Runs a case from its state to the first exception; `stepping` one instruction after the other. */
  run(test: TestCase, stepping = false): Result {
    const { registers, processor } = this.#machine;
    this.#begin(test);
    this.#vector = -1;
    let reason: StopReason = StopReason.BUDGET;
    if (stepping) {
      for (let left = MOST_STEPS; left > 0 && reason === StopReason.BUDGET; left -= 1) {
        reason = processor.runInstructions(1);
      }
    } else reason = processor.runInstructions(MOST_INSTRUCTIONS);
    const result: Result = {
      trap: reason === StopReason.SUSPENDED ? this.#vector : ENDLESS,
      error: this.#error,
      address: registers.qwords[Reg.CR2]!,
      flags: registers.dwords[Reg.RFLAGS * 2]!,
      rip: registers.qwords[Reg.RIP]!,
      registers: registers.qwords.slice(0, 16),
      selectors: [Seg.CS, Seg.SS, Seg.DS, Seg.ES].map((each) => registers.segments[each]!.selector),
      floats: test.floats === undefined ? undefined : this.#saveFloats(),
      changedAt: 0,
      changed: new Uint8Array(0),
    };
    this.#passBreakpoint(result);
    this.#end(test, result);
    return result;
  }

  #begin(test: TestCase): void {
    const { registers, processor, memory } = this.#machine;
    const { code: codeBase, data: dataBase } = segmentBases(test.bits);
    const code = CODE_AT + test.codeAt;
    memory.set(test.code, code);
    // Places are used in rising order: only one that was used before may have been decoded, but for those at ends of
    // pages, whose branches reach others.
    const isNear = (test.codeAt + MOST_BRANCH) % PAGE < test.codeAt % PAGE;
    if (test.codeAt <= this.#lastAt || isNear) processor.flushTlb();
    this.#lastAt = isNear ? CODE_BYTES : test.codeAt;
    this.#data.set(test.patch, test.patchAt);
    registers.qwords.set(test.registers);
    registers.qwords[Reg.RFLAGS] = BigInt(test.flags | 0x202);
    registers.qwords[Reg.RIP] = BigInt(CODE - codeBase + test.codeAt);
    registers.qwords[Reg.CR2] = 0n;
    processor.interruptShadow = false;
    const { segments } = registers;
    const { code: codeSegment, data: dataSegment, limit } = SEGMENTS[test.bits];
    for (const index of [Seg.ES, Seg.SS, Seg.DS]) {
      segments[index] = { base: BigInt(dataBase), limit, ...dataSegment };
    }
    segments[Seg.CS] = { base: BigInt(codeBase), limit, ...codeSegment };
    segments[Seg.FS] = { base: 0n, limit: 0, selector: 0, attributes: 0 };
    segments[Seg.GS] = { base: BigInt(GS_BASE), limit: 0, selector: 0, attributes: 0 };
    if (test.floats !== undefined) this.#loadFloats(test.floats);
  }

  /** INT3 and INTO are traps: a processor says where the next instruction is, while the filter sees this one. */
  #passBreakpoint(result: Result): void {
    if (result.trap !== BREAKPOINT && result.trap !== OVERFLOW) return;
    const { registers, memory } = this.#machine;
    const { base, attributes } = registers.segments[Seg.CS]!;
    const bits = registers.is64Bit ? 64 : attributes & 0x4000 ? 32 : 16;
    const at = CODE_AT - CODE + Number(result.rip + (bits === 64 ? 0n : base));
    result.rip += BigInt(decode(memory, at, bits)?.bytes ?? 0);
  }

  /** Finds what the case changed and puts memory back. */
  #end(test: TestCase, result: Result): void {
    const { memory } = this.#machine;
    const codeAt = CODE_AT + test.codeAt;
    memory.fill(INT3, codeAt, codeAt + test.code.length);
    const { data } = this.#memory;
    const expected = this.#expected;
    const now = this.#data;
    expected.set(data);
    expected.set(test.patch, test.patchAt);
    let word = 0;
    while (word < DATA_BYTES / 4 && this.#dataWords[word] === this.#expectedWords[word]) word += 1;
    if (word < DATA_BYTES / 4) {
      let first = word * 4;
      while (now[first] === expected[first]) first += 1;
      let last = DATA_BYTES;
      while (now[last - 1] === expected[last - 1]) last -= 1;
      result.changedAt = first;
      result.changed = now.slice(first, last);
      now.set(data);
    } else if (test.patch.length > 0) {
      const { patchAt } = test;
      now.set(data.subarray(patchAt, patchAt + test.patch.length), patchAt);
    }
  }

  /** The tables that Linux has, and entries of `host.c`; accessed bits are set. */
  #writeDescriptors(): void {
    const { memory } = this.#machine;
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    for (const [selector, descriptor] of GLOBAL_DESCRIPTORS) {
      view.setBigUint64(DESCRIPTORS_AT + selector, descriptor, true);
    }
    const base = (address: number) =>
      (BigInt(address & 0xffffff) << 16n) | (BigInt(address >>> 24) << 56n) | 0xffffn;
    view.setBigUint64(DESCRIPTORS_AT + LOCAL, base(CODE) | (0xfbn << 40n) | AVAILABLE, true);
    view.setBigUint64(DESCRIPTORS_AT + LOCAL + 8, base(DATA_16) | (0xf3n << 40n) | AVAILABLE, true);
  }

  #mapPages(): void {
    const { memory } = this.#machine;
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    const upper = PRESENT_USER | WRITABLE;
    const table = (index: number) => TABLES + index * PAGE;
    view.setBigUint64(table(0), BigInt(table(1)) | upper, true);
    view.setBigUint64(table(1), BigInt(table(2)) | upper, true);
    view.setBigUint64(table(2) + (CODE >>> 21) * 8, BigInt(table(3)) | upper, true);
    view.setBigUint64(table(2) + (DATA >>> 21) * 8, BigInt(table(4)) | upper, true);
    const page = (at: number, address: number, physical: number, rights: bigint) =>
      view.setBigUint64(table(at) + ((address >>> 12) & 511) * 8, BigInt(physical) | rights, true);
    for (let at = 0; at < CODE_BYTES; at += PAGE) page(3, CODE + at, CODE_AT + at, PRESENT_USER);
    for (let at = 0; at < DATA_BYTES; at += PAGE)
      page(4, DATA + at, DATA_AT + at, PRESENT_USER | WRITABLE | NO_EXECUTE);
    page(4, READ_ONLY, READ_ONLY_AT, PRESENT_USER | NO_EXECUTE);
    page(4, DESCRIPTORS, DESCRIPTORS_AT, PRESENT | WRITABLE | NO_EXECUTE);
  }

  /** Loads an FXSAVE image (Intel SDM volume 1, "Operation of FXSAVE"). */
  #loadFloats(image: Uint8Array): void {
    const { floatControl, x87, xmm } = this.#machine.registers;
    const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
    floatControl.fcw = view.getUint16(0, true);
    floatControl.fsw = view.getUint16(2, true);
    floatControl.ftw = image[4]!;
    floatControl.mxcsr = view.getUint32(24, true);
    const top = (floatControl.fsw >> 11) & 7;
    for (let i = 0; i < 8; i += 1) {
      x87.set(image.subarray(32 + i * 16, 42 + i * 16), ((top + i) & 7) * 16);
    }
    xmm.set(image.subarray(160, 416));
  }

  #saveFloats(): Uint8Array {
    const { floatControl, x87, xmm } = this.#machine.registers;
    const image = new Uint8Array(FLOAT_BYTES);
    const view = new DataView(image.buffer);
    view.setUint16(0, floatControl.fcw, true);
    view.setUint16(2, floatControl.fsw, true);
    image[4] = floatControl.ftw;
    view.setUint32(24, floatControl.mxcsr, true);
    const top = (floatControl.fsw >> 11) & 7;
    for (let i = 0; i < 8; i += 1) {
      const from = ((top + i) & 7) * 16;
      image.set(x87.subarray(from, from + 10), 32 + i * 16);
    }
    image.set(xmm, 160);
    return image;
  }
}
