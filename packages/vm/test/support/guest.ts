/** The least that a kernel needs to reach its disks: SynIC, hypercalls, pages, the bus driver and the storage driver. */

import type { GuestCpu, GuestProgram } from '@viridian/hypervisor/program';
import {
  HypercallCode,
  hypercallInputLow,
  Msr,
  OverlayPageMsr,
  PostMessageInput,
  ScontrolMsr,
  SintMsr,
  sintMsr,
  sintSlot,
} from '@viridian/protocols/tlfs';
import { type AllocatedPages, type GuestTransport, VmbusGuest } from '@viridian/vmbus/guest';
import type { GuestMemory, SharedPages } from '@viridian/vmbus/ring';
import { openStorvsc, type StorageDisk } from '@viridian/vsc/storage';

const PAGE_BYTES = 4096;
const INPUT_GPA = 0x1000;
const SIM_GPN = 2;
const SIEF_GPN = 3;
const FIRST_FREE_GPN = 16;
const VECTOR = 0xf3;
const OPEN = { ringPages: 16, userData: new Uint8Array(24) };

/** Pages from the bottom of RAM up, a free list per count. */
class TestKernel implements GuestTransport, GuestMemory {
  readonly vpCount = 1;
  readonly #cpu: GuestCpu;
  readonly #free = new Map<number, number[]>();
  #next = FIRST_FREE_GPN;

  constructor(cpu: GuestCpu) {
    this.#cpu = cpu;
  }

  postMessage(connectionId: number, messageType: number, payload: Uint8Array, lengthBytes: number): number {
    const input = this.#cpu.memory.view(INPUT_GPA, PostMessageInput.size);
    PostMessageInput.write(new DataView(input.buffer, input.byteOffset, input.length), 0, {
      connectionId,
      messageType,
      payloadSize: lengthBytes,
      payload: payload.subarray(0, lengthBytes),
    });
    const control = hypercallInputLow(HypercallCode.HvCallPostMessage);
    return this.#cpu.vmcall(control, 0, INPUT_GPA, 0, 0, 0) & 0xffff;
  }

  signalEvent(connectionId: number, flagNumber: number): void {
    const control = hypercallInputLow(HypercallCode.HvCallSignalEvent, true);
    this.#cpu.vmcall(control, 0, connectionId, flagNumber, 0, 0);
  }

  allocatePages(count: number): AllocatedPages {
    const first = this.#free.get(count)?.pop() ?? this.#next;
    if (first === this.#next) this.#next += count;
    const gpns = Array.from({ length: count }, (_, index) => first + index);
    this.#cpu.memory.view(first * PAGE_BYTES, count * PAGE_BYTES).fill(0);
    return { gpns, pages: this.pages(gpns)! };
  }

  freePages({ gpns }: AllocatedPages): void {
    const list = this.#free.get(gpns.length) ?? [];
    this.#free.set(gpns.length, list);
    list.push(gpns[0]!);
  }

  pages(gpns: readonly number[]): SharedPages | undefined {
    const places = gpns.map((gpn) => this.#cpu.memory.locate(gpn * PAGE_BYTES)!);
    return { buffer: places[0]!.buffer, offsets: places.map(({ offset }) => offset) };
  }

  gather(): boolean {
    throw new Error('the guest end does not gather');
  }
}

/** What a test program works with. */
export interface TestGuest {
  readonly cpu: GuestCpu;
  readonly bus: VmbusGuest;
  /** By LUN, of all controllers in the order of their offers. */
  readonly disks: readonly StorageDisk[];
}

/** Connects to the bus, opens every storage controller and gives its disks to `main`. */
export function storageProgram(main: (guest: TestGuest) => Promise<void>): GuestProgram {
  return {
    name: 'storage test',
    async start(cpu) {
      const { bus, kernel } = connectBus(cpu);
      await bus.connect();
      const disks: StorageDisk[] = [];
      for (const offer of await bus.requestOffers()) {
        const channel = await bus.open(offer, OPEN);
        const adapter = await openStorvsc(channel, { dma: kernel });
        disks.push(...(await adapter.scan()));
      }
      await main({ cpu, bus, disks });
      cpu.cli();
      await cpu.hlt();
    },
  };
}

function connectBus(cpu: GuestCpu): { bus: VmbusGuest; kernel: TestKernel } {
  const kernel = new TestKernel(cpu);
  const clock = {
    now: () => Math.floor(performance.now() * 10_000),
    schedule: (at: number, callback: () => void) =>
      setTimeout(callback, Math.max(0, at / 10_000 - performance.now())),
    cancel: (handle: never) => clearTimeout(handle),
  };
  const bus = new VmbusGuest({ transport: kernel, memory: kernel, clock });
  cpu.wrmsr(Msr.HV_X64_MSR_SIMP, OverlayPageMsr.encode({ enable: 1, gpn: SIM_GPN }));
  cpu.wrmsr(Msr.HV_X64_MSR_SIEFP, OverlayPageMsr.encode({ enable: 1, gpn: SIEF_GPN }));
  const slot = cpu.memory.view(SIM_GPN * PAGE_BYTES + sintSlot(2), 256);
  const type = new Int32Array(slot.buffer, slot.byteOffset, 1);
  const flags = cpu.memory.view(SIEF_GPN * PAGE_BYTES + sintSlot(2), 256);
  const words = new Int32Array(flags.buffer, flags.byteOffset, 64);
  cpu.setInterruptHandler(VECTOR, () => {
    bus.dispatchEvents(words, 0);
    while (type[0] !== 0) {
      bus.dispatchMessage(type[0]!, slot.slice(16), slot[4]!);
      Atomics.store(type, 0, 0);
      if ((slot[5]! & 1) !== 0) cpu.wrmsr(Msr.HV_X64_MSR_EOM, 0n);
    }
  });
  cpu.wrmsr(sintMsr(2), SintMsr.encode({ vector: VECTOR, autoEoi: 1 }));
  cpu.wrmsr(Msr.HV_X64_MSR_SCONTROL, ScontrolMsr.encode({ enable: 1 }));
  cpu.sti();
  return { bus, kernel };
}

/** Bytes that differ from place to place and from seed to seed. */
export function pattern(seed: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(lengthBytes / 4);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  words.forEach((_, index) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = state;
  });
  return new Uint8Array(words.buffer);
}

/** SHA-256 as hex. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A turn of the host's event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
