/** Rings in a shared buffer, for tests. */

import { PAGE_BYTES, RingMemory, type SharedPages } from '../src/ring/index.ts';

/** `count` pages of a fresh buffer, neighbours or as far apart as possible. */
export function freshPages(
  count: number,
  order: 'contiguous' | 'scattered' | 'backwards' = 'contiguous',
): SharedPages {
  const buffer = new SharedArrayBuffer((count * 2 + 2) * PAGE_BYTES);
  const offsets = Array.from({ length: count }, (_, i) => {
    if (order === 'scattered') return ((i * 2) % (count * 2)) * PAGE_BYTES + PAGE_BYTES;
    if (order === 'backwards') return (count - i) * PAGE_BYTES;
    return i * PAGE_BYTES;
  });
  return { buffer, offsets };
}

/** A ring with so many data pages. */
export function freshRing(
  dataPages: number,
  order: 'contiguous' | 'scattered' | 'backwards' = 'contiguous',
): RingMemory {
  return new RingMemory(freshPages(dataPages + 1, order));
}

/** Bytes of the data area from `position` on, as hex. */
export function ringHex(ring: RingMemory, position: number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i += 1) {
    const at = (position + i) % ring.dataBytes;
    text += ring.bytes[ring.wordAt(at & ~3) * 4 + (at & 3)]!.toString(16).padStart(2, '0');
  }
  return text;
}

/** Writes bytes given as hex (blanks allowed) into the data area. */
export function putHex(ring: RingMemory, position: number, hex: string): number {
  const digits = hex.replace(/\s/g, '');
  for (let i = 0; i < digits.length / 2; i += 1) {
    const at = (position + i) % ring.dataBytes;
    ring.bytes[ring.wordAt(at & ~3) * 4 + (at & 3)] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  }
  return digits.length / 2;
}
