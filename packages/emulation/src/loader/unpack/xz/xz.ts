/**
 * An .xz file of one block, as kernels are packed: LZMA2, perhaps behind the x86 filter, with CRC32 or no check.
 *
 * The .xz File Format: Stream, Block, Index. The index is not needed for one block and is not read.
 */

import { FileView } from '../../file-view.ts';
import { crc32 } from '../crc32.ts';
import { unpackLzma2 } from './lzma2.ts';
import { undoX86Filter } from './x86-bcj.ts';
import { corrupt, SUBJECT, unsupported } from './xz-error.ts';

const STREAM_HEADER_BYTES = 12;
const MAGIC: readonly number[] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const Check = { NONE: 0, CRC32: 1 } as const;
const Filter = { X86: 0x04, LZMA2: 0x21 } as const;
const HAS_PACKED_SIZE = 0x40;
const HAS_UNPACKED_SIZE = 0x80;
/** A variable-length number has up to nine bytes. */
const MAX_NUMBER_BYTES = 9;

/** Unpacks to exactly `unpackedBytes`. Throws {@link LoadError} for anything else. */
export function unpackXz(packed: Uint8Array, unpackedBytes: number): Uint8Array {
  const file = new FileView(packed, SUBJECT);
  const check = readStreamHeader(file);
  const block = readBlockHeader(file, STREAM_HEADER_BYTES);
  const output = new Uint8Array(unpackedBytes);
  const end = unpackLzma2(file, block.dataAt, output);
  if (block.isX86Filtered) undoX86Filter(output);
  if (check === Check.CRC32) {
    const expected = file.u32((end + 3) & ~3, 'the checksum');
    if (crc32(output) !== expected) throw corrupt('the checksum is wrong');
  }
  return output;
}

/** The kind of the check. */
function readStreamHeader(file: FileView): number {
  const header = file.slice(0, STREAM_HEADER_BYTES, 'the header');
  if (!MAGIC.every((byte, index) => header[index] === byte)) throw corrupt('it has another beginning');
  if (crc32(header.subarray(6, 8)) !== file.u32(8, 'the header'))
    throw corrupt("the header's checksum is wrong");
  const check = header[7]!;
  if (header[6] !== 0 || (check !== Check.NONE && check !== Check.CRC32)) {
    throw unsupported(`has the check ${check}, not CRC32`);
  }
  return check;
}

interface BlockHeader {
  readonly dataAt: number;
  readonly isX86Filtered: boolean;
}

function readBlockHeader(file: FileView, start: number): BlockHeader {
  const headerBytes = (file.u8(start, 'the block header') + 1) * 4;
  if (headerBytes < 8) throw corrupt('it has no block');
  const header = file.slice(start, headerBytes, 'the block header');
  const dataAt = start + headerBytes;
  if (crc32(header.subarray(0, -4)) !== file.u32(dataAt - 4, 'the block header')) {
    throw corrupt("the block header's checksum is wrong");
  }
  const flags = header[1]!;
  let at = 2;
  const number = (): number => {
    const [value, next] = readNumber(header, at);
    at = next;
    return value;
  };
  if ((flags & HAS_PACKED_SIZE) !== 0) number();
  if ((flags & HAS_UNPACKED_SIZE) !== 0) number();
  const ids: number[] = [];
  for (let filter = 0; filter <= (flags & 3); filter += 1) {
    ids.push(number());
    const propertyBytes = number();
    if (ids.at(-1) === Filter.X86 && propertyBytes !== 0)
      throw unsupported('is filtered from another position');
    at += propertyBytes;
  }
  const filters = ids.join();
  const isX86Filtered = filters === [Filter.X86, Filter.LZMA2].join();
  if (!isX86Filtered && filters !== String(Filter.LZMA2))
    throw unsupported(`is packed with the filters ${filters}`);
  return { dataAt, isX86Filtered };
}

/** Seven bits a byte, the lowest first. */
function readNumber(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let index = 0; index < MAX_NUMBER_BYTES; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [value, at + index + 1];
  }
  throw corrupt('a number in the block header does not end');
}
