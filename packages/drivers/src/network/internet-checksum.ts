/** The Internet checksum. RFC 1071; pseudo headers of RFC 9293 and RFC 8200. */

/** Adds the 16-bit words from `at` to `end` to `sum`; an odd last byte counts as the upper one. */
export function addWords(bytes: Uint8Array, at: number, end: number, sum: number): number {
  let total = sum;
  const even = end - ((end - at) & 1);
  for (let i = at; i < even; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even !== end) total += bytes[even]! << 8;
  return total;
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
