/**
 * A small kernel for TypeScript programs in a child partition: it does, in the order of Linux, what a kernel does to
 * run well on this hypervisor, and then calls the program.
 */

import { hasPrivilege } from '@viridian/protocols/tlfs';
import { VmbusGuest } from '@viridian/vmbus/guest';
import type { BusClock } from '@viridian/vmbus/ring';
import { GuestSockets } from '@viridian/vsc/socket';
import type { DmaAllocator } from '@viridian/vsc/storage';
import { BlockLayer } from '../block/block-layer.ts';
import { storvscDriver } from '../block/storvsc-driver.ts';
import type { GuestFramebuffer } from '../console/framebuffer.ts';
import { keyboardDriver, mouseDriver } from '../console/input-drivers.ts';
import { InputLayer } from '../console/input-layer.ts';
import { videoDriver } from '../console/video-driver.ts';
import type { Cpu, CpuMemory } from '../cpu.ts';
import { describePlatform, detectPlatform, type Platform } from '../hypervisor/detect.ts';
import { disableHypercallPage, enableHypercallPage } from '../hypervisor/hypercalls.ts';
import { KernelMemory } from '../mm/guest-memory.ts';
import { PAGE_BYTES, PageAllocator } from '../mm/page-allocator.ts';
import { netvscDriver } from '../net/netvsc-driver.ts';
import { NetworkLayer } from '../net/network-layer.ts';
import { GuestServices } from '../services/guest-services.ts';
import { utilsDriver } from '../services/utils-driver.ts';
import { countProcessors, startProcessor } from '../smp/processors.ts';
import { socketDriver } from '../socket/socket-driver.ts';
import { openSyntheticTimer } from '../time/clockevent.ts';
import { type Clocksource, openClocksource, toSeconds } from '../time/clocksource.ts';
import { TimerQueue } from '../time/timer-queue.ts';
import { DriverModel, type VmbusDriver } from '../vmbus/driver-model.ts';
import { KernelTransport } from '../vmbus/transport.ts';
import { reportCrash } from './crash.ts';
import { KernelLog, type LogLine } from './log.ts';
import { KernelProcessor } from './processor.ts';

/** RAM below this address is left alone, as on a PC. */
const FIRST_FREE_GPA = 0x10_0000;

/** Reference time counts 100 ns. */
const UNITS_PER_MS = 10_000;

const OWN_DRIVERS: readonly ((kernel: Kernel) => VmbusDriver)[] = [
  storvscDriver,
  netvscDriver,
  keyboardDriver,
  mouseDriver,
  videoDriver,
  socketDriver,
  utilsDriver,
];

/** Thrown on a machine that this kernel cannot run on. */
export class UnsupportedPlatform extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'UnsupportedPlatform';
  }
}

/** Settings of a kernel. */
export interface KernelOptions {
  /** Hears each line of the log as it is written: the kernel's console. */
  readonly onLog?: (line: LogLine) => void;
  /** Bus versions to try, newest first; all that the bus knows when absent. */
  readonly busVersions?: readonly number[];
  /** Drivers besides the kernel's own. */
  readonly drivers?: (kernel: Kernel) => readonly VmbusDriver[];
}

/** The running kernel, as a program sees it. */
export class Kernel {
  readonly platform: Platform;
  readonly log: KernelLog;
  readonly clock: Clocksource;
  readonly timers: TimerQueue;
  readonly pages: PageAllocator;
  readonly cpuMemory: CpuMemory;
  readonly memory: KernelMemory;
  readonly bus: VmbusGuest;
  readonly devices: DriverModel;
  readonly block: BlockLayer;
  readonly net: NetworkLayer;
  readonly input = new InputLayer();
  /** What the host may ask for. */
  readonly services = new GuestServices({ OSName: 'Viridian linux-guest' });
  /** Connections with the host. */
  readonly sockets: GuestSockets;
  /** The screen; undefined when the machine has none. */
  framebuffer: GuestFramebuffer | undefined;
  /** Processors of the machine; those that run are in `processors`. */
  readonly processorCount: number;
  readonly processors: KernelProcessor[] = [];
  /** Zeroed pages for transfers. */
  readonly dma: DmaAllocator;
  /** Time and timers in the shape of the bus. */
  readonly busClock: BusClock;
  readonly #bootCpu: Cpu;
  #onProcessor: ((cpu: Cpu) => void) | undefined;

