/**
 * What the instructions of a virtual processor lead to that its processor cannot finish alone: CPUID, MSRs, hypercalls,
 * ports, memory that is not RAM, exceptions. TLFS, "Intercepts", and the order of resolution for MSRs.
 */

import { tracePoint } from '@viridian/trace';
import {
  AccessKind,
  type ExitHandler,
  type MemoryAccess,
  Outcome,
  PAGE_BYTES,
  type PortAccess,
  Reg,
} from '@viridian/x86';
import { readApicRegister, writeApicRegister } from '../apic/apic-registers.ts';
import { type CpuidRegisters, cpuidLeaf } from '../cpuid/cpuid.ts';
import { dispatch } from '../hypercall/dispatcher.ts';
import type { MsrDeclaration } from '../msr/msr-declaration.ts';
import { MSR_TABLE } from '../msr/msr-table.ts';
import type { VirtualProcessor } from './virtual-processor.ts';

const traceMsr = tracePoint('hypervisor.msr', ['msr', 'access', 'high', 'low', 'outcome']);
/** An MSR that nobody has, or that this partition is not offered. */
const traceUnknownMsr = tracePoint('hypervisor.unknown-msr', ['msr', 'access']);
const traceCpuid = tracePoint('hypervisor.cpuid', ['leaf', 'subleaf', 'eax', 'ebx', 'ecx', 'edx']);
const traceInterrupt = tracePoint('hypervisor.interrupt', ['vector']);

const FIRST_SYNTHETIC_MSR = 0x4000_0000;
const LAST_SYNTHETIC_MSR = 0x4000_01ff;

/** The exit handler of one VP, and what a processor may ask of its surroundings beyond it. */
export class VpExits implements ExitHandler {
  readonly #vp: VirtualProcessor;
  readonly #value = { low: 0, high: 0 };
  readonly #cpuid: CpuidRegisters = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

  constructor(vp: VirtualProcessor) {
    this.#vp = vp;
  }

  /** See {@link VirtualProcessor.stopping}. */
  get stopping(): boolean {
    return this.#vp.stopping;
  }

  /** System page of the partition that holds the hypervisor's code for it. */
  get codePage(): number {
    return this.#vp.msrs.codePage.number;
  }

  /** True while an intercept of this processor is with the parent. */
  get interceptSuspended(): boolean {
    return this.#vp.interceptSuspend;
  }

  /** Gives the processor a turn soon. */
  kick(): void {
    this.#vp.kick();
  }

  /**
   * Gives the partition's ancestors the turns that they wait for; false when none waited. For processors that cannot
   * leave an instruction unfinished.
   */
  runParent(): boolean {
    let ran = false;
    for (let { parent } = this.#vp.partition; parent !== null; parent = parent.parent) {
      for (const vp of parent.vps) {
        if (vp?.isQueued !== true) continue;
        vp.runSlice();
        ran = true;
      }
    }
    return ran;
  }

  cpuid(instructionBytes: number): Outcome {
    const vp = this.#vp;
    vp.counters.cpuids += 1;
    const { dwords } = vp.processor.registers;
    const leaf = dwords[Reg.RAX * 2]!;
    const subleaf = dwords[Reg.RCX * 2]!;
    const result = this.#cpuid;
    cpuidLeaf(vp, leaf, subleaf, result);
    const { eax, ebx, ecx, edx } = result;
    if (traceCpuid.on) traceCpuid.emit(vp.where, leaf, subleaf, eax, ebx, ecx, edx);
    const { intercepts } = vp.partition;
    if (intercepts.cpuid(leaf)) return intercepts.deliverCpuid(vp, instructionBytes, eax, ebx, ecx, edx);
    setRegister(dwords, Reg.RAX, eax);
    setRegister(dwords, Reg.RBX, ebx);
    setRegister(dwords, Reg.RCX, ecx);
    setRegister(dwords, Reg.RDX, edx);
    return Outcome.DONE;
  }

  readMsr(instructionBytes: number): Outcome {
    const vp = this.#vp;
    vp.counters.msrReads += 1;
    const { dwords } = vp.processor.registers;
    const index = dwords[Reg.RCX * 2]!;
    const declaration = this.#offered(index);
    const value = this.#value;
    value.low = value.high = 0;
    let outcome: Outcome = declaration?.read?.(vp, value) ?? Outcome.GENERAL_PROTECTION;
    if (traceMsr.on) traceMsr.emit(vp.where, index, 'read', value.high, value.low, outcome);
    if (outcome === Outcome.GENERAL_PROTECTION) {
      outcome = this.#refuse(index, false, declaration !== undefined, instructionBytes);
    }
    if (outcome === Outcome.DONE) {
      setRegister(dwords, Reg.RAX, value.low);
      setRegister(dwords, Reg.RDX, value.high);
    }
    return outcome;
  }

  writeMsr(instructionBytes: number): Outcome {
    const vp = this.#vp;
    vp.counters.msrWrites += 1;
    const { dwords } = vp.processor.registers;
    const index = dwords[Reg.RCX * 2]!;
    const low = dwords[Reg.RAX * 2]!;
    const high = dwords[Reg.RDX * 2]!;
    const declaration = this.#offered(index);
    const outcome = declaration?.write?.(vp, low, high) ?? Outcome.GENERAL_PROTECTION;
    if (traceMsr.on) traceMsr.emit(vp.where, index, 'write', high, low, outcome);
    if (outcome !== Outcome.GENERAL_PROTECTION) return outcome;
    return this.#refuse(index, true, declaration !== undefined, instructionBytes);
  }

