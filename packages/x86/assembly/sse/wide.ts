/** Products of 128 bits. */

/** High 64 bits of a × b. */
export function multiplyHigh(a: u64, b: u64): u64 {
  const low = a & 0xffffffff;
  const high = a >> 32;
  const otherLow = b & 0xffffffff;
  const otherHigh = b >> 32;
  const middle = high * otherLow + ((low * otherLow) >> 32);
  const cross = low * otherHigh + (middle & 0xffffffff);
  return high * otherHigh + (middle >> 32) + (cross >> 32);
}
