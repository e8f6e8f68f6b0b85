/**
 * GUIDs: on the wire a u32, two u16 (little-endian) and eight bytes as printed; as text the canonical
 * lower-case form 8-4-4-4-12. Compare bytes, never text that came from elsewhere.
 */

import type { Kind } from './kind.ts';
import { WireError } from './kind.ts';

/** Wire position of each printed pair of digits. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;
const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));
const TEXT = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i;

/** The canonical text of the 16 bytes at `at`. Throws WireError `short` when there are fewer. */
export function formatGuid(source: Uint8Array, at = 0): string {
  if (at + 16 > source.length)
    throw new WireError('short', `a GUID needs 16 bytes, ${source.length - at} left`);
  let text = '';
  ORDER.forEach((position, i) => {
    text += HEX[source[at + position]!]!;
    if (i === 3 || i === 5 || i === 7 || i === 9) text += '-';
  });
  return text;
}

/** The 16 wire bytes of a GUID in text form, any case, with or without braces. Throws WireError `value`. */
export function parseGuid(text: string): Uint8Array<ArrayBuffer> {
  if (!TEXT.test(text)) throw new WireError('value', `${JSON.stringify(text)} is no GUID`);
  const digits = text.replace(/[{}-]/g, '');
  const wire = new Uint8Array(16);
  ORDER.forEach((position, i) => {
    wire[position] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  });
  return wire;
}

/** Whether the 16 bytes at `atA` and at `atB` are the same GUID. */
export function guidEquals(a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean {
  if (atA + 16 > a.length || atB + 16 > b.length) return false;
  for (let i = 0; i < 16; i++) if (a[atA + i] !== b[atB + i]) return false;
  return true;
}

/** The GUID of all zeros, as text. */
export const GUID_ZERO = '00000000-0000-0000-0000-000000000000';

const readGuid = (view: DataView, at: number): string =>
  formatGuid(new Uint8Array(view.buffer, view.byteOffset + at, 16));

function writeGuid(view: DataView, at: number, text: string): void {
  new Uint8Array(view.buffer, view.byteOffset + at, 16).set(parseGuid(text));
}

/** 16 bytes as canonical lower-case text. */
export const guid: Kind<string> = {
  size: 16,
  read: readGuid,
  write: writeGuid,
  live: readGuid,
  accessor: (offset) => ({
    get() {
      return readGuid(this.view, this.at + offset);
    },
    set(value) {
      writeGuid(this.view, this.at + offset, value);
    },
  }),
};
