/** A byte store in memory that holds only what was written. */

import type { InspectNode } from '@viridian/trace';
import { BlockError, type Buffers } from '../block/block-device.ts';
import { buffersLength } from '../block/buffers.ts';
import type { ByteStore } from './byte-store.ts';

/** How a memory store is laid out. */
export interface MemoryStoreOptions {
  /** The unit in which memory is taken: 64 KiB unless told. */
  readonly chunkBytes?: number;
  readonly readOnly?: boolean;
}

/** Sparse bytes; every request completes before the call returns. */
export class MemoryStore implements ByteStore {
  readonly readOnly: boolean;
  readonly #chunkBytes: number;
  readonly #chunks = new Map<number, Uint8Array>();
  #sizeBytes = 0;
  #closed = false;

  /** Starts with a copy of `content`, or empty. */
  constructor(content?: Uint8Array, options: MemoryStoreOptions = {}) {
    this.#chunkBytes = options.chunkBytes ?? 65536;
    this.readOnly = false;
    if (content !== undefined && content.length > 0) this.write(0, [content]);
    this.readOnly = options.readOnly ?? false;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Memory taken by chunks. */
  get allocatedBytes(): number {
    return this.#chunks.size * this.#chunkBytes;
  }

  read(offset: number, into: Buffers): void {
    this.#admit(offset, buffersLength(into), this.#sizeBytes);
    let at = offset;
    for (const buffer of into) {
      for (let done = 0; done < buffer.length; ) {
        const inChunk = at % this.#chunkBytes;
        const length = Math.min(buffer.length - done, this.#chunkBytes - inChunk);
        const chunk = this.#chunks.get((at - inChunk) / this.#chunkBytes);
        if (chunk === undefined) buffer.fill(0, done, done + length);
        else buffer.set(chunk.subarray(inChunk, inChunk + length), done);
        done += length;
        at += length;
      }
    }
  }

  write(offset: number, from: Buffers): void {
    this.#admitChange();
    this.#admit(offset, buffersLength(from), Number.MAX_SAFE_INTEGER);
    let at = offset;
    for (const buffer of from) {
      for (let done = 0; done < buffer.length; ) {
        const inChunk = at % this.#chunkBytes;
        const length = Math.min(buffer.length - done, this.#chunkBytes - inChunk);
        this.#chunk((at - inChunk) / this.#chunkBytes).set(buffer.subarray(done, done + length), inChunk);
        done += length;
        at += length;
      }
    }
    if (at > offset) this.#sizeBytes = Math.max(this.#sizeBytes, at);
  }

  resize(sizeBytes: number): void {
    this.#admitChange();
    this.#admit(0, sizeBytes, Number.MAX_SAFE_INTEGER);
    if (sizeBytes < this.#sizeBytes) this.discard(sizeBytes, this.#sizeBytes - sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  discard(offset: number, lengthBytes: number): void {
    this.#admitChange();
    this.#admit(offset, lengthBytes, this.#sizeBytes);
    const end = offset + lengthBytes;
    for (const [index, chunk] of this.#chunksWithin(offset, end)) {
      const start = index * this.#chunkBytes;
      const to = end >= this.#sizeBytes ? this.#chunkBytes : end - start;
      if (offset <= start && to >= this.#chunkBytes) this.#chunks.delete(index);
      else chunk.fill(0, Math.max(offset - start, 0), to);
    }
  }

  flush(): void {
    this.#admit(0, 0, 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** A copy of everything, e.g. to save an image that was made in memory. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#sizeBytes);
    for (const [index, chunk] of this.#chunks) {
      const start = index * this.#chunkBytes;
      bytes.set(chunk.subarray(0, Math.min(chunk.length, this.#sizeBytes - start)), start);
    }
    return bytes;
  }

  inspect(): InspectNode {
    return { kind: 'memory', sizeBytes: this.#sizeBytes, allocatedBytes: this.allocatedBytes };
  }

  #chunk(index: number): Uint8Array {
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = new Uint8Array(this.#chunkBytes);
      this.#chunks.set(index, chunk);
    }
    return chunk;
  }

  /** The chunks that exist and touch the range, by walking whichever is shorter: the range or the chunks. */
  #chunksWithin(offset: number, end: number): [number, Uint8Array][] {
    const first = Math.floor(offset / this.#chunkBytes);
    const behind = Math.ceil(end / this.#chunkBytes);
    if (behind - first > this.#chunks.size) {
      return [...this.#chunks].filter(([index]) => index >= first && index < behind);
    }
    const found: [number, Uint8Array][] = [];
    for (let index = first; index < behind; index++) {
      const chunk = this.#chunks.get(index);
      if (chunk !== undefined) found.push([index, chunk]);
    }
    return found;
  }

  #admit(offset: number, length: number, limit: number): void {
    if (this.#closed) throw new BlockError('closed', 'the store is closed', { offset });
    const sane = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!sane || length > limit - offset) {
      throw new BlockError('out-of-range', `${length} bytes at ${offset}: the store has ${this.#sizeBytes}`, {
        offset,
      });
    }
  }

  #admitChange(): void {
    if (this.readOnly) throw new BlockError('read-only', 'the store takes no writes');
  }
}
