/** The Internet checksum. RFC 1071; pseudo headers of RFC 9293 and RFC 8200. */

const WIDE_BYTES = 64;

/** Adds the 16-bit words from `at` to `end`, up to 128 KiB, to `sum`; an odd last byte counts as the upper one. */
export function addWords(bytes: Uint8Array, at: number, end: number, sum: number): number {
  return end - at < WIDE_BYTES ? addShort(bytes, at, end, sum) : addLong(bytes, at, end, sum);
}

function addShort(bytes: Uint8Array, at: number, end: number, sum: number): number {
  let total = sum;
  const even = end - ((end - at) & 1);
  for (let i = at; i < even; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even !== end) total += bytes[even]! << 8;
  return total;
}

/** Four bytes at a time, in two sums that stay small integers. */
function addLong(bytes: Uint8Array, at: number, end: number, sum: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [upper, lower] = [0, 0];
  const whole = at + ((end - at) & ~7);
  for (let i = at; i < whole; i += 8) {
    const first = view.getInt32(i);
    const second = view.getInt32(i + 4);
    upper += (first >>> 16) + (second >>> 16);
    lower += (first & 0xffff) + (second & 0xffff);
  }
  return addShort(bytes, whole, end, sum + upper + lower);
}

/** The checksum of a sum: carries folded in, complemented. */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** Stores a big-endian word. */
export function storeWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Reads a big-endian word. */
export function loadWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Stores a big-endian u32. */
export function storeLong(bytes: Uint8Array, at: number, value: number): void {
  storeWord(bytes, at, value >>> 16);
  storeWord(bytes, at + 2, value & 0xffff);
}

/** Reads a big-endian u32. */
export function loadLong(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
