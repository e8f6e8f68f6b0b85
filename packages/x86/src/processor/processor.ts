/**
 * What a virtual processor is to the hypervisor, whoever executes its instructions.
 *
 * Two fulfil it: the x86-64 processor of this package, and the program processor of `@viridian/hypervisor`, which
 * runs a TypeScript program. An instruction that the hypervisor has to see leads to a call of the
 * {@link ExitHandler} with operands in the registers, as in an intercept message, and the handler says how to go on.
 */

import type { RegisterFile } from './registers.ts';

/** How execution goes on after an exit. */
export const Outcome = {
  /** The instruction is done; its results are in the registers. The processor moves RIP past it. */
  DONE: 0,
  /** The instruction raises #GP(0). */
  GENERAL_PROTECTION: 1,
  /** The instruction raises #UD. */
  INVALID_OPCODE: 2,
  /** The processor stops in front of the instruction: somebody else finishes it, or it is executed again. */
  SUSPEND: 3,
  /** The instruction is done and was the last for now: the processor leaves `run`. */
  YIELD: 4,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** One port access, valid during the call. String forms come one element at a time with RCX, RSI, RDI not yet moved. */
export interface PortAccess {
  readonly port: number;
  /** 1, 2 or 4 bytes. */
  readonly size: number;
  readonly isWrite: boolean;
  readonly isString: boolean;
  readonly hasRepeatPrefix: boolean;
  readonly instructionBytes: number;
  /** What is written, or where the handler puts what is read. */
  value: number;
}

/** Kind of a memory access, in the encoding of intercept messages. */
export const AccessKind = { READ: 0, WRITE: 1, EXECUTE: 2 } as const;
export type AccessKind = (typeof AccessKind)[keyof typeof AccessKind];

/** One access to a guest-physical address that no RAM answers or whose mapping forbids it, valid during the call. */
export interface MemoryAccess {
  readonly gpa: number;
  readonly gva: bigint;
  readonly gvaValid: boolean;
  /** Bytes of the access, at most 16, all within one page. */
  readonly size: number;
  readonly kind: AccessKind;
  readonly instructionBytes: number;
  /** What is written, or where the handler puts what is read: `size` bytes. */
  readonly data: Uint8Array;
}

/** What a processor asks of its surroundings. Each is called in the middle of `run`, on the processor's thread. */
export interface ExitHandler {
  /** CPUID: EAX and ECX in; EAX, EBX, ECX, EDX out. */
  cpuid(instructionBytes: number): Outcome;
  /** RDMSR of an index that the processor does not own: ECX in; EDX:EAX out. */
  readMsr(instructionBytes: number): Outcome;
  /** WRMSR of an index that the processor does not own: ECX, EDX:EAX in. */
  writeMsr(instructionBytes: number): Outcome;
  /** VMCALL or VMMCALL. */
  hypercall(instructionBytes: number): Outcome;
  port(access: PortAccess): Outcome;
  memory(access: MemoryAccess): Outcome;
  /** An exception whose vector is in the processor's exception filter, before it is delivered. */
  exception(vector: number, errorCode: number, hasErrorCode: boolean): Outcome;
  /** The processor cannot go on: a triple fault. It stays stopped until it is reset. */
  unrecoverable(): void;
  /** Hands out the vector to deliver now and marks it as in service, or -1 if there is none (any more). */
  acknowledgeInterrupt(): number;
  /** The time-stamp counter's value now. */
  readTsc(): bigint;
  /** PAUSE: the guest spins. YIELD ends the turn after it, DONE goes on; nothing else is allowed. */
  pause?(): Outcome;
  /** The guest changed CR8. */
  taskPriorityChanged?(): void;
  /** 64 random bits for RDRAND; the host's own when absent. */
  random?(): bigint;
}

/** Why `run` came back. */
export const StopReason = {
  /** The time is used up; there is more to do. */
  BUDGET: 0,
  /** HLT, with nothing to wake it: run again when an interrupt is requested. */
  HALT: 1,
  /** An exit said SUSPEND. */
  SUSPENDED: 2,
  /** Triple fault. */
  UNRECOVERABLE: 3,
  /** `requestStop` was called, or an exit said YIELD. */
  REQUESTED: 4,
} as const;
export type StopReason = (typeof StopReason)[keyof typeof StopReason];

/** Result of a walk through the guest's page tables. */
export interface Translation {
  /** 0 success, 1 page not present, 2 privilege violation, 3 reserved bits (TLFS, HvCallTranslateVirtualAddress). */
  readonly code: number;
  readonly gpa: number;
}

/** One virtual processor's execution engine. */
export interface Processor {
  readonly registers: RegisterFile;
  /** Instructions executed since it was made, where they are counted. */
  readonly instructions?: number;
  /** Vectors below 32 that lead to `ExitHandler.exception`, one bit each. */
  exceptionFilter: number;
  /** Executes for about `milliseconds`, less if there is nothing to do. */
  run(milliseconds: number): StopReason;
  /** Makes `run` return soon. Callable from within an exit. */
  requestStop(): void;
  /** The state of the interrupt input: on true the processor calls `acknowledgeInterrupt` as soon as it may. */
  setInterruptRequest(asserted: boolean): void;
  /** Delivers an NMI as soon as it may. */
  injectNmi(): void;
  /** Delivers an exception in front of the next instruction, as a parent does through the pending-interruption register. */
  injectException(vector: number, errorCode: number | undefined): void;
  /** INIT: the reset state, execution stopped until `startUp`. */
  init(): void;
  /** SIPI: starts in real mode at `vector` << 12. */
  startUp(vector: number): void;
  /** True between STI or MOV SS and the end of the next instruction. */
  interruptShadow: boolean;
  /** Walks the guest's page tables; changes nothing unless `setAccessed`. */
  translate(gva: bigint, kind: AccessKind, supervisor: boolean, setAccessed: boolean): Translation;
  /** Forgets cached translations of guest-virtual addresses: all, or one page's. */
  flushTlb(gva?: bigint): void;
  /** The mapping or the rights of guest-physical pages changed: cached translations and code of them are void. */
  gpaChanged(firstGpn: number, pageCount: number): void;
}
