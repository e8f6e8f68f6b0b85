/** Repeatable random numbers, and values at which instructions change their behaviour. */

const EDGES_64 = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xfffffffffffffffen,
  0xffffffffffffffffn,
];

/** A generator of 32-bit numbers from a seed (a multiply-xor-shift mix of a counter). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
    // Neighbouring seeds begin alike otherwise.
    this.next();
    this.next();
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** 0 to `end` - 1. */
  below(end: number): number {
    return this.next() % end;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** 64 random bits. */
  wide(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }

  /** A value for an integer register: an edge, something near it, few bits, or anything. */
  integer(): bigint {
    switch (this.below(5)) {
      case 0:
        return this.pick(EDGES_64);
      case 1:
        return BigInt.asUintN(64, this.pick(EDGES_64) + BigInt(this.below(9) - 4));
      case 2:
        return BigInt(this.below(256));
      default:
        return this.wide();
    }
  }
}
