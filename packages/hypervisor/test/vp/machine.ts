/** A hypervisor with one child partition whose processors are driven by the test itself, through their `GuestCpu`. */

import { HvStatus, Msr, OverlayPageMsr, ScontrolMsr, SintMsr, sintMsr } from '@viridian/protocols/tlfs';
import { type MemoryBank, PAGE_BYTES } from '@viridian/x86';
import {
  Hypervisor,
  ManualExecutor,
  type Partition,
  type PartitionOffer,
  VirtualClock,
  type VirtualProcessor,
} from '../../src/index.ts';
import { type GuestCpu, type GuestProgram, programProcessors } from '../../src/program/index.ts';

/** ICR values: INIT and SIPI to all others. */
const ICR_INIT_OTHERS = 0xc4500n;
const ICR_SIPI_OTHERS = 0xc4600n;

export const RAM_PAGES = 64;
/** Where the tests put their overlay pages. */
export const SIM_GPN = 2;
export const SIEF_GPN = 3;

/** A factory outside of the machine may be given for programs that do more than wait for the test. */
export interface MachineOptions {
  readonly vps?: number;
  readonly offer?: Partial<PartitionOffer>;
  readonly program?: () => GuestProgram;
  readonly tscHz?: number;
}

export class Machine {
  readonly clock = new VirtualClock(12_345);
  readonly executor = new ManualExecutor();
  readonly hypervisor: Hypervisor;
  readonly partition: Partition;
  readonly ram: MemoryBank;
  /** The processor of each VP that has been started, newest start. */
  readonly cpus: GuestCpu[] = [];
  /** RIP at each start, by VP. */
  readonly rips: number[] = [];
  /** Programs that were created. */
  programs = 0;

  constructor({ vps = 1, offer = {}, program, tscHz }: MachineOptions = {}) {
    const { clock, executor } = this;
    this.hypervisor = new Hypervisor({
      clock,
      executor,
      rootMemoryBytes: 1024 * PAGE_BYTES,
      ...(tscHz === undefined ? {} : { tscHz }),
    });
    const { root, rootBank } = this.hypervisor;
    this.partition = this.hypervisor.createChild(root);
    this.partition.configure(offer);
    for (let page = 0; page < 2 + 3 * vps; page += 1) {
      this.hypervisor.moveToPool(rootBank.firstPage + page, this.partition);
    }
    expectSuccess(this.partition.initialize());
    this.ram = this.hypervisor.addMemory(RAM_PAGES * PAGE_BYTES);
    this.partition.gpa.mapRange(0, this.ram.firstPage, RAM_PAGES, 7);
    const own = (): GuestProgram => {
      this.programs += 1;
      return {
        name: 'under test',
        start: (cpu, rip) => {
          this.cpus[cpu.index] = cpu;
          this.rips[cpu.index] = rip;
        },
      };
    };
    this.hypervisor.setProcessorFactory(this.partition.id, programProcessors(program ?? own));
    for (let index = 0; index < vps; index += 1) expectSuccess(this.partition.createVp(index));
    for (const vp of this.partition.vps) vp!.explicitSuspend = false;
    executor.runAll();
  }

  vp(index = 0): VirtualProcessor {
    return this.partition.vps[index]!;
  }

  /** Processor 0. */
  get cpu(): GuestCpu {
    return this.cpus[0]!;
  }

  /** Starts the other processors as a kernel does, at 0x8000. */
  startOthers(): void {
    this.cpu.wrmsr(Msr.HV_X64_MSR_ICR, ICR_INIT_OTHERS);
    this.cpu.wrmsr(Msr.HV_X64_MSR_ICR, ICR_SIPI_OTHERS | 8n);
    this.executor.runAll();
  }

  /** Lets `units` of 100 ns pass; processors get their turns at the end. */
  pass(units: number): void {
    this.clock.advanceBy(units);
    this.executor.runAll();
  }

  /** Turns on SIM and SIEF pages and one SINT of a processor; interrupts stay disabled. */
  openSynic(cpu: GuestCpu, sint: number, config: Parameters<typeof SintMsr.encode>[0]): void {
    cpu.wrmsr(Msr.HV_X64_MSR_SIMP, overlayAt(SIM_GPN + 4 * cpu.index));
    cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, overlayAt(SIEF_GPN + 4 * cpu.index));
    cpu.wrmsr(sintMsr(sint), SintMsr.encode(config));
    cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, ScontrolMsr.encode({ enable: 1 }));
  }

  /** The message slot of a SINT, as the guest sees it. */
  slot(cpu: GuestCpu, sint: number): Slot {
    return new Slot(cpu.memory.view((SIM_GPN + 4 * cpu.index) * PAGE_BYTES + 256 * sint, 256));
  }
}

/** One message slot. */
export class Slot {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly view: DataView;

  constructor(bytes: Uint8Array<SharedArrayBuffer>) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get type(): number {
    return this.view.getUint32(0, true);
  }

  get payloadBytes(): number {
    return this.bytes[4]!;
  }

  get pending(): boolean {
    return (this.bytes[5]! & 1) !== 0;
  }

  get payload(): Uint8Array {
    return this.bytes.slice(16, 16 + this.payloadBytes);
  }

  /** Empties the slot and gives whether EOM is due. */
  free(): boolean {
    Atomics.store(new Int32Array(this.bytes.buffer, this.bytes.byteOffset, 1), 0, 0);
    return this.pending;
  }
}

/** An enabled overlay register for this page. */
export function overlayAt(gpn: number): bigint {
  return OverlayPageMsr.encode({ enable: 1, gpn });
}

/** Records the vectors that a processor takes; each handler ends its interrupt by the EOI MSR. */
export function recordInterrupts(cpu: GuestCpu, vectors: readonly number[], eoi = true): number[] {
  const taken: number[] = [];
  for (const vector of vectors) {
    cpu.setInterruptHandler(vector, () => {
      taken.push(vector);
      if (eoi) cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
    });
  }
  return taken;
}

function expectSuccess(status: HvStatus): void {
  if (status !== HvStatus.SUCCESS) throw new Error(`status ${status}`);
}
