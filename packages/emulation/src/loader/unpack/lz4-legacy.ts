/** The LZ4 legacy frame, as `lz4 -l` writes it and Debian's cloud kernel uses it (LZ4 Frame Format, Legacy Frame; LZ4 Block Format). */

import { FileView } from '../file-view.ts';
import { LoadError } from '../load-error.ts';

const MAGIC_BYTES = 4;
const BLOCK_BYTES = 8 * 2 ** 20;
const LEAST_MATCH = 4;
/** Shorter copies are faster byte by byte than by a call; most are. */
const LEAST_BULK_BYTES = 64;
const SUBJECT = "the kernel's LZ4 payload";

/** Unpacks a whole frame to exactly `unpackedBytes`. Throws {@link LoadError} for anything else. */
export function unpackLz4Legacy(packed: Uint8Array, unpackedBytes: number): Uint8Array {
  const file = new FileView(packed, SUBJECT);
  const output = new Uint8Array(unpackedBytes);
  let at = MAGIC_BYTES;
  let written = 0;
  while (written < unpackedBytes) {
    const blockBytes = file.u32(at, 'the size of a block');
    const block = file.slice(at + 4, blockBytes, 'a block');
    const limit = Math.min(unpackedBytes, written + BLOCK_BYTES);
    const end = unpackBlock(block, output, written, limit);
    if (end === written) throw corrupt('a block is empty');
    written = end;
    at += 4 + blockBytes;
  }
  return output;
}

/** Unpacks a block to `output` from `start`, not beyond `limit`; gives where it ended. */
function unpackBlock(block: Uint8Array, output: Uint8Array, start: number, limit: number): number {
  let from = 0;
  let to = start;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const byte = block[from++];
      if (byte === undefined) throw corrupt('a length is cut off');
      length += byte;
      if (byte < 255) return length;
    }
  };
  while (from < block.length) {
    const token = block[from++]!;
    const literals = lengthFrom(token >> 4);
    if (from + literals > block.length || to + literals > limit) throw corrupt('literals run over the end');
    copyLiterals(block, from, output, to, literals);
    from += literals;
    to += literals;
    if (from === block.length) break; // the last sequence has no match
    if (from + 2 > block.length) throw corrupt('an offset is cut off');
    const offset = block[from]! | (block[from + 1]! << 8);
    from += 2;
    const match = lengthFrom(token & 15) + LEAST_MATCH;
    if (offset === 0 || offset > to - start) throw corrupt('a match reaches before its block');
    if (to + match > limit) throw corrupt('a match runs over the end');
    copyMatch(output, to, offset, match);
    to += match;
  }
  return to;
}

function copyLiterals(block: Uint8Array, from: number, output: Uint8Array, to: number, length: number): void {
  if (length >= LEAST_BULK_BYTES) output.set(block.subarray(from, from + length), to);
  else for (let i = 0; i < length; i += 1) output[to + i] = block[from + i]!;
}

/** Copies forward, so that a match may overlap what it writes. */
function copyMatch(output: Uint8Array, to: number, offset: number, length: number): void {
  if (offset >= length && length >= LEAST_BULK_BYTES) {
    output.copyWithin(to, to - offset, to - offset + length);
    return;
  }
  for (let i = to; i < to + length; i += 1) output[i] = output[i - offset]!;
}

const corrupt = (reason: string): LoadError =>
  new LoadError('corrupt', `${SUBJECT} cannot be unpacked: ${reason}`);
