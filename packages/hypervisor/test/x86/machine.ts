/** A hypervisor with one child whose processors are real x86 ones, under a clock and an executor that stand still. */

import { HvStatus } from '@viridian/protocols/tlfs';
import { CORE_RESERVED_BYTES, PAGE_BYTES, Reg, type RegisterFile, Seg, x86Processors } from '@viridian/x86';
import {
  Hypervisor,
  ManualExecutor,
  type Partition,
  type PartitionOffer,
  VirtualClock,
} from '../../src/index.ts';
import type { VirtualProcessor } from '../../src/vp/virtual-processor.ts';

const RAM_BYTES = 1 << 20;

export interface X86MachineOptions {
  readonly vps?: number;
  readonly offer?: Partial<PartitionOffer>;
}

/** One MiB of RAM, and processors that are told what to execute. */
export class X86Machine {
  readonly clock = new VirtualClock(777);
  readonly executor = new ManualExecutor();
  readonly hypervisor: Hypervisor;
  readonly partition: Partition;
  readonly ram: Uint8Array;

  constructor({ vps = 1, offer = {} }: X86MachineOptions = {}) {
    const { clock, executor } = this;
    this.hypervisor = new Hypervisor({ clock, executor, rootMemoryBytes: 64 * PAGE_BYTES });
    const { root, rootBank } = this.hypervisor;
    this.partition = this.hypervisor.createChild(root);
    this.partition.configure(offer);
    for (let page = 0; page < 2 + 3 * vps; page += 1) {
      this.hypervisor.moveToPool(rootBank.firstPage + page, this.partition);
    }
    expectSuccess(this.partition.initialize());
    const bank = this.hypervisor.addMemory(CORE_RESERVED_BYTES + RAM_BYTES);
    const first = bank.firstPage + CORE_RESERVED_BYTES / PAGE_BYTES;
    this.partition.gpa.mapRange(0, first, RAM_BYTES / PAGE_BYTES, 7);
    this.ram = bank.bytes.subarray(CORE_RESERVED_BYTES, CORE_RESERVED_BYTES + RAM_BYTES);
    this.hypervisor.setProcessorFactory(this.partition.id, x86Processors(bank));
    for (let index = 0; index < vps; index += 1) expectSuccess(this.partition.createVp(index));
  }

  vp(index = 0): VirtualProcessor {
    return this.partition.vps[index]!;
  }

  registers(index = 0): RegisterFile {
    return this.vp(index).processor.registers;
  }

  /** Puts code or data into memory. */
  put(gpa: number, bytes: ArrayLike<number>): void {
    this.ram.set(bytes, gpa);
  }

  word(gpa: number): number {
    return new DataView(this.ram.buffer, this.ram.byteOffset).getUint32(gpa, true);
  }

  /**
   * Lets a processor execute from `rip` in flat 32-bit protected mode at CPL 0, interrupts off, the stack below it. The
   * first gets its interrupt table at 0x2000: every vector leads to a handler of 16 bytes at 0x3000 + 16 * vector.
   */
  start(rip: number, index = 0): void {
    const registers = this.registers(index);
    registers.segments.forEach((segment, at) => {
      if (at > Seg.GS) return;
      segment.base = 0n;
      segment.limit = 0xffff_ffff;
      segment.selector = at === Seg.CS ? 8 : 16;
      segment.attributes = at === Seg.CS ? 0xc09b : 0xc093;
    });
    registers.gdtr.base = 0x1800n;
    registers.gdtr.limit = 23;
    this.put(0x1808, [0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0]);
    registers.idtr.base = 0x2000n;
    registers.idtr.limit = 0x7ff;
    for (let vector = 0; vector < 256; vector += 1) {
      const handler = 0x3000 + 16 * vector;
      this.put(0x2000 + 8 * vector, [handler & 0xff, handler >> 8, 8, 0, 0, 0x8e, 0, 0]);
    }
    registers.qwords[Reg.CR0] = 0x31n;
    registers.qwords[Reg.RSP] = 0x9000n - BigInt(index * 0x400);
    registers.qwords[Reg.RIP] = BigInt(rip);
    registers.qwords[Reg.RFLAGS] = 2n;
    this.vp(index).explicitSuspend = false;
  }

  /** Runs until no processor has anything to do. */
  run(): void {
    this.executor.runAll(500);
  }

  /** Runs so many turns. */
  turns(count: number): void {
    for (let turn = 0; turn < count; turn += 1) this.executor.runOne();
  }

  /** Lets `units` of 100 ns pass, then runs. */
  pass(units: number): void {
    this.clock.advanceBy(units);
    this.run();
  }
}

function expectSuccess(status: HvStatus): void {
  if (status !== HvStatus.SUCCESS) throw new Error(`status ${status}`);
}

/** The bytes of a 32-bit value. */
export function dword(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

/** inc dword [gpa] */
export function increment(gpa: number): number[] {
  return [0xff, 0x05, ...dword(gpa)];
}

/** mov dword [gpa], value */
export function store(gpa: number, value: number): number[] {
  return [0xc7, 0x05, ...dword(gpa), ...dword(value)];
}

/** mov ecx, index; mov eax, low; xor edx, edx; wrmsr */
export function writeMsr(index: number, low: number): number[] {
  return [0xb9, ...dword(index), 0xb8, ...dword(low), 0x31, 0xd2, 0x0f, 0x30];
}

/** mov ecx, index; rdmsr */
export function readMsr(index: number): number[] {
  return [0xb9, ...dword(index), 0x0f, 0x32];
}

export const HLT = 0xf4;
export const STI = 0xfb;
export const CLI = 0xfa;
export const IRET = 0xcf;
/** jmp to itself. */
export const SPIN = [0xeb, 0xfe];
/** pause; jmp to itself. */
export const POLITE_SPIN = [0xf3, 0x90, 0xeb, 0xfc];
