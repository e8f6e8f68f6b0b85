/** The pages of one ring: a control page and a data area that may be scattered. VMBus, Ring Buffers. */

import { RingControl } from '@viridian/protocols/vmbus';
import { PAGE_BYTES, type SharedPages } from './guest-memory.ts';

const WRITE_INDEX = RingControl.IN / 4;
const READ_INDEX = RingControl.OUT / 4;
const INTERRUPT_MASK = RingControl.INTERRUPT_MASK / 4;
const PENDING_SEND_SIZE = RingControl.PENDING_SEND_SIZE / 4;
const FEATURE_BITS = RingControl.FEATURE_BITS / 4;

const PAGE_SHIFT = 12;

/**
 * Words of a ring by data position (bytes from the start of the data area, multiples of 8). Every position has all
 * eight bytes in one page, so packets can be copied word by word whatever way the pages lie.
 *
 * The control words are only touched with `Atomics`, whose sequential consistency gives every fence the protocol wants.
 */
export class RingMemory {
  /** The whole shared buffer; index it with `wordAt`. */
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Size of the data area. */
  readonly dataBytes: number;
  readonly #control: number;
  /** Index of the first word of each data page. */
  readonly #pageWords: Float64Array;
  /** For each data page, the data position where the run of neighbouring pages that it belongs to ends. */
  readonly #runEnds: Float64Array;
  /** Index of data word 0 when all data pages are neighbours, else -1. */
  readonly #base: number;

  /** Throws RangeError for fewer than two pages or offsets that are no place for a page. */
  constructor(pages: SharedPages) {
    const { buffer, offsets } = pages;
    if (offsets.length < 2) throw new RangeError('a ring has a control page and at least one data page');
    for (const offset of offsets) {
      if (!Number.isInteger(offset) || offset < 0 || offset % 8 !== 0) {
        throw new RangeError(`page offset ${offset} is not a multiple of 8`);
      }
      if (offset + PAGE_BYTES > buffer.byteLength)
        throw new RangeError(`page at ${offset} is past the buffer`);
    }
    this.words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    this.bytes = new Uint8Array(buffer);
    this.#control = offsets[0]! / 4;
    const data = offsets.slice(1);
    this.dataBytes = data.length * PAGE_BYTES;
    this.#pageWords = Float64Array.from(data, (offset) => offset / 4);
    this.#runEnds = runEnds(data);
    this.#base = this.#runEnds[0] === this.dataBytes ? data[0]! / 4 : -1;
  }

  get contiguous(): boolean {
    return this.#base >= 0;
  }

  /** Index in `words` of the word at data position `position`. */
  wordAt(position: number): number {
    if (this.#base >= 0) return this.#base + (position >>> 2);
    return this.#pageWords[position >>> PAGE_SHIFT]! + ((position & (PAGE_BYTES - 1)) >>> 2);
  }

  /** Bytes from `position` that lie behind one another in memory. */
  runFrom(position: number): number {
    if (this.#base >= 0) return this.dataBytes - position;
    return this.#runEnds[position >>> PAGE_SHIFT]! - position;
  }

  /** The position `bytes` further on; `bytes` is at most the size of the data area. */
  advance(position: number, bytes: number): number {
    const next = position + bytes;
    return next >= this.dataBytes ? next - this.dataBytes : next;
  }

  /** Bytes that a writer at `write` may think free while the reader is at `read`: all of them when the ring is empty. */
  rawFree(read: number, write: number): number {
    return write >= read ? this.dataBytes - (write - read) : read - write;
  }

  /** Whether an index that the other end wrote can be one. */
  isIndex(value: number): boolean {
    return value >= 0 && value < this.dataBytes && (value & 7) === 0;
  }

  /** Copies `count` words from the ring, wrapping at the end of the data area. */
  copyOut(position: number, target: Int32Array, targetWord: number, count: number): void {
    const { words } = this;
    let from = position;
    let to = targetWord;
    let left = count;
    while (left > 0) {
      const run = this.runFrom(from) >>> 2;
      const step = Math.min(run, left);
      const start = this.wordAt(from);
      for (let i = 0; i < step; i += 1) target[to + i] = words[start + i]!;
      to += step;
      left -= step;
      from = this.advance(from, step * 4);
    }
  }

  /** Copies `count` words into the ring, wrapping at the end of the data area. */
  copyIn(position: number, source: Int32Array, count: number): void {
    const { words } = this;
    let to = position;
    let from = 0;
    while (from < count) {
      const run = this.runFrom(to) >>> 2;
      const step = Math.min(run, count - from);
      const start = this.wordAt(to);
      for (let i = 0; i < step; i += 1) words[start + i] = source[from + i]!;
      from += step;
      to = this.advance(to, step * 4);
    }
  }

  loadWriteIndex(): number {
    return Atomics.load(this.words, this.#control + WRITE_INDEX);
  }

  storeWriteIndex(value: number): void {
    Atomics.store(this.words, this.#control + WRITE_INDEX, value);
  }

  loadReadIndex(): number {
    return Atomics.load(this.words, this.#control + READ_INDEX);
  }

  storeReadIndex(value: number): void {
    Atomics.store(this.words, this.#control + READ_INDEX, value);
  }

  /** Whether the reader wants no signals for new data. */
  get masked(): boolean {
    return Atomics.load(this.words, this.#control + INTERRUPT_MASK) !== 0;
  }

  set masked(value: boolean) {
    Atomics.store(this.words, this.#control + INTERRUPT_MASK, value ? 1 : 0);
  }

  /** Bytes that the blocked sender waits for, as an unsigned number; 0 for none. */
  get pendingSendSize(): number {
    return Atomics.load(this.words, this.#control + PENDING_SEND_SIZE) >>> 0;
  }

  set pendingSendSize(value: number) {
    Atomics.store(this.words, this.#control + PENDING_SEND_SIZE, value);
  }

  get featureBits(): number {
    return Atomics.load(this.words, this.#control + FEATURE_BITS) >>> 0;
  }

  set featureBits(value: number) {
    Atomics.store(this.words, this.#control + FEATURE_BITS, value);
  }
}

function runEnds(offsets: readonly number[]): Float64Array {
  const ends = new Float64Array(offsets.length);
  let end = offsets.length * PAGE_BYTES;
  for (let page = offsets.length - 1; page >= 0; page -= 1) {
    ends[page] = end;
    const neighbours = page > 0 && offsets[page - 1]! + PAGE_BYTES === offsets[page];
    if (!neighbours) end = page * PAGE_BYTES;
  }
  return ends;
}
