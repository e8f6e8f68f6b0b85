/** Interrupt wires of the board: one that leads to both controllers, and one that several devices pull. */

import type { InterruptLine } from '../bus/ports.ts';

/** A line that sets all of `lines`. */
export function split(...lines: readonly InterruptLine[]): InterruptLine {
  return {
    set: (high) => {
      for (const line of lines) line.set(high);
    },
  };
}

/** One wire with any number of ends; it is high while one of them is. */
export class SharedLine {
  readonly #line: InterruptLine;
  readonly #ends: boolean[] = [];

  constructor(line: InterruptLine) {
    this.#line = line;
  }

  /** Another end, low at first. */
  end(): InterruptLine {
    const index = this.#ends.push(false) - 1;
    return {
      set: (high) => {
        if (this.#ends[index] === high) return;
        this.#ends[index] = high;
        this.#line.set(this.#ends.includes(true));
      },
    };
  }
}
