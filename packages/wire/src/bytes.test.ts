import { describe, expect, it } from 'vitest';
import { array, ascii, bytes, struct, u8, u16, utf16, WireError } from './index.ts';

const Element = struct('ELEMENT', 4, { a: u16, b: u16 });
const S = struct('S', 24, { head: u8, data: bytes(3), list: array(Element, 3), words: array(u16, 4) });

function fresh(): { view: DataView; memory: Uint8Array } {
  const memory = new Uint8Array(32).fill(0xff);
  return { view: new DataView(memory.buffer), memory };
}

describe('bytes', () => {
  it('is a window in place and a copy in a copy', () => {
    const { view, memory } = fresh();
    const live = S.on(view, 4);
    const copy = S.read(view, 4);
    live.data[1] = 7;
    expect(memory[4 + 1 + 1]).toBe(7);
    expect([...copy.data]).toEqual([0xff, 0xff, 0xff]);
  });

  it('pads a shorter value with zeros and refuses a longer one', () => {
    const { view } = fresh();
    S.write(view, 0, { data: Uint8Array.of(1) });
    expect([...S.read(view, 0).data]).toEqual([1, 0, 0]);
    expect(() => S.write(view, 0, { data: new Uint8Array(4) })).toThrow(WireError);
  });
});

describe('array', () => {
  it('shows structures through one moving accessor', () => {
    const { view } = fresh();
    S.write(view, 0, { list: [{ a: 1 }, { a: 2, b: 3 }] });
    const list = S.on(view, 0).list;
    expect(list.length).toBe(3);
    expect(list.get(1).b).toBe(3);
    list.get(2).a = 9;
    list.set(0, { b: 5 });
    expect(S.read(view, 0).list).toEqual([
      { a: 0, b: 5 },
      { a: 2, b: 3 },
      { a: 9, b: 0 },
    ]);
    expect(list.get(0)).toBe(list.get(1));
  });

  it('shows scalars as they are', () => {
    const { view } = fresh();
    const words = S.on(view, 0).words;
    words.set(3, 0x1234);
    expect(words.get(3)).toBe(0x1234);
    expect(S.read(view).words[3]).toBe(0x1234);
  });

  it.each([-1, 4, Number.NaN])('has no element %s', (index) => {
    const words = S.on(fresh().view, 0).words;
    expect(() => words.get(index)).toThrow(RangeError);
    expect(() => words.set(index, 0)).toThrow(RangeError);
  });

  it('refuses more elements than it has', () => {
    expect(() => S.write(fresh().view, 0, { words: [1, 2, 3, 4, 5] })).toThrow(WireError);
  });
});

describe('text', () => {
  const T = struct('T', 24, { c: ascii(8), blank: ascii(8, ' '), wide: utf16(4) });

  it('lays text out as the field demands', () => {
    const image = T.bytes({ c: 'cxsparse', blank: 'Msft', wide: 'né' });
    expect([...image]).toEqual([
      0x63, 0x78, 0x73, 0x70, 0x61, 0x72, 0x73, 0x65, 0x4d, 0x73, 0x66, 0x74, 0x20, 0x20, 0x20, 0x20, 0x6e, 0,
      0xe9, 0, 0, 0, 0, 0,
    ]);
    expect(T.read(new DataView(image.buffer))).toEqual({ c: 'cxsparse', blank: 'Msft', wide: 'né' });
  });

  it('stops at the first NUL, or at the blanks behind the text', () => {
    const image = T.bytes({ c: 'ab', blank: ' a b ' });
    image[3] = 0x7a;
    expect(T.read(new DataView(image.buffer))).toMatchObject({ c: 'ab', blank: ' a b' });
  });

  it('refuses text that is too long or not ASCII', () => {
    expect(() => T.bytes({ c: '123456789' })).toThrow(WireError);
    expect(() => T.bytes({ c: 'é' })).toThrow(WireError);
    expect(() => T.bytes({ wide: '12345' })).toThrow(WireError);
  });
});
