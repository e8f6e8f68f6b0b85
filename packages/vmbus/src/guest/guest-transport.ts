/** What the guest end needs from its kernel: hypercalls and pages. TLFS, Inter-Partition Communication. */

import type { SharedPages } from '../ring/guest-memory.ts';

/** Pages of the guest's own memory, zeroed. */
export interface AllocatedPages {
  readonly gpns: readonly number[];
  readonly pages: SharedPages;
}

/** The kernel below the bus driver; `@viridian/linux-guest` implements it. */
export interface GuestTransport {
  /** Virtual processors that can be interrupted, numbered from 0. */
  readonly vpCount: number;
  /** HvPostMessage; returns the hypercall status (0 success, 0x12 no such connection, 0x13 no buffers). */
  postMessage(connectionId: number, messageType: number, payload: Uint8Array, lengthBytes: number): number;
  /** HvSignalEvent; the status is of no use to anyone. */
  signalEvent(connectionId: number, flagNumber: number): void;
  /** Zeroed pages; throws when there are none. */
  allocatePages(count: number): AllocatedPages;
  freePages(pages: AllocatedPages): void;
}
