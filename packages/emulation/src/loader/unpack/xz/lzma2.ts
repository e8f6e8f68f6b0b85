/** LZMA2: a sequence of LZMA and plain chunks (The .xz File Format, LZMA2; Linux, "XZ data compression"). */

import type { FileView } from '../../file-view.ts';
import { LzmaDecoder } from './lzma.ts';
import { RangeDecoder } from './range-decoder.ts';
import { corrupt } from './xz-error.ts';

/** Bits 5 and 6 of an LZMA chunk's control byte. */
const Reset = { NONE: 0, STATE: 1, PROPERTIES: 2, DICTIONARY: 3 } as const;

/** Unpacks the chunks from `start` until their end marker, to exactly fill `output`; gives where they ended. */
export function unpackLzma2(file: FileView, start: number, output: Uint8Array): number {
  const input = new RangeDecoder(file.bytes);
  const decoder = new LzmaDecoder(input, output);
  let at = start;
  /** What has to be reset before a chunk may count on it. */
  let needed: number = Reset.DICTIONARY;
  for (;;) {
    const control = file.u8(at, 'a chunk');
    if (control === 0) break;
    if (control > 2 && control < 0x80) throw corrupt(`a chunk begins with ${control}`);
    const isPacked = control >= 0x80;
    const reset = isPacked ? (control >> 5) & 3 : control === 1 ? Reset.DICTIONARY : Reset.NONE;
    if (needed === Reset.DICTIONARY ? reset !== needed : isPacked && reset < needed) {
      throw corrupt('a chunk needs a reset that it does not make');
    }
    if (reset === Reset.DICTIONARY) decoder.resetDictionary();
    if (isPacked) {
      needed = Reset.NONE;
      at = packedChunk(file, at, control, reset, input, decoder, output.length);
    } else {
      if (reset === Reset.DICTIONARY) needed = Reset.PROPERTIES;
      at = plainChunk(file, at, decoder, output.length);
    }
  }
  if (decoder.at !== output.length) throw corrupt(`it holds ${decoder.at} bytes instead of ${output.length}`);
  return at + 1;
}

function plainChunk(file: FileView, at: number, decoder: LzmaDecoder, limit: number): number {
  const byteCount = sizeAt(file, at + 1);
  if (decoder.at + byteCount > limit) throw corrupt('it holds more than it should');
  decoder.copy(file.slice(at + 3, byteCount, 'a chunk'));
  return at + 3 + byteCount;
}

function packedChunk(
  file: FileView,
  at: number,
  control: number,
  reset: number,
  input: RangeDecoder,
  decoder: LzmaDecoder,
  limit: number,
): number {
  const end = decoder.at + ((control & 0x1f) << 16) + sizeAt(file, at + 1);
  const packedBytes = sizeAt(file, at + 3);
  const hasProperties = reset >= Reset.PROPERTIES;
  const packedAt = at + (hasProperties ? 6 : 5);
  file.slice(packedAt, packedBytes, 'a chunk');
  if (end > limit) throw corrupt('it holds more than it should');
  if (hasProperties) decoder.setProperties(file.u8(at + 5, 'a chunk'));
  if (reset !== Reset.NONE) decoder.resetState();
  if (!input.start(packedAt)) throw corrupt('a chunk does not begin with a zero');
  decoder.decode(end);
  if (!input.finish() || input.at !== packedAt + packedBytes)
    throw corrupt('a chunk ends at the wrong place');
  return packedAt + packedBytes;
}

/** A size less one in two bytes, the high one first. */
function sizeAt(file: FileView, at: number): number {
  return (file.u8(at, 'a chunk') << 8) + file.u8(at + 1, 'a chunk') + 1;
}
