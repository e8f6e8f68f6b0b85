/** All bytes of one disk onto another, without those that are zero. */

import type { BlockDevice } from '../block/block-device.ts';

/** What a copy listens to. */
export interface CopyOptions {
  /** Called now and then with the bytes that are done. */
  readonly progress?: (doneBytes: number) => void;
  /** Ends the copy between two pieces; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const PIECE_BYTES = 1024 * 1024;
/** What is left out when it is zero: less than an image's blocks, more than is worth a request of its own. */
const GRAIN_BYTES = 64 * 1024;
const IN_FLIGHT = 4;

/**
 * Copies `source` onto `target`, which must read as zeros so far and be no smaller, and flushes it. Rejects with what the
 * disks reject with; nothing is in flight then.
 */
export async function copyDisk(
  source: BlockDevice,
  target: BlockDevice,
  options: CopyOptions = {},
): Promise<void> {
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    const bytes = new Uint8Array(PIECE_BYTES);
    while (next < source.sizeBytes) {
      options.signal?.throwIfAborted();
      const at = next;
      const piece = bytes.subarray(0, Math.min(PIECE_BYTES, source.sizeBytes - at));
      next += piece.length;
      await source.read(at, [piece]);
      await writeGrains(target, at, piece);
      done += piece.length;
      options.progress?.(done);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  await target.flush();
}

async function writeGrains(target: BlockDevice, offset: number, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length; at += GRAIN_BYTES) {
    const grain = piece.subarray(at, at + GRAIN_BYTES);
    if (!isZero(grain)) await writeWhole(target, offset + at, grain);
  }
}

/** The last grain may end within a block of the target. */
async function writeWhole(target: BlockDevice, offset: number, grain: Uint8Array): Promise<void> {
  const block = target.logicalBlockBytes;
  const length = Math.ceil(grain.length / block) * block;
  if (length === grain.length) return void (await target.write(offset, [grain]));
  const padded = new Uint8Array(length);
  padded.set(grain);
  await target.write(offset, [padded]);
}

function isZero(bytes: Uint8Array): boolean {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}
