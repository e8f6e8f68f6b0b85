/**
 * 64-bit kinds. Identifiers that are only echoed are bigints; addresses and lengths are numbers, either
 * strict (`u64safe`) or capped (`u64capped`); hot paths declare two u32 halves.
 */

import { u32 } from './integers.ts';
import type { Kind } from './kind.ts';
import { WireError } from './kind.ts';

const TWO_32 = 2 ** 32;
/** High halves from here on do not fit a safe integer. */
const UNSAFE_HIGH = 2 ** 21;

/** What a capped kind reads for every value at or above it: page aligned, beyond any address space or disk. */
export const U64_CAP: number = 2 ** 53;

/** The number that two halves form. Throws WireError `unsafe` at or above 2^53. */
export function safeFromHalves(low: number, high: number): number {
  if (high >>> 0 >= UNSAFE_HIGH) {
    const hex = (high >>> 0).toString(16) + (low >>> 0).toString(16).padStart(8, '0');
    throw new WireError('unsafe', `0x${hex} is not below 2^53`);
  }
  return (high >>> 0) * TWO_32 + (low >>> 0);
}

/** The number that two halves form, or `U64_CAP` when that is not below 2^53. Never throws. */
export function cappedFromHalves(low: number, high: number): number {
  return high >>> 0 >= UNSAFE_HIGH ? U64_CAP : (high >>> 0) * TWO_32 + (low >>> 0);
}

function writeSafe(view: DataView, at: number, value: number, little: boolean): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new WireError('value', `${value} is no safe unsigned integer`);
  const high = Math.floor(value / TWO_32);
  view.setUint32(little ? at : at + 4, value >>> 0, little);
  view.setUint32(little ? at + 4 : at, high, little);
}

function writeCapped(view: DataView, at: number, value: number, little: boolean): void {
  if (value === U64_CAP) {
    view.setUint32(little ? at : at + 4, 0, little);
    view.setUint32(little ? at + 4 : at, UNSAFE_HIGH, little);
  } else {
    writeSafe(view, at, value, little);
  }
}

const readSafe = (view: DataView, at: number): number =>
  safeFromHalves(view.getUint32(at, true), view.getUint32(at + 4, true));
const readSafeBe = (view: DataView, at: number): number =>
  safeFromHalves(view.getUint32(at + 4, false), view.getUint32(at, false));
const readCapped = (view: DataView, at: number): number =>
  cappedFromHalves(view.getUint32(at, true), view.getUint32(at + 4, true));
const readCappedBe = (view: DataView, at: number): number =>
  cappedFromHalves(view.getUint32(at + 4, false), view.getUint32(at, false));

/** Unsigned 64-bit integer as bigint: for identifiers that are only echoed. */
export const u64: Kind<bigint> = {
  size: 8,
  read: (view, at) => view.getBigUint64(at, true),
  write: (view, at, value) => view.setBigUint64(at, value, true),
  live: (view, at) => view.getBigUint64(at, true),
  accessor: (offset) => ({
    get() {
      return this.view.getBigUint64(this.at + offset, true);
    },
    set(value) {
      this.view.setBigUint64(this.at + offset, value, true);
    },
  }),
};

/** Signed 64-bit integer as bigint. */
export const s64: Kind<bigint> = {
  size: 8,
  read: (view, at) => view.getBigInt64(at, true),
  write: (view, at, value) => view.setBigInt64(at, value, true),
  live: (view, at) => view.getBigInt64(at, true),
  accessor: (offset) => ({
    get() {
      return this.view.getBigInt64(this.at + offset, true);
    },
    set(value) {
      this.view.setBigInt64(this.at + offset, value, true);
    },
  }),
};

/** Unsigned 64-bit integer as bigint, big-endian. */
export const u64be: Kind<bigint> = {
  size: 8,
  read: (view, at) => view.getBigUint64(at, false),
  write: (view, at, value) => view.setBigUint64(at, value, false),
  live: (view, at) => view.getBigUint64(at, false),
  accessor: (offset) => ({
    get() {
      return this.view.getBigUint64(this.at + offset, false);
    },
    set(value) {
      this.view.setBigUint64(this.at + offset, value, false);
    },
  }),
};

/**
 * Unsigned 64-bit integer as number, for values that we or a trusted file produced.
 * Reading 2^53 or more throws WireError `unsafe`; bytes from a guest are declared `u64capped` instead.
 */
export const u64safe: Kind<number> = {
  size: 8,
  read: readSafe,
  write: (view, at, value) => writeSafe(view, at, value, true),
  live: readSafe,
  accessor: (offset) => ({
    get() {
      return safeFromHalves(
        this.view.getUint32(this.at + offset, true),
        this.view.getUint32(this.at + offset + 4, true),
      );
    },
    set(value) {
      writeSafe(this.view, this.at + offset, value, true);
    },
  }),
};

/** `u64safe`, big-endian. */
export const u64safeBe: Kind<number> = {
  size: 8,
  read: readSafeBe,
  write: (view, at, value) => writeSafe(view, at, value, false),
  live: readSafeBe,
  accessor: (offset) => ({
    get() {
      return readSafeBe(this.view, this.at + offset);
    },
    set(value) {
      writeSafe(this.view, this.at + offset, value, false);
    },
  }),
};

/**
 * Unsigned 64-bit integer as number that never throws on reading: 2^53 and more read as `U64_CAP`, which
 * every range check of an address, page number or block number refuses. For what a guest sends.
 */
export const u64capped: Kind<number> = {
  size: 8,
  read: readCapped,
  write: (view, at, value) => writeCapped(view, at, value, true),
  live: readCapped,
  accessor: (offset) => ({
    get() {
      return cappedFromHalves(
        this.view.getUint32(this.at + offset, true),
        this.view.getUint32(this.at + offset + 4, true),
      );
    },
    set(value) {
      writeCapped(this.view, this.at + offset, value, true);
    },
  }),
};

/** `u64capped`, big-endian: block addresses of 16-byte CDBs. */
export const u64cappedBe: Kind<number> = {
  size: 8,
  read: readCappedBe,
  write: (view, at, value) => writeCapped(view, at, value, false),
  live: readCappedBe,
  accessor: (offset) => ({
    get() {
      return readCappedBe(this.view, this.at + offset);
    },
    set(value) {
      writeCapped(this.view, this.at + offset, value, false);
    },
  }),
};

/** The two fields of a 64-bit number declared as halves. */
export type Halves<Name extends string> = { readonly [K in `${Name}Low` | `${Name}High`]: Kind<number> };

/** A 64-bit little-endian field as two u32 fields, `<name>Low` and `<name>High`; spread it into a schema. */
export function halves<const Name extends string>(name: Name): Halves<Name> {
  return { [`${name}Low`]: u32, [`${name}High`]: u32 } as Halves<Name>;
}
