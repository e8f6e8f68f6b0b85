/**
 * What a parent wants to hear of its child, and the way it hears it: installed intercepts, uninvited ones, and the
 * direct handlers of the host's own board. TLFS, "Intercepts".
 */

import { HvStatus, InterceptAccessMask, InterceptType } from '@viridian/protocols/tlfs';
import { type MemoryAccess, Outcome, PAGE_BYTES, type PortAccess } from '@viridian/x86';
import type { Partition } from '../partition/partition.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { DirectHandlers, type DirectMemoryHandler, type DirectPortHandler } from './direct-handlers.ts';
import { InterceptMessages } from './intercept-messages.ts';

const PORTS = 0x10000;
const EXCEPTION_VECTORS = 32;
const READ_WRITE = InterceptAccessMask.READ | InterceptAccessMask.WRITE;

/** The range that a direct handler answers for. */
export type DirectRange =
  | {
      readonly kind: 'port';
      readonly first: number;
      readonly last: number;
      readonly handler?: DirectPortHandler;
    }
  | {
      readonly kind: 'memory';
      readonly gpa: number;
      readonly sizeBytes: number;
      readonly handler?: DirectMemoryHandler;
    }
  /** All memory accesses that no RAM and no other handler answers, instructions of any kind included. */
  | { readonly kind: 'other-memory'; readonly handler?: DirectMemoryHandler };

/** The intercepts of one partition. The methods with a VP are called by its exits and say how execution goes on. */
export class InterceptTable {
  readonly #partition: Partition;
  readonly #direct = new DirectHandlers();
  readonly #messages: InterceptMessages;
  /** Access mask per port, allocated with the first port intercept. */
  #ports: Uint8Array | undefined;
  #msrAccess = 0;
  readonly #cpuidLeaves = new Set<number>();
  #exceptions = 0;

  constructor(partition: Partition) {
    this.#partition = partition;
    this.#messages = new InterceptMessages(partition);
  }

  /** HvCallInstallIntercept; access 0 removes. */
  install(type: number, access: number, parameter: number): HvStatus {
    switch (type) {
      case InterceptType.X64_IO_PORT:
        return this.#installPorts(access, parameter, parameter);
      case InterceptType.X64_IO_PORT_RANGE:
        if (parameter > 0xffffffff) return HvStatus.INVALID_PARAMETER;
        return this.#installPorts(access, parameter & 0xffff, parameter >>> 16);
      case InterceptType.X64_MSR:
        if ((access & ~READ_WRITE) !== 0 || parameter !== 0) return HvStatus.INVALID_PARAMETER;
        this.#msrAccess = access;
        return HvStatus.SUCCESS;
      case InterceptType.X64_CPUID:
        return this.#installCpuid(access, parameter);
      case InterceptType.EXCEPTION:
        return this.#installException(access, parameter);
      default:
        return HvStatus.INVALID_PARAMETER;
    }
  }

