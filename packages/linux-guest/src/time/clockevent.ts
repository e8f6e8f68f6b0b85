/** Synthetic timer 0 in direct mode as a one-shot clock event device (TLFS, "Timers"). */

import { Msr, STIMER_CONFIG_LINUX_DIRECT } from '@viridian/protocols/tlfs';
import type { Cpu } from '../cpu.ts';
import type { ClockEventDevice } from './timer-queue.ts';

/** Interrupt vector of synthetic timer 0: Linux's HYPERV_STIMER0_VECTOR. */
export const HYPERV_STIMER0_VECTOR = 0xed;

/** Switches timer 0 of this processor on; `onExpiry` runs in its interrupt. */
export function openSyntheticTimer(cpu: Cpu, onExpiry: () => void): ClockEventDevice {
  cpu.setInterruptHandler(HYPERV_STIMER0_VECTOR, () => {
    cpu.wrmsr(Msr.HV_X64_MSR_EOI, 0n);
    onExpiry();
  });
  const stop = (): void => {
    cpu.wrmsr(Msr.HV_X64_MSR_STIMER0_COUNT, 0n);
    cpu.wrmsr(Msr.HV_X64_MSR_STIMER0_CONFIG, 0n);
  };
  stop();
  cpu.wrmsr(Msr.HV_X64_MSR_STIMER0_CONFIG, BigInt(STIMER_CONFIG_LINUX_DIRECT));
  return {
    // Auto-enable arms the timer with the write of a count.
    setNextEvent: (deadline) => cpu.wrmsr(Msr.HV_X64_MSR_STIMER0_COUNT, BigInt(deadline)),
    stop,
  };
}