  private constructor(cpu: Cpu, platform: Platform, options: KernelOptions) {
    this.#bootCpu = cpu;
    this.platform = platform;
    this.pages = new PageAllocator(
      FIRST_FREE_GPA / PAGE_BYTES,
      Math.max(0, Math.floor((cpu.memory.sizeBytes - FIRST_FREE_GPA) / PAGE_BYTES)),
    );
    const clock = openClocksource(cpu, platform, this.pages);
    if (clock === undefined) throw new UnsupportedPlatform('the partition may use no reference time');
    this.clock = clock;
    const start = clock.now();
    this.log = new KernelLog(() => toSeconds(clock.now() - start), options.onLog);
    this.cpuMemory = cpu.memory;
    this.memory = new KernelMemory(cpu.memory);
    const boot = new KernelProcessor(cpu, platform, this.pages);
    enableHypercallPage(cpu, this.pages.allocate(1));
    this.processors.push(boot);
    this.timers = new TimerQueue(
      openSyntheticTimer(cpu, () => this.timers.onInterrupt()),
      () => clock.now(),
    );
    this.processorCount = countProcessors(cpu);
    const transport = new KernelTransport(boot.hypercalls, this.pages, this.memory, this.processorCount);
    this.dma = transport;
    this.busClock = {
      now: () => clock.now(),
      schedule: (at, callback) => this.timers.at(at, callback),
      cancel: (handle: () => void) => handle(),
    };
    this.bus = new VmbusGuest({
      transport,
      memory: this.memory,
      clock: this.busClock,
      ...(options.busVersions === undefined ? {} : { versions: options.busVersions }),
    });
    this.block = new BlockLayer(this);
    this.net = new NetworkLayer((text) => this.print(text), {
      after: (milliseconds, callback) => this.timers.at(clock.now() + milliseconds * UNITS_PER_MS, callback),
    });
    this.sockets = new GuestSockets({ bus: this.bus, clock: this.busClock });
    const drivers = [...OWN_DRIVERS.map((driver) => driver(this)), ...(options.drivers?.(this) ?? [])];
    this.devices = new DriverModel(this.bus, drivers, (text) => this.print(text));
  }

  /**
   * The early part of boot, on the boot processor: platform, clock, memory, hypercalls, with interrupts still off.
   * Throws {@link UnsupportedPlatform}.
   */
  static early(cpu: Cpu, options: KernelOptions): Kernel {
    const platform = detectPlatform(cpu);
    if (platform === undefined)
      throw new UnsupportedPlatform('no Hyper-V compatible hypervisor answers CPUID');
    if (!hasPrivilege(platform.privileges, 'AccessSynicRegs')) {
      throw new UnsupportedPlatform('the partition may not use the synthetic interrupt controller');
    }
    return new Kernel(cpu, platform, options);
  }

  /** The rest of boot: the other processors, the bus, every device probed. */
  async start(): Promise<void> {
    this.#announce();
    this.#bootCpu.sti();
    await this.#startProcessors();
    await this.#startBus();
  }

  /** Writes a line to the log. */
  print(text: string): void {
    this.log.print(text);
  }

  /** Settles at or after `milliseconds` from now. */
  sleep(milliseconds: number): Promise<void> {
    return this.timers.sleep(milliseconds);
  }

  /** An application processor entered the program: makes it part of the kernel. */
  addProcessor(cpu: Cpu): void {
    this.#onProcessor?.(cpu);
  }

  /** Reports the crash to the hypervisor. The caller stops the machine. */
  panic(message: string): void {
    this.print(`Kernel panic - not syncing: ${message}`);
    const text = this.log.lines.slice(-50).map((line) => line.text);
    reportCrash(this.#bootCpu, this.platform, this.pages, text.join('\n'));
  }

  /** Puts everything back: devices, bus, interrupts, timers, hypercall page. */
  async shutdown(): Promise<void> {
    this.print('reboot: System halted');
    this.sockets.shutdown();
    await this.devices.shutdown();
    await this.bus.unload();
    this.timers.shutdown();
    for (const processor of this.processors) processor.shutdown();
    disableHypercallPage(this.#bootCpu);
  }

  #announce(): void {
    for (const line of describePlatform(this.platform)) this.print(line);
    this.print(`clocksource: Switched to clocksource ${this.clock.name}`);
    const megabytes = Math.round(this.#bootCpu.memory.sizeBytes / 2 ** 20);
    this.print(`Memory: ${megabytes} MiB, ${this.pages.freePages * 4} KiB free`);
  }

  async #startProcessors(): Promise<void> {
    for (let apicId = 1; apicId < this.processorCount; apicId += 1) {
      const started = new Promise<void>((resolve) => {
        this.#onProcessor = (cpu) => {
          this.processors.push(new KernelProcessor(cpu, this.platform, this.pages));
          cpu.sti();
          resolve();
        };
      });
      startProcessor(this.#bootCpu, apicId);
      await started;
    }
    this.#onProcessor = undefined;
    this.print(
      `smp: Brought up 1 node, ${this.processors.length} CPU${this.processors.length > 1 ? 's' : ''}`,
    );
  }

  async #startBus(): Promise<void> {
    for (const processor of this.processors) processor.enableSynic(this.bus);
    const version = await this.bus.connect();
    this.print(`hv_vmbus: Vmbus version:${version >>> 16}.${version & 0xffff}`);
    await this.bus.requestOffers();
    await this.devices.settled();
  }
}
