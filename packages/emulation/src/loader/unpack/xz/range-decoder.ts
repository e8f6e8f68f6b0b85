/** The range decoder under LZMA: bits with adaptive probabilities (LZMA Specification, The range coder). */

const TOP = 2 ** 24;
const PROBABILITY_BITS = 11;
const SHIFT = 5;

/** A probability that knows nothing yet. */
export const EVEN = 1 << (PROBABILITY_BITS - 1);

/**
 * Reads from `input` at `at` without asking for its end: what is missing reads as zeros, and whoever fed the decoder
 * compares {@link at} with the end that it should have reached.
 */
export class RangeDecoder {
  readonly input: Uint8Array;
  at = 0;
  // Both are 32 bits, kept signed so that they stay small integers.
  #range = 0;
  #code = 0;

  constructor(input: Uint8Array) {
    this.input = input;
  }

  /** Starts at a place of the input; false when the first byte is not the zero it has to be. */
  start(at: number): boolean {
    const { input } = this;
    this.#range = -1;
    this.#code = (input[at + 1]! << 24) | (input[at + 2]! << 16) | (input[at + 3]! << 8) | input[at + 4]!;
    this.at = at + 5;
    return input[at] === 0;
  }

  /** Whether a stream that ends here was whole. */
  finish(): boolean {
    this.#normalize();
    return this.#code === 0;
  }

  /** A bit by the probability at `index`, which learns from it. */
  bit(probabilities: Uint16Array, index: number): number {
    this.#normalize();
    const probability = probabilities[index]!;
    const bound = Math.imul(this.#range >>> PROBABILITY_BITS, probability);
    if (this.#code >>> 0 < bound >>> 0) {
      this.#range = bound;
      probabilities[index] = probability + (((1 << PROBABILITY_BITS) - probability) >>> SHIFT);
      return 0;
    }
    this.#range = (this.#range - bound) | 0;
    this.#code = (this.#code - bound) | 0;
    probabilities[index] = probability - (probability >>> SHIFT);
    return 1;
  }

  /** Bits by a tree of probabilities from `base`, the highest bit first. */
  tree(probabilities: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i += 1) symbol = (symbol << 1) | this.bit(probabilities, base + symbol);
    return symbol - (1 << bits);
  }

  /** The same with the lowest bit first. */
  reverseTree(probabilities: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let i = 0; i < bits; i += 1) {
      const bit = this.bit(probabilities, base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  /** Bits without probabilities, the highest first. */
  direct(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i += 1) {
      this.#normalize();
      this.#range >>>= 1;
      const isSet = this.#code >>> 0 >= this.#range >>> 0;
      if (isSet) this.#code = (this.#code - this.#range) | 0;
      value = (value << 1) | (isSet ? 1 : 0);
    }
    return value >>> 0;
  }

  #normalize(): void {
    if (this.#range >>> 0 >= TOP) return;
    this.#range <<= 8;
    this.#code = (this.#code << 8) | this.input[this.at++]!;
  }
}
