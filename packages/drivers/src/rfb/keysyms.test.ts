import { describe, expect, it } from 'vitest';
import { SCAN_CODES } from '../input/key-codes.ts';
import { characterKey, namedKey } from './keysyms.ts';

describe('keysyms', () => {
  it('have keys that keyboards have', () => {
    for (let keysym = 0; keysym <= 0xffff; keysym += 1) {
      const key = namedKey(keysym);
      if (key !== undefined && key !== 'Pause')
        expect(SCAN_CODES.has(key), `${keysym.toString(16)} ${key}`).toBe(true);
    }
  });

  it.each([
    [0xff1b, 'Escape'],
    [0xff57, 'End'],
    [0xff56, 'PageDown'],
    [0xff9e, 'Numpad0'],
    [0xffaf, 'NumpadDivide'],
    [0xffc9, 'F12'],
    [0xffe9, 'AltLeft'],
    [0xffeb, 'MetaLeft'],
  ])('%i is %s', (keysym, key) => {
    expect(namedKey(keysym)).toBe(key);
  });

  it('of all printable ASCII characters have keys, and no others', () => {
    for (let code = 0x20; code < 0x7f; code += 1)
      expect(characterKey(code), String.fromCharCode(code)).toBeDefined();
    expect(characterKey(0x0100_0040)).toEqual({ key: 'Digit2', isShifted: true });
    expect([0, 8, 0x0a, 0x7f, 0xe4, 0x0100_20ac, 0xffff_ffff].map(characterKey)).toEqual(
      new Array(7).fill(undefined),
    );
  });
});
