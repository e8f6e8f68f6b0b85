/** The processor that runs a TypeScript program: it fulfils the same interface as the one that executes machine code. */

import { warning } from '@viridian/trace';
import {
  type AccessKind,
  CR0_PE,
  CR0_PG,
  EFER_LMA,
  type MachineMemory,
  type Processor,
  Reg,
  RegisterFile,
  SEGMENT_L,
  Seg,
  StopReason,
  type Translation,
} from '@viridian/x86';
import { APIC_BASE_GPA } from '../apic/apic-base.ts';
import { ApicRegister } from '../apic/apic-registers.ts';
import type { GpaSpace } from '../partition/gpa-space.ts';
import { type GuestProgram, VpStopped } from './guest-cpu.ts';
import { showProgramCode } from './program-code.ts';
import { ProgramCpu } from './program-cpu.ts';
import type { InterruptLines, ProgramHost } from './program-host.ts';

const programFailed = warning('hypervisor.program');

const EFER_LME_LMA = EFER_LMA | 0x100;
const CR4_PAE = 0x20;
const CODE_SEGMENT = 0x209b;
const DATA_SEGMENT = 0xc093;
/** Software-enabled, spurious vector 0xFF. */
const SVR_ENABLED = 0x1ff;

/** What a program processor is made of. */
export interface ProgramProcessorOptions {
  readonly where: string;
  readonly index: number;
  readonly host: ProgramHost;
  readonly gpa: GpaSpace;
  readonly memory: MachineMemory;
  /** The program that the processor starts; asked each time that it starts. */
  readonly program: () => GuestProgram;
}

/**
 * Runs as long as the program does not wait: a program cannot be interrupted between two of its statements, only where
 * it uses the processor. So `run` knows no time limit, and a program that never waits holds the thread.
 */
export class ProgramProcessor implements Processor {
  readonly registers = new RegisterFile();
  interruptShadow = false;
  readonly #options: ProgramProcessorOptions;
  readonly #lines: InterruptLines = { request: false, nmi: false, exception: undefined };
  #cpu: ProgramCpu | undefined;
  #exceptionFilter = 0;
  #state: 'at-start' | 'wait-for-sipi' | 'started' | 'ended' | 'failed' = 'at-start';

  constructor(options: ProgramProcessorOptions) {
    this.#options = options;
  }

  get exceptionFilter(): number {
    return this.#exceptionFilter;
  }

