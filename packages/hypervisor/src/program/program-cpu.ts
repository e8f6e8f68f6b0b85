/** A virtual processor as a TypeScript program uses it: each operation is an instruction with all its consequences. */

import { Reg, type RegisterFile } from '@viridian/x86';
import type { GpaSpace } from '../partition/gpa-space.ts';
import { IA32_TSC, readOwnMsr, writeOwnMsr } from './architectural-msr.ts';
import { ExitGate } from './exit-gate.ts';
import type { CpuidResult, GuestCpu, GuestMemoryAccess, PortSize } from './guest-cpu.ts';
import { InterruptGates } from './interrupt-gates.ts';
import { Instruction } from './program-code.ts';
import type { InterruptLines, ProgramHost } from './program-host.ts';
import { ProgramMemory } from './program-memory.ts';

const RAX_LOW = Reg.RAX * 2;
const RCX_LOW = Reg.RCX * 2;
const RDX_LOW = Reg.RDX * 2;
const RBX_LOW = Reg.RBX * 2;
const R8_LOW = Reg.R8 * 2;
const MASK_32 = 0xffff_ffffn;

/** The life of a program on one processor, from `start` to stop, reset or fault. */
export class ProgramCpu implements GuestCpu {
  readonly index: number;
  readonly registers: RegisterFile;
  readonly memory: GuestMemoryAccess;
  readonly gate: ExitGate;
  readonly gates: InterruptGates;
  vmcallHigh = 0;
  readonly #host: ProgramHost;
  readonly #dwords: Uint32Array;

  /** `fault` is called for what ends in a triple fault; it throws. */
  constructor(
    index: number,
    host: ProgramHost,
    registers: RegisterFile,
    lines: InterruptLines,
    gpa: GpaSpace,
    codeGpa: number,
    fault: (reason: string, error?: unknown) => never,
  ) {
    this.index = index;
    this.registers = registers;
    this.#dwords = registers.dwords;
    this.#host = host;
    this.gate = new ExitGate(host, registers, lines, codeGpa);
    this.gates = new InterruptGates(host, registers, lines, fault);
    this.memory = new ProgramMemory(gpa, this.gate, registers, () => this.gates.take());
  }

  cpuid(leaf: number, subleaf = 0): CpuidResult {
    const dwords = this.#dwords;
    this.gate.prepare(Instruction.CPUID);
    this.#set(RAX_LOW, leaf);
    this.#set(RCX_LOW, subleaf);
    this.gate.execute(Instruction.CPUID);
    const result = {
      eax: dwords[RAX_LOW]!,
      ebx: dwords[RBX_LOW]!,
      ecx: dwords[RCX_LOW]!,
      edx: dwords[RDX_LOW]!,
    };
    this.gates.take();
    return result;
  }

  rdmsr(index: number): bigint {
    const own = this.#readOwn(index);
    if (own !== undefined) return own;
    this.gate.prepare(Instruction.RDMSR);
    this.#set(RCX_LOW, index);
    this.gate.execute(Instruction.RDMSR);
    const value = this.#edxEax();
    this.gates.take();
    return value;
  }

  wrmsr(index: number, value: bigint): void {
    this.gate.check();
    if (writeOwnMsr(this.registers, index, BigInt.asUintN(64, value))) return;
    this.gate.prepare(Instruction.WRMSR);
    this.#loadMsr(index, value);
    this.gate.execute(Instruction.WRMSR);
    this.gates.take();
  }

  async rdmsrAsync(index: number): Promise<bigint> {
    const own = this.#readOwn(index);
    if (own !== undefined) return own;
    return await this.gate.executeAsync(
      Instruction.RDMSR,
      () => this.#set(RCX_LOW, index),
      () => this.#edxEax(),
    );
  }

  async wrmsrAsync(index: number, value: bigint): Promise<void> {
    this.gate.check();
    if (writeOwnMsr(this.registers, index, BigInt.asUintN(64, value))) return;
    await this.gate.executeAsync(
      Instruction.WRMSR,
      () => this.#loadMsr(index, value),
      () => undefined,
    );
  }

  rdtsc(): bigint {
    this.gate.check();
    return this.#host.readTsc();
  }

