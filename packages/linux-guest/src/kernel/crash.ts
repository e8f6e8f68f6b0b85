/** Telling the hypervisor about a panic: the crash MSRs with the text of the log's end (TLFS, "Guest Crash Enlightenment"). */

import { CRASH_MESSAGE_MAX_BYTES, CrashControl, FeatureEdx, Msr } from '@viridian/protocols/tlfs';
import type { Cpu } from '../cpu.ts';
import type { Platform } from '../hypervisor/detect.ts';
import { PAGE_BYTES, type PageAllocator } from '../mm/page-allocator.ts';

/** Reports a crash with a message of at most 4096 bytes; does nothing where the partition has no crash MSRs. */
export function reportCrash(cpu: Cpu, platform: Platform, pages: PageAllocator, message: string): void {
  if ((platform.features & FeatureEdx.CRASH_REGISTERS) === 0) return;
  const text = new TextEncoder().encode(message).subarray(-CRASH_MESSAGE_MAX_BYTES);
  const gpa = pages.allocate(1) * PAGE_BYTES;
  cpu.memory.view(gpa, PAGE_BYTES).set(text);
  const parameters = [0n, 0n, 0n, BigInt(gpa), BigInt(text.byteLength)];
  parameters.forEach((value, index) => void cpu.wrmsr(Msr.HV_X64_MSR_CRASH_P0 + index, value));
  cpu.wrmsr(Msr.HV_X64_MSR_CRASH_CTL, CrashControl.CRASH_NOTIFY | CrashControl.CRASH_MESSAGE);
}
