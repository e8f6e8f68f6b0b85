/**
 * A machine for small programs: tables, stacks and a handler per vector at fixed places, identity-mapped memory whose
 * pages can be changed one by one, and a record of the exceptions on their way.
 */

import { CodeMachine, type ExitHandler, Outcome, Reg, Seg, type StopReason } from '../../src/index.ts';
import { descriptor, gate, Page, PageTables, type PagingKind } from './tables.ts';

/** Where things lie. Handlers: 16 bytes per vector, HLT unless replaced. */
export const At = {
  GDT: 0x1000,
  IDT: 0x2000,
  TSS: 0x3000,
  HANDLERS: 0x4000,
  /** Stacks grow down from here. */
  KERNEL_STACK: 0x8000,
  USER_STACK: 0xa000,
  IST_STACK: 0xc000,
  /** Programs start here; in real mode at the second, within reach of segment 0. */
  CODE: 0x10000,
  REAL_CODE: 0xd000,
  DATA: 0x20000,
  OTHER_TSS: 0x30000,
  PAGE_TABLES: 0x100000,
} as const;

/** Selectors of the GDT; add 3 to those of user code. */
export const Selector = {
  CODE: 0x08,
  DATA: 0x10,
  USER_CODE: 0x18,
  USER_DATA: 0x20,
  /** 64-bit code for users in IA-32e mode, as SYSRET wants it behind the stack segment. */
  USER_CODE64: 0x28,
  TASK: 0x30,
  /** Free for tests: eight entries, then the LDT's place. */
  FREE: 0x40,
  CODE16: 0x80,
  /** 32-bit code for the system in IA-32e mode. */
  CODE32: 0x88,
} as const;

const GDT_LIMIT = 0x9f;
const MEMORY_BYTES = 4 << 20;

export type Mode = 'real' | 'protected' | 'legacy' | 'pae' | 'long' | 'compatibility';

/** An exception as the processor was about to deliver it. */
export interface Caught {
  readonly vector: number;
  readonly error: number | undefined;
  readonly rip: number;
  /** CR2 for page faults, else 0. */
  readonly address: number;
}

export interface MachineOptions {
  readonly mode?: Mode;
  readonly user?: boolean;
  readonly handler?: Partial<ExitHandler>;
}

const PAGING: Partial<Record<Mode, PagingKind>> = {
  legacy: 'legacy',
  pae: 'pae',
  long: 'long',
  compatibility: 'long',
};

/** A processor at the start of a program, with everything in place for exceptions. */
export class ProgramMachine {
  readonly cpu: CodeMachine;
  readonly view: DataView;
  readonly tables: PageTables | undefined;
  /** Exceptions since the machine was made, in order. */
  readonly caught: Caught[] = [];
  /** Vectors that the interrupt controller hands out, in order. */
  readonly interrupts: number[] = [];
  readonly mode: Mode;

  constructor({ mode = 'long', user = false, handler = {} }: MachineOptions = {}) {
    this.mode = mode;
    this.cpu = new CodeMachine({
      memoryBytes: MEMORY_BYTES,
      bits: mode === 'real' ? 16 : 32,
      handler: {
        exception: (vector, error, hasError) => this.#catch(vector, hasError ? error : undefined),
        acknowledgeInterrupt: () => this.#acknowledge(),
        ...handler,
      },
    });
    const { memory } = this.cpu;
    this.view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    this.cpu.processor.exceptionFilter = 0xfffffffb;
    memory.fill(0xf4, At.HANDLERS, At.HANDLERS + 0x1000);
    const kind = PAGING[mode];
    if (kind !== undefined) this.tables = new PageTables(this.view, kind, At.PAGE_TABLES);
    this.tables?.identity(0, MEMORY_BYTES >> 12, Page.P | Page.W | Page.U);
    if (mode === 'real') this.#setRealMode();
    else this.#setProtectedMode(user);
  }

  get(register: number): number {
    return Number(this.cpu.registers.qwords[register]!);
  }

  set(register: number, value: number | bigint): void {
    this.cpu.registers.qwords[register] = BigInt.asUintN(64, BigInt(value));
  }

  segment(index: number) {
    return this.cpu.registers.segments[index]!;
  }

  setDescriptor(selector: number, value: bigint): void {
    this.view.setBigUint64(At.GDT + (selector & 0xfff8), value, true);
  }

  setGate(vector: number, value: bigint): void {
    this.view.setBigUint64(At.IDT + vector * (this.isLong ? 16 : 8), value, true);
  }

  /** Replaces a vector's handler. */
  setHandler(vector: number, code: ArrayLike<number>): void {
    this.cpu.memory.set(code, At.HANDLERS + vector * 16);
  }

  /** Where programs start. */
  get start(): number {
    return this.mode === 'real' ? At.REAL_CODE : At.CODE;
  }

  get isLong(): boolean {
    return this.mode === 'long' || this.mode === 'compatibility';
  }

  /** Runs a program until HLT, a shutdown or the limit of instructions. */
  run(code: ArrayLike<number>, at: number = this.start, mostInstructions = 100_000): StopReason {
    return this.cpu.run(code, at, mostInstructions);
  }

  /** Goes on where the processor stopped. */
  resume(mostInstructions = 100_000): StopReason {
    this.cpu.processor.wake();
    return this.cpu.processor.runInstructions(mostInstructions);
  }

  /** Vector whose handler the processor halted in; -1 elsewhere. */
  get stoppedIn(): number {
    const at = this.get(Reg.RIP) - 1 - At.HANDLERS;
    return at >= 0 && at < 0x1000 && at % 16 === 0 ? at / 16 : -1;
  }

  /** The newest exception. */
  get last(): Caught | undefined {
    return this.caught.at(-1);
  }