  hypercall(_instructionBytes: number): Outcome {
    if (!this.#vp.partition.enlightened) return Outcome.INVALID_OPCODE;
    this.#vp.counters.hypercalls += 1;
    return dispatch(this.#vp);
  }

  port(access: PortAccess): Outcome {
    const { counters, partition } = this.#vp;
    if (access.isWrite) counters.portWrites += 1;
    else counters.portReads += 1;
    return partition.intercepts.port(this.#vp, access);
  }

  memory(access: MemoryAccess): Outcome {
    const vp = this.#vp;
    vp.counters.memoryExits += 1;
    const gpn = Math.floor(access.gpa / PAGE_BYTES);
    if (gpn === vp.apicBase.gpn) return this.#accessApic(access);
    if (access.kind === AccessKind.WRITE && vp.gpa.isOverlay(gpn)) {
      // The overlays that cannot be written are the hypercall page and the reference TSC page.
      vp.counters.protectionFaults += 1;
      return Outcome.GENERAL_PROTECTION;
    }
    return vp.partition.intercepts.memory(vp, access);
  }

  exception(vector: number, errorCode: number, hasErrorCode: boolean): Outcome {
    const vp = this.#vp;
    vp.counters.exceptions += 1;
    const { intercepts } = vp.partition;
    if (!intercepts.exception(vector)) return Outcome.DONE;
    return intercepts.deliverException(vp, vector, errorCode, hasErrorCode);
  }

  unrecoverable(): void {
    this.#vp.markUnrecoverable();
    this.#vp.partition.intercepts.deliverUnrecoverable(this.#vp);
  }

  acknowledgeInterrupt(): number {
    const vp = this.#vp;
    this.takeTaskPriority();
    const vector = vp.apic.acknowledge();
    if (vector >= 0) {
      vp.counters.interrupts += 1;
      if (traceInterrupt.on) traceInterrupt.emit(vp.where, vector);
    }
    return vector;
  }

  readTsc(): bigint {
    return this.#vp.timeStamp.read();
  }

  /** Yields to processors that wait for a turn: one of them may hold what this one spins for. */
  pause(): Outcome {
    return this.#vp.turns.othersWait ? Outcome.YIELD : Outcome.DONE;
  }

  taskPriorityChanged(): void {
    this.takeTaskPriority();
  }

  /** The guest moves its task priority by CR8 too, which the processor keeps in its registers. */
  takeTaskPriority(): void {
    const { apic, processor } = this.#vp;
    const cr8 = processor.registers.dwords[Reg.CR8 * 2]! & 0xf;
    if (cr8 !== apic.taskPriority >> 4) apic.taskPriority = cr8 << 4;
  }

  /** The declaration of an MSR that this partition is offered. */
  #offered(index: number): MsrDeclaration | undefined {
    const declaration = MSR_TABLE.get(index);
    if (declaration === undefined) return undefined;
    const { partition } = this.#vp;
    if (!partition.enlightened && isSynthetic(index)) return undefined;
    if (declaration.privilegeBit >= 0 && !partition.hasBit(declaration.privilegeBit)) return undefined;
    const { features } = declaration;
    return (partition.features & features) === features ? declaration : undefined;
  }

  /**
   * Not virtualised, not offered, or not allowed: the parent's if it intercepts MSRs, else #GP. DONE where the partition
   * takes unknown ones for registers without anything behind them.
   */
  #refuse(index: number, isWrite: boolean, isKnown: boolean, instructionBytes: number): Outcome {
    const vp = this.#vp;
    const { intercepts, toleratesUnknownMsrs } = vp.partition;
    if (intercepts.msr(isWrite)) return intercepts.deliverMsr(vp, isWrite, instructionBytes);
    if (!isKnown) {
      vp.counters.unknownMsrs += 1;
      if (traceUnknownMsr.on) traceUnknownMsr.emit(vp.where, index, isWrite ? 'write' : 'read');
      // Whether a synthetic MSR exists says what is offered.
      if (toleratesUnknownMsrs && !isSynthetic(index)) return Outcome.DONE;
    }
    vp.counters.protectionFaults += 1;
    return Outcome.GENERAL_PROTECTION;
  }

  /** Registers are accessed as aligned doublewords; other accesses have no effect and read zero. */
  #accessApic(access: MemoryAccess): Outcome {
    const vp = this.#vp;
    vp.counters.apicAccesses += 1;
    const { data, size } = access;
    const offset = access.gpa % PAGE_BYTES;
    const proper = size === 4 && offset % 16 === 0;
    if (access.kind === AccessKind.WRITE) {
      if (proper) {
        const value = (data[0]! | (data[1]! << 8) | (data[2]! << 16) | (data[3]! << 24)) >>> 0;
        writeApicRegister(vp.apic, offset, value);
      }
      return Outcome.DONE;
    }
    const value = proper ? readApicRegister(vp.apic, offset) : 0;
    for (let at = 0; at < size; at += 1) data[at] = at < 4 ? value >>> (8 * at) : 0;
    return Outcome.DONE;
  }
}

/** Whether an MSR lies in the range of the hypervisor's own. */
function isSynthetic(index: number): boolean {
  return index >= FIRST_SYNTHETIC_MSR && index <= LAST_SYNTHETIC_MSR;
}

/** A 32-bit result clears the upper half. */
function setRegister(dwords: Uint32Array, register: number, value: number): void {
  dwords[register * 2] = value;
  dwords[register * 2 + 1] = 0;
}
