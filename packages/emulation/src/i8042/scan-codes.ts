/** Scan codes of keyboards: sets 1 and 2, and how the controller turns set 2 into set 1 (IBM PS/2 Technical Reference, Keyboard). */

/**
 * A key by its make code of set 1: 01h–7Fh, with E000h added for keys with the prefix E0. Two keys are not of this
 * form in any set: `KEY_PAUSE` and the one with `KEY_PRINT_SCREEN`'s number, which send sequences of their own.
 */
export type Key = number;

export const KEY_PAUSE: Key = 0xe11d;
export const KEY_PRINT_SCREEN: Key = 0xe037;

/** The sets that the keyboard knows. */
export type ScanCodeSet = 1 | 2;

const EXTENDED = 0xe000;
const PREFIX = 0xe0;
/** In set 2: the key that the next byte names is released. */
export const BREAK = 0xf0;
const RELEASED = 0x80;

/** Set 1 for the bytes 00h–84h of set 2; what is above stays itself. */
const TO_SET_1 = Uint8Array.from([
  ...[0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59],
  ...[0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b],
  ...[0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d],
  ...[0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f],
  ...[0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61],
  ...[0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76],
  ...[0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f],
  ...[0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54],
  ...[0x80, 0x81, 0x82, 0x41, 0x54],
]);

/** The set-2 byte of each make code of set 1. Where two give the same, the keyboard sends the higher one. */
const TO_SET_2 = new Uint8Array(0x80);
for (const [code, translated] of TO_SET_1.entries()) if (translated < 0x80) TO_SET_2[translated] = code;

/** What the controller makes of a byte of set 2. */
export function toSet1(byte: number): number {
  return TO_SET_1[byte] ?? byte;
}

/** The bytes that a keyboard sends for a key. `Pause` sends nothing when it is released. Throws for what is no key. */
export function keyBytes(key: Key, isPressed: boolean, set: ScanCodeSet): readonly number[] {
  if (key === KEY_PAUSE) return isPressed ? pause(set) : [];
  // The key sends a shift of its own around itself, so that it means the same whatever else is held.
  if (key === KEY_PRINT_SCREEN) {
    const shift = plainKey(0x2a, isPressed, set, true);
    const itself = plainKey(0x37, isPressed, set, true);
    return isPressed ? [...shift, ...itself] : [...itself, ...shift];
  }
  const code = key & 0x7f;
  if (code === 0 || (key !== code && key !== EXTENDED + code)) throw new RangeError(`no key ${key}`);
  return plainKey(code, isPressed, set, key >= EXTENDED);
}

function plainKey(code: number, isPressed: boolean, set: ScanCodeSet, isExtended: boolean): number[] {
  const prefix = isExtended ? [PREFIX] : [];
  if (set === 1) return [...prefix, isPressed ? code : code | RELEASED];
  return isPressed ? [...prefix, TO_SET_2[code]!] : [...prefix, BREAK, TO_SET_2[code]!];
}

/** Control and NumLock, pressed and released at once. */
function pause(set: ScanCodeSet): readonly number[] {
  const keys = [
    [0x1d, true],
    [0x45, true],
    [0x1d, false],
    [0x45, false],
  ] as const;
  const bytes = keys.map(([code, isPressed]) => plainKey(code, isPressed, set, false));
  return [0xe1, ...bytes[0]!, ...bytes[1]!, 0xe1, ...bytes[2]!, ...bytes[3]!];
}
