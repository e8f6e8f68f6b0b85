/** What a ring operation came to: a full or empty ring is an everyday answer, a corrupt one ends the channel. */

/** Answer of `RingReader.next` and of the writes of `RingWriter`. */
export const RingStatus = {
  DONE: 0,
  /** Nothing to read. */
  EMPTY: 1,
  /** No room; the pending send size is set and the other end will signal. */
  FULL: 2,
  /** The other end broke the ring; the reader's or writer's `corruption` says how. */
  CORRUPT: 3,
} as const;

/** One of `RingStatus`. */
export type RingStatus = (typeof RingStatus)[keyof typeof RingStatus];
