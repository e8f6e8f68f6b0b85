/** Repeatable operands: the values at which floating point changes its behaviour, and random ones. */

import type { Case } from './case.ts';
import type { Form, OperandKind } from './forms.ts';

/** A generator of 32-bit numbers (xorshift). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

/** Zero, denormals, the smallest normals, ones, halves, limits of integers, the largest, infinity, NaNs. */
const EDGES_32 = [
  0x00000000, 0x00000001, 0x00000003, 0x00400000, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000,
  0x20000000, 0x3e800000, 0x3effffff, 0x3f000000, 0x3f000001, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fc00000,
  0x40000000, 0x40200000, 0x40490fdb, 0x4affffff, 0x4b000000, 0x4b000001, 0x4effffff, 0x4f000000, 0x4f000001,
  0x5effffff, 0x5f000000, 0x7e800000, 0x7effffff, 0x7f000000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fa12345,
  0x7fc00000, 0x7fedcba9,
];
const EDGES_64 = [
  0x0000000000000000n,
  0x0000000000000001n,
  0x0000000000000003n,
  0x0008000000000000n,
  0x000fffffffffffffn,
  0x0010000000000000n,
  0x0010000000000001n,
  0x001fffffffffffffn,
  0x0020000000000000n,
  0x2000000000000000n,
  0x3690000000000000n,
  0x36a0000000000000n,
  0x380fffffffffffffn,
  0x380fffffe0000000n,
  0x380ffffff0000000n,
  0x3810000000000000n,
  0x3fd0000000000000n,
  0x3fdfffffffffffffn,
  0x3fe0000000000000n,
  0x3fe0000000000001n,
  0x3fefffffffffffffn,
  0x3ff0000000000000n,
  0x3ff0000000000001n,
  0x3ff8000000000000n,
  0x4000000000000000n,
  0x4004000000000000n,
  0x400921fb54442d18n,
  0x41dfffffffc00000n,
  0x41dfffffffdfffffn,
  0x41dfffffffe00000n,
  0x41e0000000000000n,
  0x41e0000000100000n,
  0x41e00000001fffffn,
  0x41e0000000200000n,
  0x432fffffffffffffn,
  0x4330000000000000n,
  0x4330000000000001n,
  0x43dfffffffffffffn,
  0x43e0000000000000n,
  0x43e0000000000001n,
  0x47efffffe0000000n,
  0x47efffffefffffffn,
  0x47effffff0000000n,
  0x47f0000000000000n,
  0x7fdfffffffffffffn,
  0x7fe0000000000000n,
  0x7fefffffffffffffn,
  0x7ff0000000000000n,
  0x7ff0000000000001n,
  0x7ff4123456789abcn,
  0x7ff8000000000000n,
  0x7ffcba9876543210n,
];
const EDGES_INT = [
  0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fff7fff, 0x80008000, 0x7fffffff,
  0x80000000, 0xffffffff,
];
/** Default, each rounding, DAZ, FTZ, sticky flags, exceptions that are not masked. */
const CONTROLS = [
  0x1f80, 0x1fa0, 0x1fbf, 0x3f80, 0x5f80, 0x7f80, 0x1fc0, 0x9f80, 0x9fc0, 0xbf80, 0xdfe0, 0xffa0, 0x1fa0,
  0x1fa0, 0x0f80, 0x1780, 0x1b80, 0x1d80, 0x1e80, 0x1f00, 0x0000, 0x1400, 0x9780, 0x87c0, 0x6f80, 0x1fa0,
];

function fill32(random: Random, view: DataView, at: number): void {
  const choice = random.below(8);
  let value = random.next();
  if (choice < 5) value = (random.pick(EDGES_32) | (random.next() & 0x80000000)) >>> 0;
  // Numbers near one, whose sums and products are ordinary.
  else if (choice < 7) value = ((random.next() & 0x80ffffff) + 0x3f000000) >>> 0;
  view.setUint32(at, value, true);
}

function fill64(random: Random, view: DataView, at: number): void {
  const choice = random.below(8);
  const bits = (BigInt(random.next()) << 32n) | BigInt(random.next());
  let value = bits;
  if (choice < 5) value = random.pick(EDGES_64) | (bits & 0x8000000000000000n);
  else if (choice === 5) value = (bits & 0x801fffffffffffffn) + 0x3fe0000000000000n;
  // Short fractions: exact sums and ties.
  else if (choice === 6) value = (bits & 0x803ffff000000000n) + 0x3fd0000000000000n;
  view.setBigUint64(at, value, true);
}

/** Fills 16 or 8 bytes. */
function fill(random: Random, bytes: Uint8Array, kind: OperandKind): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (kind === 'f64') for (let at = 0; at < bytes.length; at += 8) fill64(random, view, at);
  else if (kind === 'f32') for (let at = 0; at < bytes.length; at += 4) fill32(random, view, at);
  else if (kind === 'text')
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = random.pick([0, 1, 2, 3, 4, 0x80, 3, 2, 0xff]);
  else {
    const edges = random.below(2) === 0;
    for (let at = 0; at < bytes.length; at += 4) {
      view.setUint32(at, edges ? random.pick(EDGES_INT) : random.next(), true);
    }
    if (random.below(3) === 0 && bytes.length === 16) view.setUint32(4, 0, true); // a count in the low half
  }
}

/** Makes a case of a form. */
export function fillCase(one: Case, form: Form, random: Random): void {
  one.code = form.hasImmediate
    ? [...form.code, random.below(4) ? random.below(256) : random.below(20)]
    : [...form.code];
  for (let index = 0; index < 4; index += 1) {
    fill(random, one.xmm(index), form.kind);
    fill(random, one.mm(index), form.kind);
  }
  for (let at = 0; at < 64; at += 16) fill(random, one.memory.subarray(at, at + 16), form.kind);
  // Equal operands, now and then.
  if (random.below(6) === 0) one.xmm(1).set(one.xmm(2));
  for (let index = 0; index < 4; index += 1) {
    const text = form.kind === 'text' && random.below(3) > 0;
    const value = text
      ? BigInt.asUintN(64, BigInt(random.below(40) - 20))
      : (BigInt(random.next()) << 32n) | BigInt(random.next());
    one.setGeneral(index, random.below(4) === 0 ? BigInt(random.pick(EDGES_INT)) : value);
  }
  one.flags = 0x202 | (random.next() & 0x8d5);
  one.mxcsr = random.pick(CONTROLS);
  if (form.kind === 'mxcsr') {
    const value = random.below(4) === 0 ? random.next() : random.next() & 0xffff;
    new DataView(one.memory.buffer, one.memory.byteOffset).setUint32(random.below(2) * 3, value, true);
  }
}
