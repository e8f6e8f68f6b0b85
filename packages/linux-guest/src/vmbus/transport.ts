/** What the guest end of the bus needs from this kernel: hypercalls of the boot processor, and zeroed pages. */

import type { AllocatedPages, GuestTransport } from '@viridian/vmbus/guest';
import type { GuestMemory } from '@viridian/vmbus/ring';
import type { Hypercalls } from '../hypervisor/hypercalls.ts';
import { PAGE_BYTES, type PageAllocator } from '../mm/page-allocator.ts';

/** Hypercalls and memory for the bus. */
export class KernelTransport implements GuestTransport {
  readonly vpCount: number;
  readonly #hypercalls: Hypercalls;
  readonly #pages: PageAllocator;
  readonly #memory: GuestMemory;

  constructor(hypercalls: Hypercalls, pages: PageAllocator, memory: GuestMemory, vpCount: number) {
    this.#hypercalls = hypercalls;
    this.#pages = pages;
    this.#memory = memory;
    this.vpCount = vpCount;
  }

  postMessage(connectionId: number, messageType: number, payload: Uint8Array, lengthBytes: number): number {
    return this.#hypercalls.postMessage(connectionId, messageType, payload, lengthBytes);
  }

  signalEvent(connectionId: number, flagNumber: number): void {
    this.#hypercalls.signalEvent(connectionId, flagNumber);
  }

  allocatePages(count: number): AllocatedPages {
    const first = this.#pages.allocate(count);
    const gpns = Array.from({ length: count }, (_, index) => first + index);
    const pages = this.#memory.pages(gpns);
    if (pages === undefined) throw new Error(`page 0x${first.toString(16)} of the page allocator is not RAM`);
    for (const offset of pages.offsets) new Uint8Array(pages.buffer, offset, PAGE_BYTES).fill(0);
    return { gpns, pages };
  }

  freePages(pages: AllocatedPages): void {
    this.#pages.free(pages.gpns[0]!);
  }
}
