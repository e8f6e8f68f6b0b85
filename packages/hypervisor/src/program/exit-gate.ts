/**
 * One instruction that needs the hypervisor, from its operands in the registers to its results there: what each outcome
 * means to a program that cannot be stopped in the middle of a call.
 */

import { type MemoryAccess, Outcome, type PortAccess, Reg, type RegisterFile } from '@viridian/x86';
import { GuestException, VpStopped, WouldBlock } from './guest-cpu.ts';
import type { InterruptLines, ProgramHost } from './program-host.ts';

/** The instructions, each with the length of its usual encoding. */
export const Instruction = { CPUID: 0, RDMSR: 1, WRMSR: 2, VMCALL: 3, PORT: 4, MEMORY: 5 } as const;
export type Instruction = (typeof Instruction)[keyof typeof Instruction];

const NAMES = ['CPUID', 'RDMSR', 'WRMSR', 'VMCALL', 'IN or OUT', 'a memory access'] as const;
const INVALID_OPCODE = 6;
const GENERAL_PROTECTION = 13;
const RIP_LOW = Reg.RIP * 2;

/** Executes instructions of one program on one processor, from its start to its death. */
export class ExitGate {
  /** The port access of the current PORT instruction. */
  readonly port = {
    port: 0,
    size: 1,
    isWrite: false,
    isString: false,
    hasRepeatPrefix: false,
    instructionBytes: 1,
    value: 0,
  };
  /** The memory access of the current MEMORY instruction. */
  memory: MemoryAccess | undefined;
  /** Does a memory access if there is RAM behind it by now; the parent may have mapped some. */
  accessRam: ((access: MemoryAccess) => boolean) | undefined;
  /** Vectors below 32 that are the parent's to see before they are raised, one bit each. */
  exceptionFilter = 0;
  #dead = false;
  readonly #host: ProgramHost;
  readonly #registers: RegisterFile;
  readonly #lines: InterruptLines;
  /** RIP of the program: it stands still, for there is no code. A parent that finishes an instruction moves it. */
  readonly #rip: readonly [low: number, high: number];
  /** Continues the asynchronous instruction that waits for the parent. */
  #continue: (() => void) | undefined;

  constructor(host: ProgramHost, registers: RegisterFile, lines: InterruptLines) {
    this.#host = host;
    this.#registers = registers;
    this.#lines = lines;
    this.#rip = [registers.dwords[RIP_LOW]!, registers.dwords[RIP_LOW + 1]!];
  }

  /** The program is over: every further instruction throws {@link VpStopped}. */
  die(): void {
    this.#dead = true;
    this.#continue = undefined;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** Throws VpStopped when nothing of the program may run on. */
  check(): void {
    if (this.#dead || this.#host.stopping) throw new VpStopped();
  }

  /**
   * Executes an instruction to its end. True when the parent finished it, with its results in the registers. Throws the
   * exception that it raises. Allocates nothing when all goes well.
   */
  execute(instruction: Instruction): boolean {
    this.check();
    if (this.#host.interceptSuspended) this.#finishAbandoned(instruction);
    this.#takeException();
    for (;;) {
      const outcome = this.#exit(instruction);
      if (outcome === Outcome.DONE) return false;
      if (outcome === Outcome.YIELD) {
        this.check();
        return false;
      }
      const suspended = outcome === Outcome.SUSPEND || this.#raise(outcome);
      if (suspended && this.#waitForParent(instruction)) return true;
    }
  }

  /**
   * Executes an instruction that the parent may finish in its own time. `load` puts the operands into the registers,
   * `result` takes the results out, before anything else can change them.
   */
  executeAsync<Result>(
    instruction: Instruction,
    load: () => void,
    result: (finishedByParent: boolean) => Result,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const attempt = (): void => {
        this.check();
        this.#takeException();
        load();
        const outcome = this.#exit(instruction);
        if (outcome === Outcome.DONE || outcome === Outcome.YIELD) resolve(result(false));
        else if (outcome === Outcome.SUSPEND || this.#raise(outcome)) this.#continue = resume;
        else attempt();
      };
      const resume = (): void => {
        try {
          this.#takeException();
          if (this.#wasMoved()) resolve(result(true));
          else attempt();
        } catch (error) {
          settleFailure(error);
        }
      };
      // A stopped program's promises never settle.
      const settleFailure = (error: unknown): void => {
        if (!(error instanceof VpStopped)) reject(error);
      };
      if (this.#continue !== undefined)
        throw new Error('one instruction at a time: the last still waits for the parent');
      attempt();
    });
  }

  /** The processor has a turn: goes on with the instruction that waited. */
  resume(): void {
    const next = this.#continue;
    if (next === undefined || this.#host.interceptSuspended) return;
    this.#continue = undefined;
    next();
  }

  #exit(instruction: Instruction): Outcome {
    const host = this.#host;
    switch (instruction) {
      case Instruction.CPUID:
        return host.cpuid(2);
      case Instruction.RDMSR:
        return host.readMsr(2);
      case Instruction.WRMSR:
        return host.writeMsr(2);
      case Instruction.VMCALL:
        return host.hypercall(3);
      case Instruction.PORT:
        return host.port(this.port satisfies PortAccess);
      case Instruction.MEMORY:
        return this.accessRam?.(this.memory!) === true ? Outcome.DONE : host.memory(this.memory!);
    }
  }

  /** Throws the exception of an outcome, unless the parent wants to see it: then true, and the VP is suspended. */
  #raise(outcome: Outcome): boolean {
    const vector = outcome === Outcome.GENERAL_PROTECTION ? GENERAL_PROTECTION : INVALID_OPCODE;
    const hasErrorCode = vector === GENERAL_PROTECTION;
    if ((this.exceptionFilter & (1 << vector)) !== 0) {
      if (this.#host.exception(vector, 0, hasErrorCode) === Outcome.SUSPEND) return true;
    }
    throw new GuestException(vector);
  }

  /** Lets the parent work until it lets the VP go on: true when it finished the instruction itself. */
  #waitForParent(instruction: Instruction): boolean {
    do {
      this.check();
      if (!this.#host.runParent()) throw new WouldBlock(NAMES[instruction]);
    } while (this.#host.interceptSuspended);
    this.check();
    this.#takeException();
    return this.#wasMoved();
  }

  /** The program caught a WouldBlock and goes on: the parent has to be done with that instruction first. */
  #finishAbandoned(instruction: Instruction): void {
    const saved = this.#registers.qwords.slice();
    this.#waitForParent(instruction);
    this.#registers.qwords.set(saved);
  }

  #takeException(): void {
    const { exception } = this.#lines;
    if (exception === undefined) return;
    this.#lines.exception = undefined;
    throw new GuestException(exception.vector, exception.errorCode, 'injected by the parent');
  }

  /** Whether the parent moved RIP, which then goes back to where the program stands. */
  #wasMoved(): boolean {
    const { dwords } = this.#registers;
    const [low, high] = this.#rip;
    if (dwords[RIP_LOW] === low && dwords[RIP_LOW + 1] === high) return false;
    dwords[RIP_LOW] = low;
    dwords[RIP_LOW + 1] = high;
    return true;
  }
}
