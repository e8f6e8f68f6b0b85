/** The two rings that a GPADL stands for. VMBus, GPADL and Ring Buffers. */

import { type GuestMemory, PAGE_BYTES, type SharedPages } from '../ring/guest-memory.ts';
import type { Gpadl } from './gpadl-table.ts';
import type { GpadlRange } from './offered-device.ts';

/** Pages of both directions. */
export interface RingPages {
  readonly guestToHost: SharedPages;
  readonly hostToGuest: SharedPages;
}

/** Cuts the GPADL's first range at page `downstreamPageOffset`; a text says why that cannot be. */
export function ringPages(
  gpadl: Gpadl | undefined,
  downstreamPageOffset: number,
  memory: GuestMemory,
): RingPages | string {
  if (gpadl === undefined) return 'open names an unknown GPADL';
  if (gpadl.tearingDown) return 'open names a GPADL that is being torn down';
  const whole = wholePages(gpadl.ranges[0], memory);
  if (whole === undefined) return 'ring GPADL is not whole pages of memory';
  const { buffer, offsets } = whole;
  // A ring has a control page and at least one data page.
  if (downstreamPageOffset < 2 || offsets.length - downstreamPageOffset < 2) {
    return 'open cuts the ring at an impossible page';
  }
  return {
    guestToHost: { buffer, offsets: offsets.slice(0, downstreamPageOffset) },
    hostToGuest: { buffer, offsets: offsets.slice(downstreamPageOffset) },
  };
}

/** The pages of a range that begins and ends at page borders and lies in memory. */
export function wholePages(range: GpadlRange | undefined, memory: GuestMemory): SharedPages | undefined {
  if (range === undefined || range.byteOffset !== 0 || range.byteCount % PAGE_BYTES !== 0) return undefined;
  return memory.pages([...range.gpns]);
}
