/** A store that nobody writes, seen through changes that are kept beside it. */

import { BlockError, type Buffers } from '../block/block-device.ts';
import { buffersLength, copyIntoBuffers } from '../block/buffers.ts';
import type { ByteStore } from '../store/byte-store.ts';
import type { LogChange } from './log-entry.ts';
import type { Replay } from './log-replay.ts';

/** Read-only; closes what it covers. */
export class PatchedStore implements ByteStore {
  readonly readOnly = true;
  readonly sizeBytes: number;
  readonly #base: ByteStore;
  readonly #changes: readonly LogChange[];

  constructor(base: ByteStore, replay: Replay) {
    this.#base = base;
    this.#changes = replay.changes;
    this.sizeBytes = replay.fileBytes;
  }

  async read(offset: number, into: Buffers): Promise<void> {
    const length = buffersLength(into);
    const bytes = new Uint8Array(length);
    const known = Math.min(length, Math.max(0, this.#base.sizeBytes - offset));
    if (known > 0) await this.#base.read(offset, [bytes.subarray(0, known)]);
    for (const change of this.#changes) patch(bytes, offset, change);
    copyIntoBuffers(bytes, 0, into);
  }

  write(): never {
    throw readOnly();
  }

  resize(): never {
    throw readOnly();
  }

  flush(): void {}

  close(): Promise<void> {
    return this.#base.close();
  }

  inspect() {
    return { kind: 'replayed', changes: this.#changes.length, base: this.#base };
  }
}

function patch(bytes: Uint8Array, offset: number, change: LogChange): void {
  const length = 'bytes' in change ? change.bytes.length : change.zeroBytes;
  const from = Math.max(offset, change.offset);
  const to = Math.min(offset + bytes.length, change.offset + length);
  if (from >= to) return;
  if ('bytes' in change) {
    bytes.set(change.bytes.subarray(from - change.offset, to - change.offset), from - offset);
  } else {
    bytes.fill(0, from - offset, to - offset);
  }
}

function readOnly(): BlockError {
  return new BlockError('read-only', 'the store takes no writes');
}
