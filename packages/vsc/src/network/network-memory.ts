/** Guest memory for an adapter. VMBus, GPADL. */

import type { AllocatedPages, ChannelOffer, GuestBus } from '@viridian/vmbus/guest';
import { PAGE_BYTES } from '@viridian/vmbus/ring';

/** Zeroed pages, and lending them to the host for good. */
export interface NetworkMemory {
  /** Throws when there are none. */
  allocatePages(count: number): AllocatedPages;
  freePages(pages: AllocatedPages): void;
  /** Lends the pages; gives the GPADL's id. */
  lend(pages: AllocatedPages): Promise<number>;
  /** Settles when the host has let go of them. */
  takeBack(gpadlId: number): Promise<void>;
}

/** Where pages come from; `GuestTransport` of the bus is one. */
export interface PageSource {
  allocatePages(count: number): AllocatedPages;
  freePages(pages: AllocatedPages): void;
}

/** The memory of an adapter that `offer` stands for. */
export function networkMemory(bus: GuestBus, offer: ChannelOffer, source: PageSource): NetworkMemory {
  return {
    allocatePages: (count) => source.allocatePages(count),
    freePages: (pages) => source.freePages(pages),
    lend: ({ gpns }) =>
      bus.establishGpadl(offer, [{ byteOffset: 0, byteCount: gpns.length * PAGE_BYTES, gpns }]),
    takeBack: (gpadlId) => bus.teardownGpadl(offer, gpadlId),
  };
}
