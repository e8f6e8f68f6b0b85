/** A processor alone with flat memory, to run a piece of code and look at the result. */

import type { EngineOptions } from '../jit/engine.ts';
import { MachineMemory, PAGE_BYTES } from '../memory/machine-memory.ts';
import { type ExitHandler, Outcome, type StopReason } from '../processor/processor.ts';
import { Reg, type RegisterFile } from '../processor/registers.ts';
import { CORE_RESERVED_BYTES } from './core.ts';
import { CoreMachine } from './core-machine.ts';
import { X86Processor } from './x86-processor.ts';

/** Bits that code is executed as. */
export type CodeBits = 16 | 32 | 64;

export interface CodeMachineOptions extends EngineOptions {
  /** Guest memory from address 0; 16 MiB unless given. */
  readonly memoryBytes?: number;
  /** 64 unless given. In 64-bit mode, page tables in the last 16 KiB map the first 4 GiB onto themselves. */
  readonly bits?: CodeBits;
  /** Answers exits; those not given end in #GP, and an exception without a handler table ends in a triple fault. */
  readonly handler?: Partial<ExitHandler>;
}

const NO_EXITS: ExitHandler = {
  cpuid: () => Outcome.GENERAL_PROTECTION,
  readMsr: () => Outcome.GENERAL_PROTECTION,
  writeMsr: () => Outcome.GENERAL_PROTECTION,
  hypercall: () => Outcome.INVALID_OPCODE,
  port: () => Outcome.GENERAL_PROTECTION,
  memory: () => Outcome.GENERAL_PROTECTION,
  exception: () => Outcome.DONE,
  unrecoverable: () => {},
  acknowledgeInterrupt: () => -1,
  readTsc: () => 0n,
};

/** Code segment attributes by mode: real, 32-bit flat, 64-bit. */
const CODE_ATTRIBUTES = { 16: 0x9b, 32: 0xc09b, 64: 0xa09b } as const;
const DATA_ATTRIBUTES = { 16: 0x93, 32: 0xc093, 64: 0xc093 } as const;

/** One x86 processor over zeroed memory, at privilege level 0, with flat segments and interrupts off. */
export class CodeMachine {
  readonly processor: X86Processor;
  readonly registers: RegisterFile;
  /** Guest memory from address 0. */
  readonly memory: Uint8Array<SharedArrayBuffer>;

  constructor(options: CodeMachineOptions = {}) {
    const { memoryBytes = 16 << 20, bits = 64, handler = {} } = options;
    const machineMemory = new MachineMemory();
    const bank = machineMemory.addBank(CORE_RESERVED_BYTES + memoryBytes);
    const pages = Math.floor(memoryBytes / PAGE_BYTES);
    const first = bank.firstPage + CORE_RESERVED_BYTES / PAGE_BYTES;
    const gpa = {
      firstUnmapped: pages,
      systemPage: (gpn: number) => (gpn < pages ? first + gpn : -1),
      access: (gpn: number) => (gpn < pages ? 7 : 0),
    };
    const machine = new CoreMachine(bank, machineMemory, gpa, options);
    this.memory = bank.bytes.subarray(CORE_RESERVED_BYTES, CORE_RESERVED_BYTES + pages * PAGE_BYTES);
    this.processor = new X86Processor(machine, 0, { ...NO_EXITS, ...handler });
    this.registers = this.processor.registers;
    this.processor.startUp(0);
    this.#setMode(bits);
  }

  /** Puts `code` at `address` and executes from there until HLT, a triple fault or the limit of instructions. */
  run(code: ArrayLike<number>, address = 0x1000, mostInstructions = 1_000_000): StopReason {
    this.memory.set(code, address);
    this.registers.qwords[Reg.RIP] = BigInt(address);
    // What was decoded from other code at this address is looked at again.
    this.processor.flushTlb();
    this.processor.wake();
    return this.processor.runInstructions(mostInstructions);
  }

  #setMode(bits: CodeBits): void {
    const { qwords, segments } = this.registers;
    segments.forEach((segment, index) => {
      if (index > 5) return;
      segment.base = 0n;
      segment.limit = bits === 16 ? 0xffff : 0xffffffff;
      segment.selector = bits === 16 ? 0 : index === 1 ? 8 : 16;
      segment.attributes = index === 1 ? CODE_ATTRIBUTES[bits] : DATA_ATTRIBUTES[bits];
    });
    qwords[Reg.RSP] = 0x8000n;
    if (bits === 16) return;
    qwords[Reg.CR0] = 0x31n;
    if (bits === 64) this.#enterLongMode();
  }

  #enterLongMode(): void {
    const { qwords } = this.registers;
    const view = new DataView(this.memory.buffer, this.memory.byteOffset, this.memory.byteLength);
    const tables = this.memory.byteLength - 4 * PAGE_BYTES;
    view.setBigUint64(tables, BigInt(tables + PAGE_BYTES) | 7n, true);
    for (let i = 0; i < 4; i += 1) {
      // Pages of 1 GiB.
      view.setBigUint64(tables + PAGE_BYTES + i * 8, BigInt(i * 2 ** 30) | 0x87n, true);
    }
    qwords[Reg.CR3] = BigInt(tables);
    qwords[Reg.CR4] = 0x220n;
    qwords[Reg.EFER] = 0xd01n;
    qwords[Reg.CR0] = 0x80010031n;
  }
}
