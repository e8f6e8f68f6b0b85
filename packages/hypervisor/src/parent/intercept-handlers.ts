/** What a parent may install to finish instructions of its child. Values are unsigned numbers unless they have 64 bits. */

import type { CpuidResult } from '../program/index.ts';

/** An answer now or later; the virtual processor waits in front of its instruction. */
export type Answer<Value> = Value | Promise<Value>;

/** Serves I/O ports. Sizes are 1, 2 or 4 bytes. */
export interface PortHandler {
  read(port: number, sizeBytes: number): Answer<number>;
  write(port: number, sizeBytes: number, value: number): Answer<void>;
}

/** Serves MSRs that the hypervisor does not know. */
export interface MsrHandler {
  /** Undefined raises #GP in the guest. */
  read(index: number, vp: number): Answer<bigint | undefined>;
  /** False raises #GP in the guest. */
  write(index: number, value: bigint, vp: number): Answer<boolean>;
}

/** One CPUID instruction: what was asked, and what the hypervisor would answer. */
export interface CpuidRequest {
  readonly vp: number;
  readonly leaf: number;
  readonly subleaf: number;
  readonly defaults: CpuidResult;
}

export type CpuidHandler = (request: CpuidRequest) => Answer<CpuidResult>;

/** Serves guest-physical addresses without memory. Up to 8 bytes, little-endian; `data` is valid during the call only. */
export interface MemoryHandler {
  read(gpa: number, data: Uint8Array, vp: number): Answer<void>;
  write(gpa: number, data: Uint8Array, vp: number): Answer<void>;
}

/** An exception of the child in front of its delivery. */
export interface ExceptionEvent {
  readonly vp: number;
  readonly vector: number;
  /** Undefined for vectors without one. */
  readonly errorCode: number | undefined;
  /** CR2 for a page fault, DR6 for a debug exception. */
  readonly parameter: bigint;
  readonly rip: bigint;
}

/** 'deliver' gives the exception to the guest after all, 'resume' executes the instruction again. */
export type ExceptionHandler = (event: ExceptionEvent) => Answer<'deliver' | 'resume'>;
