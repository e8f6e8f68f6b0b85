import { describe, expect, it } from 'vitest';
import { bits, i32, struct, u8, u16, u32, u64, WireError } from './index.ts';

const Flags = bits(u32, { enable: [0, 1], vector: [4, 8], top: [31, 1] });
const Wide = bits(u64, { enable: [0, 1], gpn: [12, 52] });

describe('bits', () => {
  it('composes and takes apart a bare word', () => {
    expect(Flags.encode({ enable: 1, vector: 0xed, top: 1 })).toBe(0x8000_0ed1);
    expect(Flags.decode(0x8000_0ed1)).toEqual({ enable: 1, vector: 0xed, top: 1 });
    expect(Wide.encode({ enable: 1, gpn: 0xf_ffff_ffff_ffff })).toBe(0xffff_ffff_ffff_f001n);
    expect(Wide.decode(0xffff_ffff_ffff_fffen)).toEqual({ enable: 0, gpn: 0xf_ffff_ffff_ffff });
  });

  it('states its declared bits', () => {
    expect(Flags.mask).toBe(0x8000_0ff1);
    expect(Wide.mask).toBe(0xffff_ffff_ffff_f001n);
  });

  it('keeps other bits when one part is written in place, clears them when a copy is', () => {
    const S = struct('S', 8, { flags: Flags, other: u32 });
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, 0xffff_ffff, true);
    const live = S.on(view);
    live.flags.vector = 0x12;
    expect(view.getUint32(0, true)).toBe(0xffff_f12f);
    S.write(view, 0, { flags: { top: 1 } });
    expect(view.getUint32(0, true)).toBe(0x8000_0000);
  });

  it('moves with its structure and allocates one accessor only', () => {
    const S = struct('S', 8, { flags: Flags, wide: u32 });
    const view = new DataView(new ArrayBuffer(16));
    const live = S.on(view);
    const part = live.flags;
    live.at = 8;
    expect(live.flags).toBe(part);
    live.flags.enable = 1;
    expect(view.getUint8(8)).toBe(1);
  });

  it('refuses a part that does not fit', () => {
    expect(() => Flags.encode({ vector: 256 })).toThrow(WireError);
    expect(() => Flags.encode({ enable: -1 })).toThrow('enable: -1 does not fit 1 bits');
    const live = Flags.live(new DataView(new ArrayBuffer(4)), 0, undefined);
    expect(() => {
      live.vector = 1.5;
    }).toThrow(WireError);
  });

  it.each([
    ['an overlap', () => bits(u8, { a: [0, 2], b: [1, 1] })],
    ['a part past the word', () => bits(u16, { a: [9, 8] })],
    ['a part wider than a safe integer', () => bits(u64, { a: [0, 54] })],
    ['an empty part', () => bits(u8, { a: [0, 0] })],
    ['a taken name', () => bits(u8, { at: [0, 1] })],
    ['a word of another kind', () => bits(i32, { a: [0, 1] })],
  ])('refuses %s when it is declared', (_, declare) => {
    expect(declare).toThrow(/^bits: /);
  });
});
