/** Walking over scattered buffers: lengths, parts, copies. A part is a view, never a copy. */

import type { Buffers } from './block-device.ts';

/** Bytes in all buffers together. */
export function buffersLength(buffers: Buffers): number {
  let length = 0;
  for (let i = 0; i < buffers.length; i++) length += buffers[i]!.length;
  return length;
}

/** The views that make up `length` bytes from `start`; the same array when that is all of it. */
export function sliceBuffers(buffers: Buffers, start: number, length: number): Buffers {
  const first = buffers[0];
  if (buffers.length === 1 && first !== undefined) {
    return start === 0 && length === first.length ? buffers : [first.subarray(start, start + length)];
  }
  const parts: Uint8Array[] = [];
  let skip = start;
  let left = length;
  for (const buffer of buffers) {
    if (left === 0) break;
    if (skip >= buffer.length) {
      skip -= buffer.length;
      continue;
    }
    const part = buffer.subarray(skip, Math.min(buffer.length, skip + left));
    parts.push(part);
    left -= part.length;
    skip = 0;
  }
  return parts;
}

/** Sets every byte. */
export function fillBuffers(buffers: Buffers, value: number): void {
  for (const buffer of buffers) buffer.fill(value);
}

/** Copies `source` from `at` on into the buffers until they are full. */
export function copyIntoBuffers(source: Uint8Array, at: number, into: Buffers): void {
  let from = at;
  for (const buffer of into) {
    buffer.set(source.subarray(from, from + buffer.length));
    from += buffer.length;
  }
}

/** Copies all buffers into `target` from `at` on. */
export function copyFromBuffers(from: Buffers, target: Uint8Array, at: number): void {
  let to = at;
  for (const buffer of from) {
    target.set(buffer, to);
    to += buffer.length;
  }
}
