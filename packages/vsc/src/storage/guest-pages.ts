/** Where the data of a command are in guest memory. VMBus, GPA direct packets. */

import type { AllocatedPages } from '@viridian/vmbus/guest';

/** A run of bytes in guest pages: it begins `byteOffset` bytes into page `gpns[0]`, and has no gaps. */
export interface GuestPages {
  readonly gpns: Float64Array | readonly number[];
  /** 0 to 4095. */
  readonly byteOffset: number;
  readonly byteCount: number;
}

/** No data. */
export const NO_PAGES: GuestPages = { gpns: [], byteOffset: 0, byteCount: 0 };

/** Pages for data that the caller has not put into guest pages itself; `GuestTransport` of the bus is one. */
export interface DmaAllocator {
  /** Zeroed pages; throws when there are none. */
  allocatePages(count: number): AllocatedPages;
  freePages(pages: AllocatedPages): void;
}