  /** Whether this access to a port is intercepted. */
  hasPort(port: number, isWrite: boolean): boolean {
    if (this.#ports === undefined) return false;
    return (this.#ports[port]! & (isWrite ? InterceptAccessMask.WRITE : InterceptAccessMask.READ)) !== 0;
  }

  /** Whether MSR accesses that the hypervisor does not virtualise are intercepted. */
  msr(isWrite: boolean): boolean {
    return (this.#msrAccess & (isWrite ? InterceptAccessMask.WRITE : InterceptAccessMask.READ)) !== 0;
  }

  /** Whether this CPUID leaf is intercepted. */
  cpuid(leaf: number): boolean {
    return this.#cpuidLeaves.size > 0 && this.#cpuidLeaves.has(leaf >>> 0);
  }

  /** Whether this exception is intercepted. */
  exception(vector: number): boolean {
    return vector < EXCEPTION_VECTORS && ((this.#exceptions >>> vector) & 1) !== 0;
  }

  /** Puts the intercepted exceptions into every processor's filter. */
  applyExceptionFilter(): void {
    for (const vp of this.#partition.vps)
      if (vp !== undefined) vp.processor.exceptionFilter = this.#exceptions;
  }

  /** Has a range answered in the middle of the exit, without messages; no `handler` takes it away. */
  setDirectHandler(range: DirectRange): void {
    if (range.kind === 'port') this.#direct.setPorts(range.first, range.last, range.handler);
    else if (range.kind === 'other-memory') this.#direct.otherMemory = range.handler;
    else this.#direct.setMemory(range.gpa, range.sizeBytes, range.handler);
  }

  /** Removes every installed intercept; direct handlers stay, they are the host's. */
  clear(): void {
    this.#ports = undefined;
    this.#msrAccess = 0;
    this.#cpuidLeaves.clear();
    this.#exceptions = 0;
    this.applyExceptionFilter();
  }

  /** A port access: direct handler, message, or nobody: then writes are dropped and reads are all ones. */
  port(vp: VirtualProcessor, access: PortAccess): Outcome {
    const { counters } = this.#partition;
    const handler = this.#direct.port(access.port);
    if (handler !== undefined) {
      counters.portIntercepts += 1;
      counters.directIntercepts += 1;
      return handler(access, vp);
    }
    if (this.hasPort(access.port, access.isWrite)) {
      counters.portIntercepts += 1;
      return this.#suspend(vp, this.#messages.port(vp, access));
    }
    counters.unclaimedPortAccesses += 1;
    if (!access.isWrite) access.value = access.size === 4 ? 0xffffffff : 2 ** (access.size * 8) - 1;
    return Outcome.DONE;
  }

  /** An access that no RAM answers or whose mapping forbids it: always the parent's, never lost in a void. */
  memory(vp: VirtualProcessor, access: MemoryAccess): Outcome {
    const { counters, gpa } = this.#partition;
    // Overlays are the hypervisor's own pages: what their rights forbid is the guest's fault, not its parent's matter.
    if (gpa.isOverlay(Math.floor(access.gpa / PAGE_BYTES))) return Outcome.GENERAL_PROTECTION;
    counters.memoryIntercepts += 1;
    const handler = this.#direct.memory(access.gpa);
    if (handler !== undefined) {
      counters.directIntercepts += 1;
      return handler(access, vp);
    }
    if (this.#partition.parent === null) {
      access.data.fill(0xff);
      return Outcome.DONE;
    }
    return this.#suspend(vp, this.#messages.memory(vp, access));
  }

  /** An intercepted CPUID leaf; the default results are what the hypervisor itself would answer. */
  deliverCpuid(
    vp: VirtualProcessor,
    instructionBytes: number,
    eax: number,
    ebx: number,
    ecx: number,
    edx: number,
  ): Outcome {
    this.#partition.counters.cpuidIntercepts += 1;
    return this.#suspend(vp, this.#messages.cpuid(vp, instructionBytes, eax, ebx, ecx, edx));
  }

  /** An intercepted RDMSR or WRMSR; index and value are in the registers. */
  deliverMsr(vp: VirtualProcessor, isWrite: boolean, instructionBytes: number): Outcome {
    this.#partition.counters.msrIntercepts += 1;
    return this.#suspend(vp, this.#messages.msr(vp, isWrite, instructionBytes));
  }

  /** An intercepted exception, before it is delivered. */
  deliverException(vp: VirtualProcessor, vector: number, errorCode: number, hasErrorCode: boolean): Outcome {
    this.#partition.counters.exceptionIntercepts += 1;
    return this.#suspend(vp, this.#messages.exception(vp, vector, errorCode, hasErrorCode));
  }

  /** A triple fault: the VP stays suspended until the parent resets it. */
  deliverUnrecoverable(vp: VirtualProcessor): void {
    this.#partition.counters.unrecoverable += 1;
    this.#suspend(vp, this.#messages.unrecoverable(vp));
    this.#partition.notify((observer) => observer.unrecoverable?.(vp.index));
  }

  /** The end of a level-triggered interrupt; the VP goes on. */
  deliverApicEoi(vp: VirtualProcessor, vector: number): void {
    this.#partition.counters.apicEoiIntercepts += 1;
    this.#messages.apicEoi(vp, vector);
  }

  inspect() {
    return {
      interceptedPorts: this.#ports?.reduce((count, access) => count + (access === 0 ? 0 : 1), 0) ?? 0,
      msrAccess: this.#msrAccess,
      cpuidLeaves: this.#cpuidLeaves.size,
      exceptions: this.#exceptions >>> 0,
    };
  }

  // The root has no parent to finish its instructions: it goes on.
  #suspend(vp: VirtualProcessor, sent: boolean): Outcome {
    if (this.#partition.parent === null) return Outcome.DONE;
    if (!sent) this.#partition.counters.lostInterceptMessages += 1;
    vp.interceptSuspend = true;
    return Outcome.SUSPEND;
  }

  #installPorts(access: number, first: number, last: number): HvStatus {
    if ((access & ~READ_WRITE) !== 0 || first > last || last >= PORTS) return HvStatus.INVALID_PARAMETER;
    this.#ports ??= new Uint8Array(PORTS);
    this.#ports.fill(access, first, last + 1);
    return HvStatus.SUCCESS;
  }

  #installCpuid(access: number, leaf: number): HvStatus {
    if (!isExecuteOrNone(access) || leaf > 0xffffffff) return HvStatus.INVALID_PARAMETER;
    if (access === InterceptAccessMask.NONE) this.#cpuidLeaves.delete(leaf);
    else this.#cpuidLeaves.add(leaf);
    return HvStatus.SUCCESS;
  }

  #installException(access: number, vector: number): HvStatus {
    if (!isExecuteOrNone(access) || vector >= EXCEPTION_VECTORS) return HvStatus.INVALID_PARAMETER;
    if (access === InterceptAccessMask.NONE) this.#exceptions &= ~(1 << vector);
    else this.#exceptions |= 1 << vector;
    this.applyExceptionFilter();
    return HvStatus.SUCCESS;
  }
}

function isExecuteOrNone(access: number): boolean {
  return access === InterceptAccessMask.NONE || access === InterceptAccessMask.EXECUTE;
}