  /** Words on the stack, lowest address first. */
  stack(count: number, bytes = this.isLong ? 8 : this.mode === 'real' ? 2 : 4): number[] {
    const { SS } = Seg;
    const base = this.isLong ? 0 : Number(this.segment(SS).base);
    const at = base + (this.mode === 'real' ? this.get(Reg.RSP) & 0xffff : this.get(Reg.RSP));
    return Array.from({ length: count }, (_, i) => this.read(at + i * bytes, bytes));
  }

  read(at: number, bytes: number): number {
    if (bytes === 8) return Number(this.view.getBigUint64(at, true));
    return bytes === 4
      ? this.view.getUint32(at, true)
      : bytes === 2
        ? this.view.getUint16(at, true)
        : this.view.getUint8(at);
  }

  write(at: number, bytes: number, value: number | bigint): void {
    for (let i = 0; i < bytes; i += 1)
      this.view.setUint8(at + i, Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
  }

  /** Raises the interrupt line with vectors that are handed out one after the other. */
  interrupt(...vectors: number[]): void {
    this.interrupts.push(...vectors);
    this.cpu.processor.setInterruptRequest(true);
  }

  /** Privilege 3 with the user's segments; the stack too. */
  enterUserMode(): void {
    const code = this.mode === 'long' ? Selector.USER_CODE64 : Selector.USER_CODE;
    this.#setSegments(code | 3, Selector.USER_DATA | 3, this.mode === 'long' ? 0xa0fb : 0xc0fb, 0xc0f3);
    this.set(Reg.RSP, At.USER_STACK);
  }

  #catch(vector: number, error: number | undefined): Outcome {
    const address = vector === 14 ? this.get(Reg.CR2) : 0;
    this.caught.push({ vector, error, rip: this.get(Reg.RIP), address });
    return Outcome.DONE;
  }

  #acknowledge(): number {
    const vector = this.interrupts.shift() ?? -1;
    if (this.interrupts.length === 0) this.cpu.processor.setInterruptRequest(false);
    return vector;
  }

  #setRealMode(): void {
    for (let vector = 0; vector < 256; vector += 1)
      this.view.setUint32(vector * 4, At.HANDLERS + vector * 16, true);
    Object.assign(this.cpu.registers.idtr, { base: 0n, limit: 0x3ff });
    this.set(Reg.RSP, 0x8000);
  }

  #setSegments(code: number, data: number, codeAttributes: number, dataAttributes: number): void {
    this.cpu.registers.segments.forEach((segment, index) => {
      if (index > 5) return;
      const isCode = index === Seg.CS;
      segment.base = 0n;
      segment.limit = 0xffffffff;
      segment.selector = isCode ? code : data;
      segment.attributes = isCode ? codeAttributes : dataAttributes;
    });
  }

  #setProtectedMode(user: boolean): void {
    const { isLong } = this;
    this.setDescriptor(Selector.CODE, descriptor(0, 0xfffff, isLong ? 0xa09b : 0xc09b));
    this.setDescriptor(Selector.DATA, descriptor(0, 0xfffff, 0xc093));
    this.setDescriptor(Selector.USER_CODE, descriptor(0, 0xfffff, 0xc0fb));
    this.setDescriptor(Selector.USER_DATA, descriptor(0, 0xfffff, 0xc0f3));
    this.setDescriptor(Selector.USER_CODE64, descriptor(0, 0xfffff, 0xa0fb));
    this.setDescriptor(Selector.TASK, descriptor(At.TSS, 0x67, 0x8b));
    this.setDescriptor(Selector.CODE16, descriptor(0, 0xffff, 0x009b));
    this.setDescriptor(Selector.CODE32, descriptor(0, 0xfffff, 0xc09b));
    Object.assign(this.cpu.registers.gdtr, { base: BigInt(At.GDT), limit: GDT_LIMIT });
    for (let vector = 0; vector < 256; vector += 1) {
      const attributes = vector === 3 || vector === 0x80 ? 0xee : 0x8e;
      this.setGate(vector, gate(Selector.CODE, At.HANDLERS + vector * 16, attributes));
    }
    Object.assign(this.cpu.registers.idtr, { base: BigInt(At.IDT), limit: isLong ? 0xfff : 0x7ff });
    this.#setTask();
    this.#setSegments(
      this.mode === 'compatibility' ? Selector.CODE32 : Selector.CODE,
      Selector.DATA,
      this.mode === 'long' ? 0xa09b : 0xc09b,
      0xc093,
    );
    this.set(Reg.RSP, At.KERNEL_STACK);
    this.#setControlRegisters();
    if (user) this.enterUserMode();
  }

  #setTask(): void {
    Object.assign(this.segment(Seg.TR), {
      base: BigInt(At.TSS),
      limit: 0x67,
      selector: Selector.TASK,
      attributes: 0x8b,
    });
    if (this.isLong) {
      this.write(At.TSS + 4, 8, At.KERNEL_STACK);
      this.write(At.TSS + 0x24, 8, At.IST_STACK);
    } else {
      this.write(At.TSS + 4, 4, At.KERNEL_STACK);
      this.write(At.TSS + 8, 4, Selector.DATA);
    }
  }

  #setControlRegisters(): void {
    this.set(Reg.CR0, this.tables === undefined ? 0x31 : 0x80000031);
    if (this.tables === undefined) return;
    this.set(Reg.CR3, this.tables.root);
    this.set(Reg.CR4, this.mode === 'legacy' ? 0x290 : 0x2a0);
    if (this.mode === 'pae') this.set(Reg.EFER, 0x800);
    if (this.isLong) this.set(Reg.EFER, 0xd01);
  }
}
