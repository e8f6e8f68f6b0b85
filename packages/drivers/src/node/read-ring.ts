/** The memory that a reading thread shares with those who want reads: requests in order, answered in order. */

/** Requests in flight at most; a power of two. */
export const SLOTS = 256;

// Control words (i32): how many requests were made and answered, wrapping; who sleeps; how many reads were slow.
export const MADE = 0;
export const ANSWERED = 1;
export const THREAD_SLEEPS = 2;
export const ASKER_SLEEPS = 3;
export const SLOW_READS = 4;
const CONTROL_BYTES = 64;

// A request, in f64 words: which file and where, which memory and where, how much; then bytes read, -1 when it failed.
export const FILE = 0;
export const FILE_OFFSET = 1;
export const MEMORY = 2;
export const MEMORY_OFFSET = 3;
export const LENGTH = 4;
export const RESULT = 5;
const REQUEST_WORDS = 8;

/** Both views of one ring. */
export interface ReadRing {
  readonly buffer: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly requests: Float64Array;
}

/** Makes a ring, or looks at one that another thread made. */
export function readRing(
  buffer = new SharedArrayBuffer(CONTROL_BYTES + SLOTS * REQUEST_WORDS * 8),
): ReadRing {
  return {
    buffer,
    control: new Int32Array(buffer, 0, CONTROL_BYTES / 4),
    requests: new Float64Array(buffer, CONTROL_BYTES),
  };
}

/** First word of a request, by its number. */
export function requestAt(number: number): number {
  return (number & (SLOTS - 1)) * REQUEST_WORDS;
}

/** In place of a memory's id: no read, all memories are done with. */
export const FORGET = -1;

/** What the asking thread tells besides: memory that requests name by its id. */
export interface MemoryMessage {
  readonly id: number;
  readonly memory: SharedArrayBuffer;
}
