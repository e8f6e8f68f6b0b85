/** Bits that one side sets and the other takes: SynIC event flags, halves of the interrupt page. */

/**
 * Takes and clears every set bit of the `count` words from `first` on and calls `found` with each one's number. A bit
 * that is set during the scan is either taken or left for the next one, never lost.
 */
export function takeFlags(
  words: Int32Array,
  first: number,
  count: number,
  found: (flag: number) => void,
): void {
  for (let word = 0; word < count; word += 1) {
    if (Atomics.load(words, first + word) === 0) continue;
    let bits = Atomics.exchange(words, first + word, 0);
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      found(word * 32 + bit);
    }
  }
}

/** Sets bit `flag`. True if it was clear. */
export function setFlag(words: Int32Array, first: number, flag: number): boolean {
  const mask = 1 << (flag & 31);
  return (Atomics.or(words, first + (flag >>> 5), mask) & mask) === 0;
}
