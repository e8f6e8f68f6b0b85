/** A page of guest memory that the bus itself reads and writes: interrupt page, monitor pages. */

import { type GuestMemory, PAGE_BYTES } from '../ring/guest-memory.ts';

/** Words of one shared page: `words[first]` is its first. */
export interface GuestPage {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly first: number;
}

/** The page at `gpa`; `undefined` unless `gpa` is a page address in RAM. */
export function guestPage(memory: GuestMemory, gpa: number): GuestPage | undefined {
  if (!Number.isSafeInteger(gpa) || gpa % PAGE_BYTES !== 0) return undefined;
  const pages = memory.pages([gpa / PAGE_BYTES]);
  const offset = pages?.offsets[0];
  if (pages === undefined || offset === undefined) return undefined;
  return {
    words: new Int32Array(pages.buffer, 0, Math.floor(pages.buffer.byteLength / 4)),
    first: offset / 4,
  };
}
