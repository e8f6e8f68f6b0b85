/** A byte store that finishes requests out of order, and can lose what was not flushed, as a power cut does. */

import type { Buffers } from '../../src/block/block-device.ts';
import { buffersLength, copyFromBuffers } from '../../src/block/buffers.ts';
import type { ByteStore } from '../../src/store/byte-store.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';

/** Repeatable pseudo-random numbers below `limit` (a linear congruential generator). */
export function seeded(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number };

export class SlowStore implements ByteStore {
  readonly readOnly = false;
  readonly #now: MemoryStore;
  /** What a power cut leaves for certain, and the changes since, in order of completion. */
  readonly #durable: MemoryStore;
  #since: Change[] = [];
  readonly #random: (limit: number) => number;

  constructor(content: Uint8Array | undefined, seed: number) {
    this.#now = new MemoryStore(content);
    this.#durable = new MemoryStore(content);
    this.#random = seeded(seed);
  }

  get sizeBytes(): number {
    return this.#now.sizeBytes;
  }

  async read(offset: number, into: Buffers): Promise<void> {
    await this.#later();
    this.#now.read(offset, into);
  }

  async write(offset: number, from: Buffers): Promise<void> {
    await this.#later();
    const bytes = new Uint8Array(buffersLength(from));
    copyFromBuffers(from, bytes, 0);
    this.#now.write(offset, [bytes]);
    this.#since.push({ at: offset, bytes });
    await this.#later();
  }

  async resize(sizeBytes: number): Promise<void> {
    await this.#later();
    this.#now.resize(sizeBytes);
    this.#since.push({ size: sizeBytes });
  }

  async flush(): Promise<void> {
    const before = this.#since.length;
    await this.#later();
    for (const change of this.#since.splice(0, before)) apply(this.#durable, change);
  }

  async close(): Promise<void> {
    await this.#now.close();
  }

  inspect() {
    return this.#now.inspect();
  }

  /** The bytes as they are now: what the next process finds when this one is killed. */
  afterKill(): Uint8Array<ArrayBuffer> {
    return this.#now.toBytes();
  }

  /** The bytes after a power cut: what was flushed, and a random part of what was not. */
  afterPowerCut(): Uint8Array<ArrayBuffer> {
    const left = new MemoryStore(this.#durable.toBytes());
    for (const change of this.#since) if (this.#random(2) === 0) apply(left, change);
    return left.toBytes();
  }

  async #later(): Promise<void> {
    for (let steps = this.#random(12); steps > 0; steps--) await undefined;
  }
}

function apply(store: MemoryStore, change: Change): void {
  if ('size' in change) store.resize(change.size);
  else store.write(change.at, [change.bytes]);
}
