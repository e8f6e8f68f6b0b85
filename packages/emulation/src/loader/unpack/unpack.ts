/** Unpacking the payload of a compressed kernel in the host, by its first bytes. */

import { FileView } from '../file-view.ts';
import { LoadError, mib } from '../load-error.ts';
import { unpackGzip, unpackZstd } from './library-formats.ts';
import { unpackLz4Legacy } from './lz4-legacy.ts';
import { unpackXz } from './xz/xz.ts';

interface Format {
  readonly name: string;
  readonly magic: readonly number[];
  readonly unpack?: (packed: Uint8Array, unpackedBytes: number) => Uint8Array | Promise<Uint8Array>;
  /** The format itself ends with its size, and nothing was appended. */
  readonly endsWithSize?: boolean;
}

/** What a kernel's build may use (Linux, "The Linux/x86 Boot Protocol", payload_offset). */
const FORMATS: readonly Format[] = [
  { name: 'LZ4', magic: [0x02, 0x21, 0x4c, 0x18], unpack: unpackLz4Legacy },
  { name: 'XZ', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpack: unpackXz },
  { name: 'gzip', magic: [0x1f, 0x8b], unpack: unpackGzip, endsWithSize: true },
  { name: 'Zstandard', magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: unpackZstd },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'LZMA', magic: [0x5d, 0x00, 0x00] },
  { name: 'LZO', magic: [0x89, 0x4c, 0x5a, 0x4f] },
];

const SIZE_BYTES = 4;
/** No kernel is larger; a payload that claims more is damaged. */
const MAX_UNPACKED_BYTES = 2 ** 30;

/**
 * Unpacks a payload, whose last four bytes tell the size. Rejects with {@link LoadError}: `unsupported` for a format
 * that nobody here reads, `truncated` or `corrupt` for one that is damaged.
 */
export async function unpackPayload(payload: Uint8Array): Promise<Uint8Array> {
  const file = new FileView(payload, 'the packed kernel');
  const unpackedBytes = file.u32(payload.length - SIZE_BYTES, 'its size');
  const format = FORMATS.find(({ magic }) => magic.every((byte, index) => payload[index] === byte));
  if (format?.unpack === undefined) {
    const name = format?.name ?? 'a format that is not known here';
    throw new LoadError(
      'unsupported',
      `the kernel is packed with ${name}, which the host does not unpack: let the kernel do it (--no-unpack)`,
    );
  }
  if (unpackedBytes > MAX_UNPACKED_BYTES) {
    throw new LoadError(
      'corrupt',
      `the kernel claims to be ${mib(unpackedBytes)} unpacked, more than any is`,
    );
  }
  const packed = format.endsWithSize === true ? payload : payload.subarray(0, -SIZE_BYTES);
  return await format.unpack(packed, unpackedBytes);
}
