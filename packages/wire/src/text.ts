/** Text in fields of fixed length. */

import type { Kind } from './kind.ts';
import { WireError } from './kind.ts';

function textKind(
  size: number,
  read: (view: DataView, at: number) => string,
  write: (view: DataView, at: number, value: string) => void,
): Kind<string> {
  return {
    size,
    read,
    write,
    live: read,
    accessor: (offset) => ({
      get() {
        return read(this.view, this.at + offset);
      },
      set(value) {
        write(this.view, this.at + offset, value);
      },
    }),
  };
}

/**
 * `size` bytes of ASCII. With the filler `'\0'` (default) text ends at the first NUL; with `' '` (SCSI, VHD)
 * trailing blanks are cut. Writing longer or non-ASCII text throws WireError `value`; bytes above 0x7F read as
 * the Latin-1 characters of the same number.
 */
export function ascii(size: number, filler: '\0' | ' ' = '\0'): Kind<string> {
  const fill = filler.charCodeAt(0);
  return textKind(
    size,
    (view, at) => {
      let length = size;
      if (fill === 0) {
        length = 0;
        while (length < size && view.getUint8(at + length) !== 0) length++;
      } else {
        while (length > 0 && view.getUint8(at + length - 1) === fill) length--;
      }
      let text = '';
      for (let i = 0; i < length; i++) text += String.fromCharCode(view.getUint8(at + i));
      return text;
    },
    (view, at, value) => {
      if (value.length > size)
        throw new WireError('value', `${value.length} characters for a field of ${size}`);
      for (let i = 0; i < size; i++) {
        const code = i < value.length ? value.charCodeAt(i) : fill;
        if (code > 0x7f) throw new WireError('value', `character ${code} is not ASCII`);
        view.setUint8(at + i, code);
      }
    },
  );
}

/**
 * `units` UTF-16 code units, little-endian; the text ends at the first NUL and is padded with NULs.
 * Writing longer text throws WireError `value`. Lone surrogates pass unchanged.
 */
export function utf16(units: number): Kind<string> {
  return textKind(
    units * 2,
    (view, at) => {
      let text = '';
      for (let i = 0; i < units; i++) {
        const code = view.getUint16(at + i * 2, true);
        if (code === 0) break;
        text += String.fromCharCode(code);
      }
      return text;
    },
    (view, at, value) => {
      if (value.length > units)
        throw new WireError('value', `${value.length} code units for a field of ${units}`);
      for (let i = 0; i < units; i++) {
        view.setUint16(at + i * 2, i < value.length ? value.charCodeAt(i) : 0, true);
      }
    },
  );
}
