/**
 * One instruction that needs the hypervisor, from its operands in the registers to its results there: what each outcome
 * means to a program that cannot be stopped in the middle of a call.
 */

import { type MemoryAccess, Outcome, type PortAccess, Reg, type RegisterFile } from '@viridian/x86';
import { GuestException, VpStopped, WouldBlock } from './guest-cpu.ts';
import { Instruction, instructionBytes, instructionName, instructionOffset } from './program-code.ts';
import type { InterruptLines, ProgramHost } from './program-host.ts';

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
  /** Where the page of instructions lies, as halves; within it only the low half differs. */
  readonly #codeLow: number;
  readonly #codeHigh: number;
  /** Low half of RIP of the instruction that is executed. A parent that finishes it moves RIP. */
  #ripLow = 0;
  /** Where RIP stands between instructions: where the program was started. */
  readonly #homeLow: number;
  readonly #homeHigh: number;
  /** Continues the asynchronous instruction that waits for the parent. */
  #continue: (() => void) | undefined;

  /** `codeGpa` is where the partition sees the page of `program-code.ts`. */
  constructor(host: ProgramHost, registers: RegisterFile, lines: InterruptLines, codeGpa: number) {
    this.#host = host;
    this.#registers = registers;
    this.#lines = lines;
    this.#homeLow = registers.dwords[RIP_LOW]!;
    this.#homeHigh = registers.dwords[RIP_LOW + 1]!;
    this.#codeLow = codeGpa >>> 0;
    this.#codeHigh = Math.floor(codeGpa / 2 ** 32);
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
   * Comes before the operands of an instruction go into the registers: what is still open has to be over first. Throws
   * VpStopped, WouldBlock, or an exception that the parent injected.
   */
  prepare(instruction: number): void {
    this.check();
    if (this.#continue !== undefined) {
      if (this.#host.interceptSuspended) throw new WouldBlock(instructionName(instruction));
      this.resume();
    }
    // The program caught a WouldBlock and went on.
    if (this.#host.interceptSuspended) this.#waitForParent(instruction);
    this.#takeException();
  }

  /**
   * Executes an instruction to its end. True when the parent finished it, with its results in the registers. Throws the
   * exception that it raises. Allocates nothing when all goes well.
   */
  execute(instruction: number): boolean {
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
    instruction: number,
    load: () => void,
    result: (finishedByParent: boolean) => Result,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const attempt = (): void => {
        load();
        const outcome = this.#exit(instruction);
        if (outcome === Outcome.DONE || outcome === Outcome.YIELD) resolve(result(false));
        else if (outcome === Outcome.SUSPEND || this.#raise(outcome)) this.#continue = resume;
        else attempt();
      };
      const resume = (): void => {
        try {
          const moved = this.#wasMoved();
          this.#takeException();
          this.check();
          if (moved) resolve(result(true));
          else attempt();
        } catch (error) {
          settleFailure(error);
        }
      };
      // A stopped program's promises never settle.
      const settleFailure = (error: unknown): void => {
        if (!(error instanceof VpStopped)) reject(error);
      };
      this.prepare(instruction);
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

  /** Has the hypervisor execute an instruction; RIP stays on it only when it was suspended. */
  #exit(instruction: number): Outcome {
    const { dwords } = this.#registers;
    this.#ripLow = this.#codeLow + instructionOffset(instruction);
    dwords[RIP_LOW] = this.#ripLow;
    dwords[RIP_LOW + 1] = this.#codeHigh;
    const outcome = this.#dispatch(instruction);
    if (outcome !== Outcome.SUSPEND) this.#goHome();
    return outcome;
  }

  #goHome(): void {
    const { dwords } = this.#registers;
    dwords[RIP_LOW] = this.#homeLow;
    dwords[RIP_LOW + 1] = this.#homeHigh;
  }

  #dispatch(instruction: number): Outcome {
    const host = this.#host;
    const length = instructionBytes(instruction);
    if (instruction === Instruction.VMCALL) return host.hypercall(length);
    if (instruction === Instruction.RDMSR) return host.readMsr(length);
    if (instruction === Instruction.WRMSR) return host.writeMsr(length);
    if (instruction === Instruction.CPUID) return host.cpuid(length);
    if (instruction < Instruction.LOAD) {
      this.port.instructionBytes = length;
      return host.port(this.port satisfies PortAccess);
    }
    return this.accessRam?.(this.memory!) === true ? Outcome.DONE : host.memory(this.memory!);
  }

  /** Throws the exception of an outcome, unless the parent wants to see it: then true, and the VP is suspended. */
  #raise(outcome: Outcome): boolean {
    const vector = outcome === Outcome.GENERAL_PROTECTION ? GENERAL_PROTECTION : INVALID_OPCODE;
    const hasErrorCode = vector === GENERAL_PROTECTION;
    if ((this.exceptionFilter & (1 << vector)) !== 0) {
      const { dwords } = this.#registers;
      dwords[RIP_LOW] = this.#ripLow;
      dwords[RIP_LOW + 1] = this.#codeHigh;
      if (this.#host.exception(vector, 0, hasErrorCode) === Outcome.SUSPEND) return true;
      this.#goHome();
    }
    throw new GuestException(vector);
  }

  /** Lets the parent work until it lets the VP go on: true when it finished the instruction itself. */
  #waitForParent(instruction: number): boolean {
    do {
      this.check();
      if (!this.#host.runParent()) throw new WouldBlock(instructionName(instruction));
    } while (this.#host.interceptSuspended);
    this.check();
    const moved = this.#wasMoved();
    this.#takeException();
    return moved;
  }

  #takeException(): void {
    const { exception } = this.#lines;
    if (exception === undefined) return;
    this.#lines.exception = undefined;
    throw new GuestException(exception.vector, exception.errorCode, 'injected by the parent');
  }

  /** Whether the parent moved RIP. */
  #wasMoved(): boolean {
    const { dwords } = this.#registers;
    const moved = dwords[RIP_LOW] !== this.#ripLow || dwords[RIP_LOW + 1] !== this.#codeHigh;
    this.#goHome();
    return moved;
  }
}
