/** What a TypeScript program sees of the virtual processor that it runs on. */

import type { RegisterFile } from '@viridian/x86';

/** Results of CPUID, unsigned. */
export interface CpuidResult {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** The size of a port access in bytes. */
export type PortSize = 1 | 2 | 4;

/** A processor exception raised by an operation: 6 #UD, 13 #GP, 14 #PF. Not caught, it ends in a triple fault. */
export class GuestException extends Error {
  override readonly name = 'GuestException';
  readonly vector: number;
  readonly errorCode: number;

  constructor(vector: number, errorCode = 0, what = '') {
    super(`exception ${vector}${what === '' ? '' : `: ${what}`}`);
    this.vector = vector;
    this.errorCode = errorCode;
  }
}

/**
 * The processor under the program is gone: stopped, deleted or reset. Every operation of the dead processor throws it.
 * A program lets it pass.
 */
export class VpStopped extends Error {
  override readonly name = 'VpStopped';

  constructor() {
    super('this virtual processor no longer runs this program');
  }
}

/** An operation needs somebody who cannot act while the program holds the thread: use its asynchronous form. */
export class WouldBlock extends Error {
  override readonly name = 'WouldBlock';
  readonly operation: string;

  constructor(operation: string) {
    super(`${operation} has to wait for the parent: use the asynchronous form`);
    this.operation = operation;
  }
}

/** Guest-physical memory, identity mapped, overlay pages included. */
export interface GuestMemoryAccess {
  /** Top of RAM: one past the highest mapped guest-physical address. */
  readonly sizeBytes: number;
  /**
   * Bytes of guest-physical memory that are contiguous in the machine's memory too. Throws a {@link GuestException}
   * with vector 14 where a page is unmapped or forbidden, a RangeError where the pages are scattered. Making a view
   * allocates: keep it, but not across a change of an overlay page below it.
   */
  view(gpa: number, lengthBytes: number): Uint8Array<SharedArrayBuffer>;
  /** Where a byte of RAM lies: its shared buffer and the offset in it. Undefined where there is no plain RAM (overlays). */
  locate(gpa: number): { readonly buffer: SharedArrayBuffer; readonly offset: number } | undefined;
  /**
   * Single little-endian accesses. One to an unmapped page causes a memory intercept, as `MOV RAX, [RDI]` or
   * `MOV [RDI], RAX` of that size would: the parent finishes that instruction, or maps the page.
   */
  read8(gpa: number): number;
  read16(gpa: number): number;
  read32(gpa: number): number;
  read64(gpa: number): bigint;
  write8(gpa: number, value: number): void;
  write16(gpa: number, value: number): void;
  write32(gpa: number, value: number): void;
  write64(gpa: number, value: bigint): void;
}

/**
 * One virtual processor in 64-bit mode at CPL 0, with flat segments and the local APIC software-enabled (SVR 0x1FF),
 * which is how firmware leaves it; interrupts are disabled until `sti`. The local APIC's registers are in memory at
 * 0xFEE00000.
 *
 * Interrupts are taken, while enabled, when the processor gets a turn and right after every operation that can make
 * one pending. A missing handler is a missing gate: the processor faults until it stops.
 *
 * A synchronous operation whose intercept the parent cannot finish at once throws {@link WouldBlock}.
 */
export interface GuestCpu {
  /** Number of this processor (VP index). */
  readonly index: number;
  /** CPUID. */
  cpuid(leaf: number, subleaf?: number): CpuidResult;
  /** RDMSR. Throws a {@link GuestException} with vector 13 on #GP. */
  rdmsr(index: number): bigint;
  /** WRMSR. Throws a {@link GuestException} with vector 13 on #GP. */
  wrmsr(index: number, value: bigint): void;
  /** RDMSR of an index that may block: HV_X64_MSR_GUEST_IDLE, or one that the parent answers in its own time. */
  rdmsrAsync(index: number): Promise<bigint>;
  /** WRMSR of an index that the parent answers in its own time. */
  wrmsrAsync(index: number, value: bigint): Promise<void>;
  /** RDTSC. */
  rdtsc(): bigint;
  /**
   * VMCALL in the 64-bit convention: RCX control, RDX input GPA or first fast word, R8 output GPA or second fast word,
   * each as two 32-bit halves. Gives the low half of RAX: the status in bits 15:0. Allocates nothing.
   */
  vmcall(
    controlLow: number,
    controlHigh: number,
    inputLow: number,
    inputHigh: number,
    outputLow: number,
    outputHigh: number,
  ): number;
  /** High half of RAX after the last `vmcall`: repetitions completed in bits 11:0. */
  readonly vmcallHigh: number;
  /** IN. */
  in(port: number, size: PortSize): number;
  /** OUT. */
  out(port: number, size: PortSize, value: number): void;
  /** IN from a port that the parent answers in its own time. */
  inAsync(port: number, size: PortSize): Promise<number>;
  /** OUT to a port that the parent serves in its own time. */
  outAsync(port: number, size: PortSize, value: number): Promise<void>;
  readonly memory: GuestMemoryAccess;
  /** An interrupt gate (vector 16 to 255): the handler runs with interrupts disabled and writes EOI itself, unless AutoEOI. */
  setInterruptHandler(vector: number, handler: (() => void) | undefined): void;
  /** The gate of the non-maskable interrupt. */
  setNmiHandler(handler: (() => void) | undefined): void;
  cli(): void;
  sti(): void;
  readonly interruptsEnabled: boolean;
  /**
   * HLT: settles after the next interrupt was handled, at once if one is waiting. Between the program's own look for
   * work and `hlt` no interrupt comes in, so `if (!work) await cpu.hlt()` loses none.
   */
  hlt(): Promise<void>;
  readonly registers: RegisterFile;
}

/** A guest written in TypeScript. One instance serves a partition from power-on to reset. */
export interface GuestProgram {
  readonly name: string;
  /**
   * Called once for each started processor: the first with its RIP, the others with SIPI vector << 12. When it throws
   * or rejects, that is a triple fault; when it ends well, the processor stays halted and its handlers stay in force.
   */
  start(cpu: GuestCpu, rip: number): void | Promise<void>;
}
