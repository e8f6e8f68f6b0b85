/** Unpacking the payload of a compressed kernel in the host, by its first bytes. */

import { LoadError } from '../load-error.ts';
import { unpackLz4Legacy } from './lz4-legacy.ts';

interface Format {
  readonly name: string;
  readonly magic: readonly number[];
  readonly unpack?: (packed: Uint8Array, unpackedBytes: number) => Uint8Array | Promise<Uint8Array>;
}

/** What a kernel's build may use (Linux, "The Linux/x86 Boot Protocol", payload_offset). */
const FORMATS: readonly Format[] = [
  { name: 'LZ4', magic: [0x02, 0x21, 0x4c, 0x18], unpack: unpackLz4Legacy },
];

/** The format's name, for messages; undefined for none that is known. */
export function packedFormat(payload: Uint8Array): string | undefined {
  return formatOf(payload)?.name;
}

/**
 * Unpacks a payload to exactly `unpackedBytes`. Throws {@link LoadError}: `unsupported` for a format that nobody here
 * reads, `truncated` or `corrupt` for one that is damaged.
 */
export async function unpackPayload(payload: Uint8Array, unpackedBytes: number): Promise<Uint8Array> {
  const format = formatOf(payload);
  if (format?.unpack === undefined) {
    const name = format?.name ?? 'a format that is not known here';
    throw new LoadError(
      'unsupported',
      `the kernel is packed with ${name}, which the host does not unpack: let the kernel do it (--no-unpack)`,
    );
  }
  return await format.unpack(payload, unpackedBytes);
}

function formatOf(payload: Uint8Array): Format | undefined {
  return FORMATS.find(({ magic }) => magic.every((byte, index) => payload[index] === byte));
}
