/** What a guest shows of its video memory, read where it lies in guest memory. Synthetic Video Protocol, Situation Update. */

import type { Rectangle, Scanout } from '@viridian/drivers';
import { type GuestMemory, PAGE_BYTES } from '@viridian/vmbus/ring';

/** Where and how pixels lie. Checked by whoever makes it. */
export interface VramLayout {
  /** Of the first pixel. */
  readonly gpa: number;
  readonly widthPixels: number;
  readonly heightPixels: number;
  readonly pitchBytes: number;
  /** 32: blue, green, red, unused; 16: five, six and five bits. */
  readonly depthBits: 16 | 32;
}

/** Reads pixels out of guest memory. The guest may draw meanwhile: a picture can be half of this and half of that. */
export class VramScanout implements Scanout {
  readonly widthPixels: number;
  readonly heightPixels: number;
  readonly #memory: GuestMemory;
  readonly #layout: VramLayout;

  constructor(memory: GuestMemory, layout: VramLayout) {
    this.#memory = memory;
    this.#layout = layout;
    this.widthPixels = layout.widthPixels;
    this.heightPixels = layout.heightPixels;
  }

  read({ left, top, right, bottom }: Rectangle, into: Uint8Array): boolean {
    const { gpa, pitchBytes, depthBits } = this.#layout;
    const pixelBytes = depthBits / 8;
    const first = gpa + top * pitchBytes + left * pixelBytes;
    const rowBytes = (right - left) * pixelBytes;
    const views = this.#gather(first, (bottom - top - 1) * pitchBytes + rowBytes);
    if (views === undefined) return false;
    const source = new ViewsReader(views);
    const row = new Uint8Array(rowBytes);
    const targetBytes = (right - left) * 4;
    for (let y = 0; y < bottom - top; y += 1) {
      const target = into.subarray(y * targetBytes, (y + 1) * targetBytes);
      if (depthBits === 32) source.copy(y * pitchBytes, target);
      else {
        source.copy(y * pitchBytes, row);
        expand16(row, target);
      }
    }
    return true;
  }

  #gather(gpa: number, byteCount: number): Uint8Array[] | undefined {
    const firstGpn = Math.floor(gpa / PAGE_BYTES);
    const pages = Math.ceil((gpa + byteCount) / PAGE_BYTES) - firstGpn;
    const gpns = Array.from({ length: pages }, (_, index) => firstGpn + index);
    const views: Uint8Array[] = [];
    return this.#memory.gather(gpns, 0, gpa % PAGE_BYTES, byteCount, views) ? views : undefined;
  }
}

/** Bytes that lie in several views behind one another, read from front to back. */
class ViewsReader {
  readonly #views: readonly Uint8Array[];
  #index = 0;
  /** Where the view of `#index` begins. */
  #start = 0;

  constructor(views: readonly Uint8Array[]) {
    this.#views = views;
  }

  /** Copies bytes from `offset` on, which is not smaller than that of the call before. */
  copy(offset: number, into: Uint8Array): void {
    let done = 0;
    while (done < into.length) {
      const view = this.#views[this.#index]!;
      const within = offset + done - this.#start;
      if (within >= view.length) {
        this.#start += view.length;
        this.#index += 1;
        continue;
      }
      const part = view.subarray(within, within + into.length - done);
      into.set(part, done);
      done += part.length;
    }
  }
}

function expand16(row: Uint8Array, into: Uint8Array): void {
  for (let from = 0, to = 0; from < row.length; from += 2, to += 4) {
    const value = row[from]! | (row[from + 1]! << 8);
    const [red, green, blue] = [value >> 11, (value >> 5) & 0x3f, value & 0x1f];
    into[to] = (blue << 3) | (blue >> 2);
    into[to + 1] = (green << 2) | (green >> 4);
    into[to + 2] = (red << 3) | (red >> 2);
    into[to + 3] = 0;
  }
}
