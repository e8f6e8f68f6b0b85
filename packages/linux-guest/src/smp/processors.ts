/**
 * Application processors: INIT and start-up interrupts through the ICR MSR (Intel SDM volume 3, "MP Initialization";
 * TLFS, "Virtual Interrupt Control", APIC MSRs).
 */

import { Msr } from '@viridian/protocols/tlfs';
import type { Cpu } from '../cpu.ts';

const ICR_INIT = 0x4500n;
const ICR_STARTUP = 0x4600n;
/** Start-up vector: application processors begin at 0x8000. */
const TRAMPOLINE_VECTOR = 0x08n;

/** Number of logical processors of this machine, as CPUID says. */
export function countProcessors(cpu: Cpu): number {
  const { ebx, edx } = cpu.cpuid(1);
  const isMultiThreaded = (edx & (1 << 28)) !== 0;
  return isMultiThreaded ? Math.max(1, (ebx >>> 16) & 0xff) : 1;
}

/** Wakes the processor with this local APIC id; it enters the program at the trampoline. */
export function startProcessor(bootCpu: Cpu, apicId: number): void {
  const destination = BigInt(apicId) << 56n;
  bootCpu.wrmsr(Msr.HV_X64_MSR_ICR, destination | ICR_INIT);
  bootCpu.wrmsr(Msr.HV_X64_MSR_ICR, destination | ICR_STARTUP | TRAMPOLINE_VECTOR);
}
