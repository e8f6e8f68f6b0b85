/**
 * Short reads by a thread of our own. Node's way costs a wake-up of one of its threads for each read and one of ours for
 * its answer: more than the read itself when the bytes are in the host's memory. Here a batch costs one of each.
 */

import type { Worker } from 'node:worker_threads';
import {
  ANSWERED,
  ASKER_SLEEPS,
  FILE,
  FILE_OFFSET,
  FORGET,
  LENGTH,
  MADE,
  MEMORY,
  MEMORY_OFFSET,
  type MemoryMessage,
  RESULT,
  readRing,
  requestAt,
  SLOTS,
  SLOW_READS,
  THREAD_SLEEPS,
} from './read-ring.ts';

/** Longer reads are worth a wake-up. */
const MOST_BYTES = 64 * 1024;
/** Reads that go the usual way after slow ones: the thread would serve one after the other, Node's threads four at once. */
const PAUSE = 256;

/** Starts a worker thread: `new Worker(entry, { workerData })`. */
export type StartThread = (entry: URL, workerData: SharedArrayBuffer) => Worker;

/** Reads for any number of files. It does not keep a process alive that has nothing else to do. */
export class ReadThread {
  readonly #ring = readRing();
  readonly #thread: Worker;
  readonly #done: (((bytes: number) => void) | undefined)[] = new Array(SLOTS).fill(undefined);
  #ids = new WeakMap<SharedArrayBuffer, number>();
  #nextId = 0;
  #users = 0;
  #made = 0;
  #seen = 0;
  #slowReads = 0;
  #pause = 0;
  #waiting = false;
  #closing = false;
  #ended = false;

  constructor(start: StartThread) {
    const entry = import.meta.url.replace(/read-thread(\.\w+)$/, 'read-thread-worker$1');
    this.#thread = start(new URL(entry), this.#ring.buffer);
    this.#thread.unref();
    this.#thread.on('error', () => this.#end());
    this.#thread.on('exit', () => this.#end());
  }

  /** A file is going to use the thread. */
  attach(): void {
    this.#users += 1;
  }

  /** It does not any more. The thread lets go of memory that it read into when nobody does. */
  detach(): void {
    this.#users -= 1;
    if (this.#users > 0 || this.#ended) return;
    this.#ids = new WeakMap();
    this.#ring.requests[requestAt(this.#made) + MEMORY] = FORGET;
    this.#submit(() => {});
  }

  /** Whether a read into `into` may be asked of the thread now. */
  takes(into: Uint8Array): into is Uint8Array<SharedArrayBuffer> {
    if (this.#ended || into.length > MOST_BYTES || !(into.buffer instanceof SharedArrayBuffer)) return false;
    if (((this.#made - this.#seen) | 0) === SLOTS) return false;
    if (this.#pause === 0) return true;
    this.#pause -= 1;
    return false;
  }

  /**
   * Reads into memory that {@link takes} has just agreed to. `done` gets the number of bytes: 0 at the file's end, -1 when
   * it failed for whatever reason.
   */
  read(fd: number, into: Uint8Array<SharedArrayBuffer>, offset: number, done: (bytes: number) => void): void {
    const { requests } = this.#ring;
    const at = requestAt(this.#made);
    requests[at + FILE] = fd;
    requests[at + FILE_OFFSET] = offset;
    requests[at + MEMORY] = this.#idOf(into.buffer);
    requests[at + MEMORY_OFFSET] = into.byteOffset;
    requests[at + LENGTH] = into.length;
    this.#submit(done);
  }

  /** Ends the thread. Reads that are in flight fail. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#thread.terminate();
  }

  /** The next slot has been filled. */
  #submit(done: (bytes: number) => void): void {
    const { control } = this.#ring;
    this.#done[this.#made & (SLOTS - 1)] = done;
    this.#made = (this.#made + 1) | 0;
    Atomics.store(control, MADE, this.#made);
    if (Atomics.load(control, THREAD_SLEEPS) === 1) Atomics.notify(control, MADE);
    if (this.#waiting) return;
    this.#waiting = true;
    this.#thread.ref();
    this.#wait();
  }

  /** Hands out answers until there are none left to come. */
  #wait(): void {
    const { control } = this.#ring;
    while (!this.#ended) {
      this.#answer();
      if (this.#seen === this.#made) {
        this.#waiting = false;
        // Who closes waits for the thread's end: nothing else may keep the process alive until then.
        if (!this.#closing) this.#thread.unref();
        return;
      }
      const woken = Atomics.waitAsync(control, ANSWERED, this.#seen);
      if (!woken.async) continue;
      // The flag comes last: the thread takes it back with its notification, which may be that of an answer just seen. An
      // answer that came before the flag woke nobody.
      Atomics.store(control, ASKER_SLEEPS, 1);
      if (Atomics.load(control, ANSWERED) !== this.#seen) Atomics.notify(control, ANSWERED);
      void woken.value.then(() => this.#wait());
      return;
    }
  }

  #answer(): void {
    const { control, requests } = this.#ring;
    const answered = Atomics.load(control, ANSWERED);
    const batch = (answered - this.#seen) | 0;
    while (this.#seen !== answered) this.#settle(requests[requestAt(this.#seen) + RESULT]!);
    const slowReads = Atomics.load(control, SLOW_READS);
    // One of many may be a thread that had to wait for a processor.
    if ((slowReads - this.#slowReads) * 4 > batch) this.#pause = PAUSE;
    this.#slowReads = slowReads;
  }

  #settle(bytes: number): void {
    const slot = this.#seen & (SLOTS - 1);
    const done = this.#done[slot]!;
    this.#done[slot] = undefined;
    this.#seen = (this.#seen + 1) | 0;
    done(bytes);
  }

  #idOf(memory: SharedArrayBuffer): number {
    let id = this.#ids.get(memory);
    if (id === undefined) {
      id = this.#nextId++;
      this.#ids.set(memory, id);
      this.#thread.postMessage({ id, memory } satisfies MemoryMessage);
    }
    return id;
  }

  #end(): void {
    this.#ended = true;
    while (this.#seen !== this.#made) this.#settle(-1);
  }
}
