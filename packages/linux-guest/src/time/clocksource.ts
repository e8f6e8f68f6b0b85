/**
 * The kernel's clock: the reference TSC page where the partition may use it, else the reference counter MSR.
 *
 * TLFS, "Partition Reference Counter" and "Partition Reference TSC Mechanism".
 */

import {
  hasPrivilege,
  Msr,
  REFERENCE_TIME_HZ,
  ReferenceTscPage,
  TSC_SEQUENCE_INVALID,
} from '@viridian/protocols/tlfs';
import type { Cpu } from '../cpu.ts';
import type { Platform } from '../hypervisor/detect.ts';
import { pageMsrValue } from '../hypervisor/hypercalls.ts';
import { PAGE_BYTES, type PageAllocator } from '../mm/page-allocator.ts';

/** A source of reference time. */
export interface Clocksource {
  readonly name: string;
  /** Time since the partition was created, in units of 100 ns. */
  now(): number;
}

/** The best clock that the platform offers, switched on; undefined where it has none. */
export function openClocksource(cpu: Cpu, platform: Platform, pages: PageAllocator): Clocksource | undefined {
  const hasCounter = hasPrivilege(platform.privileges, 'AccessPartitionReferenceCounter');
  const counter = (): number => Number(cpu.rdmsr(Msr.HV_X64_MSR_TIME_REF_COUNT));
  if (hasPrivilege(platform.privileges, 'AccessPartitionReferenceTsc'))
    return openTscPage(cpu, pages, counter);
  return hasCounter ? { name: 'hyperv_clocksource_msr', now: counter } : undefined;
}

function openTscPage(cpu: Cpu, pages: PageAllocator, counter: () => number): Clocksource {
  const gpn = pages.allocate(1);
  cpu.wrmsr(Msr.HV_X64_MSR_REFERENCE_TSC, pageMsrValue(gpn));
  const bytes = cpu.memory.view(gpn * PAGE_BYTES, PAGE_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, PAGE_BYTES);
  const page = ReferenceTscPage.on(view, 0);
  const now = (): number => {
    for (;;) {
      const sequence = page.tscSequence;
      if (sequence === TSC_SEQUENCE_INVALID) return counter();
      const time = ((cpu.rdtsc() * page.tscScale) >> 64n) + page.tscOffset;
      // The hypervisor may rewrite the page at any time: an unchanged sequence proves a consistent read.
      if (page.tscSequence === sequence) return Number(time);
    }
  };
  return { name: 'hyperv_clocksource_tsc_page', now };
}

/** Reference time as seconds. */
export function toSeconds(referenceTime: number): number {
  return referenceTime / REFERENCE_TIME_HZ;
}