  vmcall(
    controlLow: number,
    controlHigh: number,
    inputLow: number,
    inputHigh: number,
    outputLow: number,
    outputHigh: number,
  ): number {
    const dwords = this.#dwords;
    this.gate.prepare(Instruction.VMCALL);
    dwords[RCX_LOW] = controlLow;
    dwords[RCX_LOW + 1] = controlHigh;
    dwords[RDX_LOW] = inputLow;
    dwords[RDX_LOW + 1] = inputHigh;
    dwords[R8_LOW] = outputLow;
    dwords[R8_LOW + 1] = outputHigh;
    this.gate.execute(Instruction.VMCALL);
    const result = dwords[RAX_LOW]!;
    const high = dwords[RAX_LOW + 1]!;
    this.gates.take();
    // Interrupt handlers make calls too.
    this.vmcallHigh = high;
    return result;
  }

  in(port: number, size: PortSize): number {
    const instruction = Instruction.IN + (size >> 1);
    this.gate.prepare(instruction);
    this.#loadPort(port, size, false, 0);
    const value = this.#portResult(this.gate.execute(instruction));
    this.gates.take();
    return value;
  }

  out(port: number, size: PortSize, value: number): void {
    const instruction = Instruction.OUT + (size >> 1);
    this.gate.prepare(instruction);
    this.#loadPort(port, size, true, value);
    this.gate.execute(instruction);
    this.gates.take();
  }

  inAsync(port: number, size: PortSize): Promise<number> {
    return this.gate.executeAsync(
      Instruction.IN + (size >> 1),
      () => this.#loadPort(port, size, false, 0),
      (finishedByParent) => this.#portResult(finishedByParent),
    );
  }

  outAsync(port: number, size: PortSize, value: number): Promise<void> {
    return this.gate.executeAsync(
      Instruction.OUT + (size >> 1),
      () => this.#loadPort(port, size, true, value),
      () => undefined,
    );
  }

  setInterruptHandler(vector: number, handler: (() => void) | undefined): void {
    this.gates.setHandler(vector, handler);
  }

  setNmiHandler(handler: (() => void) | undefined): void {
    this.gates.setNmiHandler(handler);
  }

  cli(): void {
    this.gate.check();
    this.gates.enabled = false;
  }

  sti(): void {
    this.gate.check();
    this.gates.enabled = true;
    this.gates.take();
  }

  get interruptsEnabled(): boolean {
    return this.gates.enabled;
  }

  hlt(): Promise<void> {
    this.gate.check();
    if (this.gates.take()) return Promise.resolve();
    // A program halts outside its turns; with interrupts off it is for good, and only a turn tells those who watch.
    if (!this.interruptsEnabled) this.#host.kick();
    return this.gates.sleep();
  }

  #readOwn(index: number): bigint | undefined {
    this.gate.check();
    return index === IA32_TSC ? this.#host.readTsc() : readOwnMsr(this.registers, index);
  }

  #loadMsr(index: number, value: bigint): void {
    this.#set(RCX_LOW, index);
    this.#set(RAX_LOW, Number(value & MASK_32));
    this.#set(RDX_LOW, Number((value >> 32n) & MASK_32));
  }

  #loadPort(port: number, size: PortSize, isWrite: boolean, value: number): void {
    const access = this.gate.port;
    access.port = port & 0xffff;
    access.size = size;
    access.isWrite = isWrite;
    access.value = size === 4 ? value >>> 0 : value & (2 ** (8 * size) - 1);
    this.#set(RDX_LOW, access.port);
    if (isWrite) this.#set(RAX_LOW, access.value);
  }

  /** The parent leaves the result in RAX, the hypervisor in the access. */
  #portResult(finishedByParent: boolean): number {
    const { size, value } = this.gate.port;
    const result = finishedByParent ? this.#dwords[RAX_LOW]! : value;
    return size === 4 ? result >>> 0 : result & (2 ** (8 * size) - 1);
  }

  #edxEax(): bigint {
    return (BigInt(this.#dwords[RDX_LOW]!) << 32n) | BigInt(this.#dwords[RAX_LOW]!);
  }

  #set(low: number, value: number): void {
    this.#dwords[low] = value;
    this.#dwords[low + 1] = 0;
  }
}
