/** What the kernel keeps for each of its processors. */

import { Hint, Msr } from '@viridian/protocols/tlfs';
import type { Cpu } from '../cpu.ts';
import type { Platform } from '../hypervisor/detect.ts';
import { Hypercalls, pageMsrValue } from '../hypervisor/hypercalls.ts';
import { Synic, type SynicListener } from '../hypervisor/synic.ts';
import type { PageAllocator } from '../mm/page-allocator.ts';

/** One processor: its hypercall pages, its SynIC. */
export class KernelProcessor {
  readonly cpu: Cpu;
  /** The number by which the hypervisor knows this processor. */
  readonly vpIndex: number;
  readonly hypercalls: Hypercalls;
  readonly #platform: Platform;
  readonly #pages: PageAllocator;
  #synic: Synic | undefined;

  constructor(cpu: Cpu, platform: Platform, pages: PageAllocator) {
    this.cpu = cpu;
    this.#platform = platform;
    this.#pages = pages;
    this.vpIndex = Number(cpu.rdmsr(Msr.HV_X64_MSR_VP_INDEX));
    cpu.wrmsr(Msr.HV_X64_MSR_VP_ASSIST_PAGE, pageMsrValue(pages.allocate(1)));
    this.hypercalls = new Hypercalls(cpu, pages);
  }

  /** Lets the bus be heard on this processor. */
  enableSynic(listener: SynicListener): void {
    const autoEoi = (this.#platform.hints & Hint.DEPRECATE_AUTO_EOI) === 0;
    this.#synic = new Synic(this.cpu, this.#pages, autoEoi, listener);
    this.#synic.enable();
  }

  /** Interrupts of the bus that this processor took. */
  get busInterrupts(): number {
    return this.#synic?.interrupts ?? 0;
  }

  /** Takes the SynIC's pages and the assist page away and takes no more interrupts. */
  shutdown(): void {
    this.#synic?.disable();
    this.cpu.wrmsr(Msr.HV_X64_MSR_VP_ASSIST_PAGE, 0n);
    this.cpu.cli();
  }
}
