/** System port A: the fast reset, and the A20 gate, which is always open (IBM PS/2; 82371AB PIIX4, Port 92). */

import type { RegisterBlock } from '../bus/ports.ts';

const RESET = 1;
const A20 = 2;

/** Port 92h on a PC. */
export class SystemPortA implements RegisterBlock {
  readonly #reset: () => void;

  /** `reset` is called when the guest asks for it. */
  constructor(reset: () => void) {
    this.#reset = reset;
  }

  readPort(): number {
    return A20;
  }

  writePort(_offset: number, _width: number, value: number): void {
    if ((value & RESET) !== 0) this.#reset();
  }
}
