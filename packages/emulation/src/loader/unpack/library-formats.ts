/** Formats that others unpack: gzip by the web platform, Zstandard by fzstd. */

import { decompress } from 'fzstd';
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
 * Unpacks Zstandard to `unpackedBytes`. Rejects with {@link LoadError} for damage.
 *
 * Into one buffer, as the window of a kernel's stream (128 MiB) is larger than the kernel. The library does not tell how
 * much it wrote, so that a kernel which claims a wrong size is not noticed here.
 */
export async function unpackZstd(packed: Uint8Array, unpackedBytes: number): Promise<Uint8Array> {
  const output = new Uint8Array(unpackedBytes);
  await orCorrupt("the kernel's Zstandard payload", () => void decompress(packed, output));
  return output;
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
