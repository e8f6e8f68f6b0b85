/** Edge and random states of the x87 unit, from a seed. */

import type { FloatState } from './both-processors.ts';

/** A number of 80 bits: sign and exponent, significand. */
export type Extended = readonly [number, bigint];

/** Reproducible random numbers (xorshift on 32 bits). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** A whole number from 0 to 2^32 − 1. */
  word(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  below(limit: number): number {
    return this.word() % limit;
  }

  qword(): bigint {
    return (BigInt(this.word()) << 32n) | BigInt(this.word());
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

const TOP = 1n << 63n;

/** Zero, denormals, pseudo-denormals, unnormals, the ends of the range, infinities, NaNs of every kind. */
export const EDGES: readonly Extended[] = [
  [0, 0n],
  [0, 1n],
  [0, 0x7fffffffffffffffn],
  [0, 0x0000012345678000n],
  [0, TOP],
  [0, TOP | 0x1234n],
  [1, TOP],
  [1, 0x7fffffffffffffffn],
  [1, TOP | 1n],
  [0x3c01, TOP],
  [0x3bcc, TOP],
  [0x3f80, 0xffffff8000000000n],
  [0x3f81, TOP],
  [0x3ffe, TOP],
  [0x3fff, TOP],
  [0x3fff, 0xc000000000000000n],
  [0x3fff, 0xffffffffffffffffn],
  [0x4000, TOP],
  [0x4000, 0xc90fdaa22168c235n],
  [0x400d, 0xfffe000000000000n],
  [0x401e, 0xffffffff00000000n],
  [0x403e, 0xffffffffffffffffn],
  [0x403e, TOP],
  [0x407e, 0xffffff8000000000n],
  [0x43fe, 0xfffffffffffffc00n],
  [0x43ff, TOP],
  [0x7ffe, 0xffffffffffffffffn],
  [0x7fff, TOP],
  [0x7fff, 0xc000000000000000n],
  [0x7fff, 0xc000000000000001n],
  [0x7fff, 0xffffffffffffffffn],
  [0x7fff, TOP | 1n],
  [0x7fff, 0xa000000000000000n],
  [0x7fff, 0n],
  [0x7fff, 0x4000000000000000n],
  [0x3fff, 0x7000000000000000n],
];

/** Numbers whose exponents are near each other or far apart, with random, sparse or edge significands. */
export function number(random: Random): Extended {
  const sign = random.word() & 0x8000;
  if (random.below(4) === 0) {
    const [exponent, significand] = random.pick(EDGES);
    return [exponent | sign, significand];
  }
  const exponent = [
    0x3fff + random.below(8) - 4,
    0x3fff + random.below(140) - 70,
    random.below(0x7fff),
    random.below(80),
    0x7ffe - random.below(80),
  ][random.below(5)]!;
  const significand =
    random.below(3) === 0 ? random.qword() & (TOP >> BigInt(random.below(64))) : random.qword();
  return [exponent | sign, exponent === 0 ? significand : significand | TOP];
}

/** Mostly numbers whose exponents lie in a range, of either sign. */
export const between =
  (least: number, most: number) =>
  (random: Random): Extended => {
    if (random.below(8) === 0) return number(random);
    return [(least + random.below(most - least + 1)) | (random.word() & 0x8000), random.qword() | TOP];
  };

/** How far two numbers are apart, counted in numbers between them. */
export function distance(a: Extended, b: Extended): bigint {
  const [first, second] = [a, b].map(([signExponent, significand]) => {
    const magnitude = (BigInt(signExponent & 0x7fff) << 63n) + (significand & (TOP - 1n));
    return signExponent & 0x8000 ? -magnitude : magnitude;
  });
  const difference = first! - second!;
  return difference < 0n ? -difference : difference;
}

/** How a case's states are made. */
export interface CaseOptions {
  readonly value?: (random: Random) => Extended;
  readonly operand?: (random: Random) => Uint8Array;
  /** Leave some registers empty. */
  readonly empties?: boolean;
  /** Mask every exception. */
  readonly masked?: boolean;
}

const PRECISIONS = [0, 0x200, 0x300, 0x300] as const;

/** A state in which no exception is pending. */
export function state(random: Random, options: CaseOptions): FloatState {
  const { value = number, operand = bytes, empties = true, masked = false } = options;
  const masks = masked || random.below(3) > 0 ? 0x3f : random.word() & 0x3f;
  const flags = random.word() & masks & (random.below(2) ? 0x3f : 0);
  const pattern = empties ? random.below(8) : 1;
  const tags = pattern === 0 ? random.word() & 0xff : pattern < 4 ? -1 : 7;
  const top = random.below(8);
  const occupied = tags === -1 ? 0x7f : pattern === 0 ? tags : 7;
  return {
    control: 0x40 | masks | random.pick(PRECISIONS) | (random.below(4) << 10),
    status: flags | (top << 11) | (random.word() & 0x4700),
    tags: ((occupied << top) | (occupied >> (8 - top))) & 0xff,
    registers: Array.from({ length: 8 }, () => value(random)),
    operand: operand(random),
    rax: random.qword(),
    flags: random.word() & 0x8d5,
  };
}

/** 128 random bytes. */
export function bytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: 128 }, () => random.word() & 0xff);
}

/** 128 bytes that start with a 32- or 64-bit number, special ones included. */
export const realOperand =
  (bits: 32 | 64) =>
  (random: Random): Uint8Array => {
    const made = bytes(random);
    const view = new DataView(made.buffer);
    const most = bits === 64 ? 0x7ff : 0xff;
    const exponent = [0, most, random.below(most + 1), (most >> 1) + random.below(40) - 20][random.below(4)]!;
    const fraction = [0n, 1n, random.qword(), 1n << BigInt(random.below(52)), -1n][random.below(5)]!;
    const places = bits === 64 ? 52n : 23n;
    const sign = BigInt(random.word() & 1) << BigInt(bits - 1);
    view.setBigUint64(
      0,
      sign |
        (BigInt(exponent) << places) |
        BigInt.asUintN(Number(places), fraction) |
        (bits === 32 ? 0x5aa5n << 48n : 0n),
      true,
    );
    return made;
  };

/** 128 bytes that start with an 80-bit number. */
export function extendedOperand(random: Random): Uint8Array {
  const made = bytes(random);
  const [signExponent, significand] = number(random);
  const view = new DataView(made.buffer);
  view.setBigUint64(0, significand, true);
  view.setUint16(8, signExponent, true);
  return made;
}

/** 128 bytes that start with 18 decimal digits and a sign. */
export function decimalOperand(random: Random): Uint8Array {
  const made = bytes(random);
  for (let i = 0; i < 9; i += 1) made[i] = random.below(10) * 16 + random.below(10);
  if (random.below(8) === 0) made.fill(0, 0, 9);
  return made;
}
