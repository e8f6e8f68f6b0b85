/** Bit fields: a word whose parts have names. */

import { u8, u16, u32 } from './integers.ts';
import { u64 } from './integers64.ts';
import type { Cursor, Kind } from './kind.ts';
import { WireError } from './kind.ts';
import { Live } from './live.ts';

/** Name → [lowest bit, width]. A part of up to 53 bits; one bit reads as 0 or 1. */
export type BitLayout = Readonly<Record<string, readonly [shift: number, width: number]>>;

/** The parts of a word as numbers. */
export type BitValues<L extends BitLayout> = { -readonly [K in keyof L]: number };

/** The word in place: parts by name, each read and written alone. */
export type LiveBits<L extends BitLayout> = Cursor & BitValues<L>;

/** A bit field kind, also usable on a bare word such as an MSR value. */
export interface Bits<L extends BitLayout, Word extends number | bigint>
  extends Kind<BitValues<L>, LiveBits<L>, Partial<BitValues<L>>> {
  readonly layout: L;
  /** All declared bits; `word & ~mask` are reserved ones. */
  readonly mask: Word;
  /** The parts of `word`. */
  decode(word: Word): BitValues<L>;
  /** The word with these parts, all other bits zero. Throws WireError `value` when a part does not fit. */
  encode(parts: Partial<BitValues<L>>): Word;
}

const TWO_32 = 2 ** 32;

/** `width` bits from bit `shift` of the 64-bit word (low, high). */
function extract(low: number, high: number, shift: number, width: number): number {
  const mask = 2 ** width;
  if (shift >= 32) return Math.floor((high >>> 0) / 2 ** (shift - 32)) % mask;
  const below = (low >>> 0) >>> shift;
  return shift + width <= 32 ? below % mask : (below + (high >>> 0) * 2 ** (32 - shift)) % mask;
}

/** The part of `value << shift` that falls in the low (`half` 0) or high (1) u32. */
function place(value: number, shift: number, half: 0 | 1): number {
  const big = BigInt(value) << BigInt(shift);
  return Number(BigInt.asUintN(32, half === 0 ? big : big >> 32n));
}

function check(name: string, value: number, width: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** width) {
    throw new WireError('value', `${name}: ${value} does not fit ${width} bits`);
  }
}

/** Reads and writes a word of 1, 2, 4 or 8 bytes as two halves. */
interface Word {
  low(view: DataView, at: number): number;
  high(view: DataView, at: number): number;
  store(view: DataView, at: number, low: number, high: number): void;
}

const noHigh = (): number => 0;
const WORDS: Readonly<Record<number, Word>> = {
  1: { low: u8.read, high: noHigh, store: (view, at, low) => view.setUint8(at, low) },
  2: { low: u16.read, high: noHigh, store: (view, at, low) => view.setUint16(at, low, true) },
  4: { low: u32.read, high: noHigh, store: (view, at, low) => view.setUint32(at, low, true) },
  8: {
    low: u32.read,
    high: (view, at) => view.getUint32(at + 4, true),
    store(view, at, low, high) {
      view.setUint32(at, low, true);
      view.setUint32(at + 4, high, true);
    },
  },
};

/** One part as a property of the accessor class. */
function partAccessor(
  word: Word,
  name: string,
  shift: number,
  width: number,
): PropertyDescriptor & ThisType<Live> {
  const lowMask = place(2 ** width - 1, shift, 0);
  const highMask = place(2 ** width - 1, shift, 1);
  return {
    enumerable: true,
    get() {
      return extract(word.low(this.view, this.at), word.high(this.view, this.at), shift, width);
    },
    set(value: number) {
      check(name, value, width);
      const low = (word.low(this.view, this.at) & ~lowMask) | place(value, shift, 0);
      const high = (word.high(this.view, this.at) & ~highMask) | place(value, shift, 1);
      word.store(this.view, this.at, low >>> 0, high >>> 0);
    },
  };
}

function checkLayout(parts: [string, readonly [number, number]][], wordBits: number): bigint {
  let mask = 0n;
  for (const [name, [shift, width]] of parts) {
    if (name === 'view' || name === 'at') throw new Error(`bits: a part cannot be named ${name}`);
    if (width < 1 || width > 53 || shift < 0 || shift + width > wordBits) {
      throw new Error(`bits: ${name} [${shift}, ${width}] does not lie in ${wordBits} bits`);
    }
    const own = ((1n << BigInt(width)) - 1n) << BigInt(shift);
    if ((mask & own) !== 0n) throw new Error(`bits: ${name} overlaps another part`);
    mask |= own;
  }
  return mask;
}

/**
 * A word (u8, u16, u32 or u64) of named parts. A copy has only the declared parts; writing a copy sets all
 * other bits to zero, writing one part in place leaves them alone. Throws Error for an impossible layout.
 */
export function bits<const L extends BitLayout, W extends number | bigint>(
  base: Kind<W>,
  layout: L,
): Bits<L, W> {
  const { size } = base;
  const word = WORDS[size];
  if (word === undefined || ![u8, u16, u32, u64].includes(base as never)) {
    throw new Error('bits: the word is one of u8, u16, u32, u64');
  }
  const parts = Object.entries(layout);
  const mask = checkLayout(parts, size * 8);
  const toWord = (value: bigint): W => (size === 8 ? value : Number(value)) as W;

  class BitsCursor extends Live {}
  for (const [name, [shift, width]] of parts) {
    Object.defineProperty(BitsCursor.prototype, name, partAccessor(word, name, shift, width));
  }

  const decodeHalves = (low: number, high: number): BitValues<L> => {
    const values: Record<string, number> = {};
    for (const [name, [shift, width]] of parts) values[name] = extract(low, high, shift, width);
    return values as BitValues<L>;
  };
  const encode = (values: Partial<BitValues<L>>): bigint => {
    let sum = 0n;
    for (const [name, [shift, width]] of parts) {
      const value = values[name as keyof L];
      if (value === undefined) continue;
      check(name, value, width);
      sum |= BigInt(value) << BigInt(shift);
    }
    return sum;
  };

  const kind: Bits<L, W> = {
    size,
    layout,
    mask: toWord(mask),
    decode: (raw) =>
      typeof raw === 'bigint'
        ? decodeHalves(Number(BigInt.asUintN(32, raw)), Number(BigInt.asUintN(32, raw >> 32n)))
        : decodeHalves(raw, 0),
    encode: (values) => toWord(encode(values)),
    read: (view, at) => decodeHalves(word.low(view, at), word.high(view, at)),
    write(view, at, values) {
      const sum = encode(values);
      word.store(view, at, Number(sum % BigInt(TWO_32)), Number(sum >> 32n));
    },
    live(view, at, previous) {
      if (!(previous instanceof BitsCursor)) return new BitsCursor(view, at) as LiveBits<L>;
      previous.view = view;
      previous.at = at;
      return previous as LiveBits<L>;
    },
    accessor: (offset, slot) => Live.part(kind, offset, slot),
  };
  return kind;
}
