/** Frames that wait for room in a guest: in order, bounded in number and bytes. */

import type { Frame } from '@viridian/drivers';

const MOST_FRAMES = 4096;
const MOST_BYTES = 8 << 20;

/** First in, first out. What does not fit is refused. */
export class FrameQueue {
  #frames: (Frame | undefined)[] = [];
  #counts: number[] = [];
  #first = 0;
  #bytes = 0;

  get length(): number {
    return this.#frames.length - this.#first;
  }

  get empty(): boolean {
    return this.#first === this.#frames.length;
  }

  /** How many ordinary frames the first one becomes. */
  get firstCount(): number {
    return this.#counts[this.#first]!;
  }

  /** Keeps a frame that becomes `count` ordinary ones. False when there is no room for it. */
  add(frame: Frame, count: number): boolean {
    if (this.length >= MOST_FRAMES || this.#bytes + frame.bytes.length > MOST_BYTES) return false;
    this.#frames.push(frame);
    this.#counts.push(count);
    this.#bytes += frame.bytes.length;
    return true;
  }

  /** Takes the first one out; there must be one. */
  take(): Frame {
    const frame = this.#frames[this.#first]!;
    this.#frames[this.#first] = undefined;
    this.#first += 1;
    this.#bytes -= frame.bytes.length;
    // Moved up only when it pays.
    if (this.#first * 2 >= this.#frames.length) {
      this.#frames.splice(0, this.#first);
      this.#counts.splice(0, this.#first);
      this.#first = 0;
    }
    return frame;
  }
}
