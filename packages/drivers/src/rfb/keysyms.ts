/** Keys as clients name them, by what they mean: X11's keysyms. X Window System Protocol, Keysym Encoding; xproto keysymdef. */

import { type TypedKey, usKey } from '../input/us-layout.ts';

/** Unicode characters stand above this number. */
const UNICODE = 0x0100_0000;

const run = (first: number, names: string): [number, string][] =>
  names.split(' ').map((name, index) => [first + index, name]);

/** Keys that make no character. Those of the keypad come by what they mean with and without Num Lock. */
const NAMED: ReadonlyMap<number, string> = new Map([
  ...run(0xff08, 'Backspace Tab'),
  [0xff0d, 'Enter'],
  ...run(0xff13, 'Pause ScrollLock PrintScreen'),
  [0xff1b, 'Escape'],
  ...run(0xff50, 'Home ArrowLeft ArrowUp ArrowRight ArrowDown PageUp PageDown End'),
  [0xff61, 'PrintScreen'],
  [0xff63, 'Insert'],
  [0xff67, 'ContextMenu'],
  [0xff6b, 'Pause'],
  [0xff7f, 'NumLock'],
  [0xff8d, 'NumpadEnter'],
  ...run(
    0xff95,
    'Numpad7 Numpad4 Numpad8 Numpad6 Numpad2 Numpad9 Numpad3 Numpad1 Numpad5 Numpad0 NumpadDecimal',
  ),
  ...run(0xffaa, 'NumpadMultiply NumpadAdd NumpadDecimal NumpadSubtract NumpadDecimal NumpadDivide'),
  ...run(0xffb0, 'Numpad0 Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6 Numpad7 Numpad8 Numpad9'),
  ...run(0xffbe, 'F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12'),
  ...run(0xffe1, 'ShiftLeft ShiftRight ControlLeft ControlRight CapsLock'),
  // Meta is what PC keyboards have as Alt, and Super as the key with the logo.
  ...run(0xffe7, 'AltLeft AltRight AltLeft AltRight MetaLeft MetaRight'),
  [0xfe20, 'Tab'],
  [0xffff, 'Delete'],
]);

/** A key without a character, by its name; undefined for characters and for what no PC keyboard has. */
export function namedKey(keysym: number): string | undefined {
  return NAMED.get(keysym);
}

/** The key that makes the character on a US keyboard; undefined when none does. */
export function characterKey(keysym: number): TypedKey | undefined {
  const code = keysym >= UNICODE ? keysym - UNICODE : keysym;
  // Latin 1 has the numbers of Unicode; control characters are keys with names.
  return code >= 0x20 && code < 0x7f ? usKey(String.fromCharCode(code)) : undefined;
}
