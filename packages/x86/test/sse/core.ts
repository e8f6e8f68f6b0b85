/** The processor under test, for the same cases. */

import { CodeMachine, Reg } from '../../src/index.ts';
import { CASE_XMM, type Case, MEMORY_BYTES } from './case.ts';

const CODE = 0x1000;
const IDT = 0x2000;
const GDT = 0x3000;
/** Exception vector v is handled at HANDLERS + 16 v, by HLT. */
const HANDLERS = 0x5000;
const MEMORY = 0x6000;
const STACK = 0x8000;
const HLT = 0xf4;

/** Vector of the exception that a machine stopped at, -1 where it stopped elsewhere. */
export function vectorOf(machine: CodeMachine): number {
  const rip = Number(machine.registers.qwords[Reg.RIP]!);
  return rip > HANDLERS && rip < HANDLERS + 512 ? (rip - 1 - HANDLERS) / 16 : -1;
}

/** Runs cases on one machine, whose state is set anew for each. */
export class CoreRunner {
  readonly machine: CodeMachine;
  #code = '';

  constructor() {
    this.machine = new CodeMachine({ memoryBytes: 1 << 20 });
    const { memory, registers } = this.machine;
    const view = new DataView(memory.buffer, memory.byteOffset);
    view.setBigUint64(GDT + 8, 0x00af9b000000ffffn, true);
    view.setBigUint64(GDT + 16, 0x00cf93000000ffffn, true);
    for (let vector = 0; vector < 32; vector += 1) {
      const handler = BigInt(HANDLERS + vector * 16);
      view.setBigUint64(IDT + vector * 16, handler | (8n << 16n) | (0x8e00n << 32n), true);
      memory[HANDLERS + vector * 16] = HLT;
    }
    Object.assign(registers.gdtr, { base: BigInt(GDT), limit: 0x17 });
    Object.assign(registers.idtr, { base: BigInt(IDT), limit: 0xfff });
    // OSFXSR and OSXMMEXCPT.
    registers.qwords[Reg.CR4] = registers.qwords[Reg.CR4]! | 0x600n;
  }

  /** Executes a case and writes the state afterwards into it. */
  run(one: Case): void {
    this.#load(one);
    const { processor, memory } = this.machine;
    const code = one.code.join();
    if (code !== this.#code) {
      this.#code = code;
      memory.set(one.code, CODE);
      memory[CODE + one.code.length] = HLT;
      processor.flushTlb();
    }
    processor.wake();
    processor.runInstructions(4);
    one.vector = vectorOf(this.machine);
    this.#store(one);
  }

  #load(one: Case): void {
    const { registers, memory } = this.machine;
    const { qwords } = registers;
    for (const [index, number] of CASE_XMM.entries()) registers.xmm.set(one.xmm(index), number * 16);
    for (let index = 0; index < 4; index += 1) registers.x87.set(one.mm(index), index * 16);
    qwords[Reg.RAX] = one.general(0);
    qwords[Reg.RCX] = one.general(1);
    qwords[Reg.RDX] = one.general(2);
    qwords[Reg.R9] = one.general(3);
    qwords[Reg.RSI] = qwords[Reg.RDI] = BigInt(MEMORY);
    qwords[Reg.RSP] = BigInt(STACK);
    qwords[Reg.RIP] = BigInt(CODE);
    qwords[Reg.RFLAGS] = BigInt(one.flags & ~0x200);
    registers.floatControl.mxcsr = one.mxcsr;
    memory.set(one.memory, MEMORY);
  }

  #store(one: Case): void {
    const { registers, memory } = this.machine;
    const { qwords } = registers;
    for (const [index, number] of CASE_XMM.entries()) {
      one.xmm(index).set(registers.xmm.subarray(number * 16, number * 16 + 16));
    }
    for (let index = 0; index < 4; index += 1)
      one.mm(index).set(registers.x87.subarray(index * 16, index * 16 + 8));
    one.setGeneral(0, qwords[Reg.RAX]!);
    one.setGeneral(1, qwords[Reg.RCX]!);
    one.setGeneral(2, qwords[Reg.RDX]!);
    one.setGeneral(3, qwords[Reg.R9]!);
    one.flags = Number(qwords[Reg.RFLAGS]!);
    one.mxcsr = registers.floatControl.mxcsr;
    one.memory.set(memory.subarray(MEMORY, MEMORY + MEMORY_BYTES));
  }
}
