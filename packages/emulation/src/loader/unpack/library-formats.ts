/** Formats that others unpack: gzip by the web platform, Zstandard by zstddec, the reference decoder in WebAssembly. */

import { ZSTDDecoder } from 'zstddec';
import { LoadError } from '../load-error.ts';
import { BoundedOutput } from './bounded-output.ts';

/** Unpacks gzip to exactly `unpackedBytes`. Rejects with {@link LoadError} for anything else. */
export async function unpackGzip(packed: Uint8Array, unpackedBytes: number): Promise<Uint8Array> {
  const subject = "the kernel's gzip payload";
  const output = new BoundedOutput(unpackedBytes, subject);
  // A copy, as streams do not take what may be shared memory.
  const stream = new Blob([Uint8Array.from(packed)]).stream().pipeThrough(new DecompressionStream('gzip'));
  await orCorrupt(subject, async () => {
    for await (const chunk of stream) output.add(chunk);
  });
  return output.finish();
}

/**
 * Unpacks Zstandard to exactly `unpackedBytes`. Rejects with {@link LoadError} for anything else.
 *
 * In one piece, as the window of a kernel's stream (128 MiB) is larger than the kernel.
 */
export async function unpackZstd(packed: Uint8Array, unpackedBytes: number): Promise<Uint8Array> {
  const subject = "the kernel's Zstandard payload";
  const decoder = new ZSTDDecoder();
  await decoder.init();
  let output: Uint8Array = new Uint8Array(0);
  await orCorrupt(subject, () => {
    // Zero would let the decoder choose the size by what the payload claims.
    if (unpackedBytes > 0) output = decoder.decode(packed, unpackedBytes);
  });
  // The decoder gives nothing for what it cannot read.
  if (output.length === unpackedBytes && unpackedBytes > 0) return output;
  throw new LoadError(
    'corrupt',
    `${subject} is damaged, or does not hold the ${unpackedBytes} bytes it claims`,
  );
}

/** What a library throws is damage in the file. */
async function orCorrupt(subject: string, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof LoadError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoadError('corrupt', `${subject} cannot be unpacked: ${reason}`, { cause });
  }
}
