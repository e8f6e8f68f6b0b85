import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnyKind,
  array,
  ascii,
  bits,
  bytes,
  formatGuid,
  guid,
  i8,
  i16,
  i32,
  s64,
  struct,
  U64_CAP,
  u8,
  u16,
  u16be,
  u32,
  u32be,
  u64,
  u64be,
  u64capped,
  u64cappedBe,
  u64safe,
  u64safeBe,
  utf16,
} from './index.ts';

const Inner = struct('INNER', 6, { a: u8, b: u8, c: u32 });
const unsigned = (width: number) => fc.integer({ min: 0, max: 2 ** width - 1 });
const signed = (width: number) => fc.integer({ min: -(2 ** (width - 1)), max: 2 ** (width - 1) - 1 });
const safe = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER));
const codes = (length: number, max: number) =>
  fc.array(fc.integer({ min: 1, max }), { maxLength: length }).map((list) => String.fromCharCode(...list));
const raw = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const inner = fc.record({ a: unsigned(8), b: unsigned(8), c: unsigned(32) });

const KINDS: Readonly<Record<string, readonly [AnyKind, fc.Arbitrary<unknown>]>> = {
  u8: [u8, unsigned(8)],
  u16: [u16, unsigned(16)],
  u32: [u32, unsigned(32)],
  i8: [i8, signed(8)],
  i16: [i16, signed(16)],
  i32: [i32, signed(32)],
  u16be: [u16be, unsigned(16)],
  u32be: [u32be, unsigned(32)],
  u64: [u64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  s64: [s64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  u64be: [u64be, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  u64safe: [u64safe, safe],
  u64safeBe: [u64safeBe, safe],
  u64capped: [u64capped, fc.oneof(safe, fc.constant(U64_CAP))],
  u64cappedBe: [u64cappedBe, fc.oneof(safe, fc.constant(U64_CAP))],
  bytes: [bytes(7), raw(7)],
  array: [array(u16, 5), fc.array(unsigned(16), { minLength: 5, maxLength: 5 })],
  'array of struct': [array(Inner, 3), fc.array(inner, { minLength: 3, maxLength: 3 })],
  struct: [Inner, inner],
  guid: [guid, raw(16).map((wire) => formatGuid(wire))],
  ascii: [ascii(9), codes(9, 0x7f)],
  'ascii, blank filled': [ascii(9, ' '), codes(9, 0x7f).filter((text) => !text.endsWith(' '))],
  utf16: [utf16(6), codes(6, 0xffff)],
  'bits of u8': [bits(u8, { a: [0, 3], b: [7, 1] }), fc.record({ a: unsigned(3), b: unsigned(1) })],
  'bits of u16': [bits(u16, { a: [0, 16] }), fc.record({ a: unsigned(16) })],
  'bits of u32': [bits(u32, { a: [0, 1], b: [1, 31] }), fc.record({ a: unsigned(1), b: unsigned(31) })],
  'bits of u64': [
    bits(u64, { low: [3, 5], across: [20, 30], page: [52, 12] }),
    fc.record({ low: unsigned(5), across: unsigned(30), page: unsigned(12) }),
  ],
  'bits of u64, wide': [
    bits(u64, { gpn: [12, 52] }),
    fc.record({ gpn: fc.integer({ min: 0, max: 2 ** 52 - 1 }) }),
  ],
};

/** A view that starts off the buffer's beginning, over plain or shared memory, filled with 0xa5. */
function memory(shared: boolean): DataView {
  const buffer = shared ? new SharedArrayBuffer(128) : new ArrayBuffer(128);
  new Uint8Array(buffer).fill(0xa5);
  return new DataView(buffer, 16, 100);
}

const image = (view: DataView, at: number, size: number) =>
  new Uint8Array(view.buffer, view.byteOffset + at, size).slice();

describe.each(Object.entries(KINDS))('%s', (_, [kind, values]) => {
  it('reads back what it wrote and touches nothing around it', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), fc.boolean(), (value, at, shared) => {
        const view = memory(shared);
        kind.write(view, at, value as never);
        expect(kind.read(view, at)).toEqual(value);
        expect(view.getUint8(at - 1)).toBe(0xa5);
        expect(view.getUint8(at + kind.size)).toBe(0xa5);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same in place as in a copy', () => {
    const Holder = struct('HOLDER', kind.size + 3, { before: u8, field: kind, after: u16 });
    fc.assert(
      fc.property(values, fc.boolean(), (value, shared) => {
        const byCopy = memory(shared);
        const inPlace = memory(shared);
        Holder.write(byCopy, 5, { field: value as never });
        const live = Holder.on(inPlace, 0) as { at: number; before: number; after: number; field: unknown };
        live.at = 5;
        live.before = 0;
        live.after = 0;
        live.field = value;
        expect(image(inPlace, 5, Holder.size)).toEqual(image(byCopy, 5, Holder.size));
        expect(Holder.read(inPlace, 5).field).toEqual(value);
      }),
      { numRuns: 60 },
    );
  });

  it('agrees with its own live view', () => {
    const view = memory(true);
    fc.assert(
      fc.property(values, (value) => {
        kind.write(view, 8, value as never);
        kind.write(view, 40, value as never);
        const live = kind.live(view, 8, undefined);
        const scalar = typeof live !== 'object';
        if (scalar) expect(live).toEqual(value);
        const again = kind.live(view, 40, live);
        if (!scalar && !(live instanceof Uint8Array)) expect(again).toBe(live);
      }),
      { numRuns: 20 },
    );
  });
});
