import { describe, expect, it } from 'vitest';
import {
  cappedFromHalves,
  halves,
  safeFromHalves,
  struct,
  U64_CAP,
  u64capped,
  u64cappedBe,
  u64safe,
  u64safeBe,
  WireError,
} from './index.ts';

const view = new DataView(new ArrayBuffer(16));

describe('64-bit numbers', () => {
  it('puts the low half first, or last in big-endian form', () => {
    u64safe.write(view, 0, 0x0012_3456_789a_bcde);
    expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([0x789a_bcde, 0x0012_3456]);
    u64safeBe.write(view, 0, 0x0012_3456_789a_bcde);
    expect([view.getUint32(0, false), view.getUint32(4, false)]).toEqual([0x0012_3456, 0x789a_bcde]);
  });

  it.each([2n ** 53n, 2n ** 64n - 1n])(
    'refuses %s where it must be safe and caps it where a guest wrote it',
    (n) => {
      view.setBigUint64(0, n, true);
      expect(() => u64safe.read(view, 0)).toThrow(WireError);
      expect(u64capped.read(view, 0)).toBe(U64_CAP);
      view.setBigUint64(0, n, false);
      expect(() => u64safeBe.read(view, 0)).toThrow(RangeError);
      expect(u64cappedBe.read(view, 0)).toBe(U64_CAP);
    },
  );

  it('reads the greatest safe integer exactly', () => {
    view.setBigUint64(0, 2n ** 53n - 1n, true);
    expect(u64safe.read(view, 0)).toBe(Number.MAX_SAFE_INTEGER);
    expect(u64capped.read(view, 0)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([-1, 0.5, 2 ** 54, Number.NaN])('refuses to write %s', (value) => {
    expect(() => u64safe.write(view, 0, value)).toThrow(WireError);
    expect(() => u64capped.write(view, 0, value)).toThrow(WireError);
  });

  it('joins halves whose sign bit is set', () => {
    expect(safeFromHalves(-1, 0)).toBe(0xffff_ffff);
    expect(cappedFromHalves(0xffff_ffff, 0x1f_ffff)).toBe(Number.MAX_SAFE_INTEGER);
    expect(cappedFromHalves(0, -1)).toBe(U64_CAP);
    expect(() => safeFromHalves(0, 0x20_0000)).toThrow('0x20000000000000 is not below 2^53');
  });

  it('declares a field as two halves', () => {
    const S = struct('S', 8, { ...halves('id') });
    expect(S.offsets).toEqual({ idLow: 0, idHigh: 4 });
  });
});
