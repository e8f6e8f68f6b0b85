/** The kernel's own memory as the bus and its drivers want it: whole pages by number, views over runs of pages. */

import type { GuestMemory, SharedPages } from '@viridian/vmbus/ring';
import type { CpuMemory } from '../cpu.ts';
import { PAGE_BYTES } from './page-allocator.ts';

/** Guest-physical memory over a processor's view of it. */
export class KernelMemory implements GuestMemory {
  readonly #memory: CpuMemory;

  constructor(memory: CpuMemory) {
    this.#memory = memory;
  }

  pages(gpns: readonly number[]): SharedPages | undefined {
    const offsets: number[] = [];
    let buffer: SharedArrayBuffer | undefined;
    for (const gpn of gpns) {
      const place = this.#memory.locate(gpn * PAGE_BYTES);
      if (place === undefined || (buffer !== undefined && place.buffer !== buffer)) return undefined;
      buffer = place.buffer;
      offsets.push(place.offset);
    }
    return buffer === undefined ? undefined : { buffer, offsets };
  }

  gather(
    gpns: Float64Array | readonly number[],
    first: number,
    byteOffset: number,
    byteCount: number,
    into: Uint8Array[],
  ): boolean {
    const before = into.length;
    let index = first + Math.floor(byteOffset / PAGE_BYTES);
    let offset = byteOffset % PAGE_BYTES;
    let left = byteCount;
    while (left > 0) {
      const place = this.#memory.locate(gpns[index]! * PAGE_BYTES);
      if (place === undefined) {
        into.length = before;
        return false;
      }
      const start = place.offset + offset;
      let length = Math.min(left, PAGE_BYTES - offset);
      left -= length;
      for (index += 1; left > 0; index += 1) {
        const next = this.#memory.locate(gpns[index]! * PAGE_BYTES);
        if (next?.buffer !== place.buffer || next.offset !== start + length) break;
        const more = Math.min(left, PAGE_BYTES);
        length += more;
        left -= more;
      }
      into.push(new Uint8Array(place.buffer, start, length));
      offset = 0;
    }
    return true;
  }
}