  set exceptionFilter(vectors: number) {
    this.#exceptionFilter = vectors;
    if (this.#cpu !== undefined) this.#cpu.gate.exceptionFilter = vectors;
  }

  /** Whether the processor executed HLT, waits for SIPI or has no program any more: it does not just wait for a promise. */
  get isHalted(): boolean {
    return this.#state === 'ended' || this.#state === 'wait-for-sipi' || this.#cpu?.gates.isAsleep === true;
  }

  run(_milliseconds: number): StopReason {
    if (this.#state === 'wait-for-sipi') return StopReason.HALT;
    if (this.#state === 'failed') return StopReason.UNRECOVERABLE;
    try {
      if (this.#state === 'at-start') this.#start();
      else {
        this.#cpu!.gate.resume();
        this.#cpu!.gates.take();
      }
    } catch (error) {
      if (!(error instanceof VpStopped)) throw error;
    }
    // The program may have failed, or have been stopped, in the middle of that.
    if ((this.#state as string) === 'failed') return StopReason.UNRECOVERABLE;
    return this.#options.host.interceptSuspended ? StopReason.SUSPENDED : StopReason.HALT;
  }

  /** A program leaves `run` when it waits, and not before. */
  requestStop(): void {}

  setInterruptRequest(asserted: boolean): void {
    this.#lines.request = asserted;
  }

  injectNmi(): void {
    this.#lines.nmi = true;
  }

  injectException(vector: number, errorCode: number | undefined): void {
    this.#lines.exception = { vector, errorCode: errorCode ?? 0 };
  }

  init(): void {
    this.#cpu?.gate.die();
    this.#cpu = undefined;
    this.#lines.nmi = false;
    this.#lines.exception = undefined;
    this.interruptShadow = false;
    this.registers.reset();
    this.#state = 'wait-for-sipi';
  }

  startUp(vector: number): void {
    if (this.#state !== 'wait-for-sipi') return;
    this.registers.qwords[Reg.RIP] = BigInt(vector << 12);
    this.#state = 'at-start';
  }

  /** Addresses are physical: a program has no page tables. */
  translate(gva: bigint, _kind: AccessKind, _supervisor: boolean, _setAccessed: boolean): Translation {
    return { code: 0, gpa: Number(BigInt.asUintN(52, gva)) };
  }

  flushTlb(): void {}

  gpaChanged(): void {}

  #start(): void {
    const { index, host, gpa, memory, program } = this.#options;
    enterLongMode(this.registers);
    const rip = Number(this.registers.qwords[Reg.RIP]!);
    const codeGpa = showProgramCode(memory, gpa, host.codePage);
    const cpu = new ProgramCpu(index, host, this.registers, this.#lines, gpa, codeGpa, (reason, error) =>
      this.#fault(cpu, reason, error),
    );
    cpu.gate.exceptionFilter = this.#exceptionFilter;
    this.#cpu = cpu;
    this.#state = 'started';
    cpu.memory.write32(APIC_BASE_GPA + ApicRegister.SVR, SVR_ENABLED);
    const failed = (error: unknown): void => this.#programFailed(cpu, error);
    try {
      const running = program().start(cpu, rip);
      if (running === undefined) this.#state = 'ended';
      else running.then(() => this.#ended(cpu), failed);
    } catch (error) {
      failed(error);
    }
  }

  /** The program is over; only a turn tells those who watch. */
  #ended(cpu: ProgramCpu): void {
    if (cpu !== this.#cpu || this.#state !== 'started') return;
    this.#state = 'ended';
    this.#options.host.kick();
  }

  /** The program threw or rejected. */
  #programFailed(cpu: ProgramCpu, error: unknown): void {
    if (cpu.gate.isDead || error instanceof VpStopped) return;
    try {
      this.#fault(cpu, 'the program failed', error);
    } catch (stopped) {
      if (!(stopped instanceof VpStopped)) throw stopped;
    }
  }

  /** The end of a program that the processor cannot deliver an exception to: a triple fault. */
  #fault(cpu: ProgramCpu, reason: string, error?: unknown): never {
    if (!cpu.gate.isDead && !(error instanceof VpStopped)) {
      cpu.gate.die();
      this.#state = 'failed';
      programFailed.report(this.#options.where, reason, error === undefined ? {} : { error: textOf(error) });
      this.#options.host.unrecoverable();
    }
    throw new VpStopped();
  }
}

/**
 * Whether the program on a processor halted, as opposed to waiting for something of the host: `run` ends in both cases.
 * Undefined for processors that run no program.
 */
export function isProgramHalted(processor: Processor): boolean | undefined {
  return processor instanceof ProgramProcessor ? processor.isHalted : undefined;
}

/** What a loader does before it jumps into a 64-bit program; RIP and the other registers stay as the parent set them. */
function enterLongMode(registers: RegisterFile): void {
  const { dwords, segments } = registers;
  dwords[Reg.CR0 * 2]! |= CR0_PE | CR0_PG;
  dwords[Reg.CR4 * 2]! |= CR4_PAE;
  dwords[Reg.EFER * 2]! |= EFER_LME_LMA;
  segments.forEach((segment, index) => {
    if (index === Seg.LDTR || index === Seg.TR) return;
    segment.base = 0n;
    segment.limit = 0xffff_ffff;
    segment.attributes = index === Seg.CS ? CODE_SEGMENT | SEGMENT_L : DATA_SEGMENT;
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
