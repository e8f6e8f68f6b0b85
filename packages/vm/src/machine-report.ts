/** What a machine has done, as numbers: for tables, tests and benchmarks. Hypercalls and exits are the guest's own. */

import type { Partition } from '@viridian/hypervisor';
import type { ChannelReport, VmbusHost } from '@viridian/vmbus/host';
import { readJitCounters, X86Processor } from '@viridian/x86';

/** Exits of the guest's processors by what caused them. */
export interface InterceptCounts {
  readonly cpuid: number;
  readonly msrRead: number;
  readonly msrWrite: number;
  readonly portRead: number;
  readonly portWrite: number;
  /** Accesses to addresses without RAM, other than the local APIC's. */
  readonly memory: number;
  readonly apic: number;
  readonly exception: number;
  readonly halt: number;
}

/** What the processors' compiler made: regions of guest code as WebAssembly modules. */
export interface CompiledCode {
  /** Since the machine was made. */
  readonly regions: number;
  /** In the cache now. */
  readonly liveRegions: number;
  /** Bytes of all modules ever made. */
  readonly moduleBytes: number;
}

/** Counts since the machine was made, all processors together. */
export interface MachineReport {
  /** Instructions that the processors executed, as far as they count them. */
  readonly instructions: number;
  /** By name, e.g. `HvCallSignalEvent`. */
  readonly hypercalls: Readonly<Record<string, number>>;
  readonly hypercallTotal: number;
  readonly intercepts: InterceptCounts;
  /** Interrupts that the processors took. */
  readonly interrupts: number;
  readonly interprocessorInterrupts: number;
  /** Turns that the processors got on the host. */
  readonly slices: number;
  readonly channels: readonly ChannelReport[];
  /** Absent without our x86 processor. */
  readonly compiledCode?: CompiledCode;
}

/** Adds up. `bus` is absent for a machine without one. */
export function reportMachine(partition: Partition, bus: VmbusHost | undefined): MachineReport {
  const sum = (pick: (counters: NonNullable<Partition['vps'][number]>['counters']) => number): number =>
    partition.vps.reduce((total, vp) => total + (vp === undefined ? 0 : pick(vp.counters)), 0);
  const { byCode, total } = partition.hypercalls.inspect();
  const compiledCode = compiledCodeOf(partition);
  const instructions = partition.vps.reduce((total, vp) => total + (vp?.processor.instructions ?? 0), 0);
  return {
    instructions,
    hypercalls: byCode,
    hypercallTotal: total,
    intercepts: {
      cpuid: sum((counters) => counters.cpuids),
      msrRead: sum((counters) => counters.msrReads),
      msrWrite: sum((counters) => counters.msrWrites),
      portRead: sum((counters) => counters.portReads),
      portWrite: sum((counters) => counters.portWrites),
      memory: sum((counters) => counters.memoryExits - counters.apicAccesses),
      apic: sum((counters) => counters.apicAccesses),
      exception: sum((counters) => counters.exceptions),
      halt: sum((counters) => counters.halts),
    },
    interrupts: sum((counters) => counters.interrupts),
    interprocessorInterrupts: sum((counters) => counters.ipisSent),
    slices: sum((counters) => counters.slices),
    channels: bus?.channelReports() ?? [],
    ...(compiledCode && { compiledCode }),
  };
}

function compiledCodeOf(partition: Partition): CompiledCode | undefined {
  const processor = partition.vps.find((vp) => vp !== undefined)?.processor;
  if (!(processor instanceof X86Processor)) return undefined;
  const buffer = processor.registers.qwords.buffer as SharedArrayBuffer;
  const { compiled, dropped, failed, bytes } = readJitCounters(buffer);
  return { regions: compiled, liveRegions: compiled + failed - dropped, moduleBytes: bytes };
}
