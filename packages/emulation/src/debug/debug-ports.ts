/** Two ports for test kernels in QEMU's convention: `isa-debug-exit` and `debugcon`. A real board has neither. */

import type { ByteSink, RegisterBlock, Width } from '../bus/ports.ts';

/** What a debug console answers to a read, by which a program finds it. */
const DEBUGCON_SIGNATURE = 0xe9;

/** Ends the run with a code of the guest's choice; four ports, by convention from 501h or F4h. Keeps no state. */
export class DebugExit implements RegisterBlock {
  readonly widest = 4;
  readonly #exit: (code: number) => void;

  /** `exit` gets the code that QEMU would end with: twice the written value and one, 8 bits of it. */
  constructor(exit: (code: number) => void) {
    this.#exit = exit;
  }

  readPort(): number {
    return 0;
  }

  writePort(_offset: number, _width: Width, value: number): void {
    this.#exit(((value << 1) | 1) & 0xff);
  }
}

/** Takes bytes without any handshake; one port, by convention E9h or 402h. Keeps no state. */
export class DebugConsole implements RegisterBlock {
  readonly #out: ByteSink;

  constructor(out: ByteSink) {
    this.#out = out;
  }

  readPort(): number {
    return DEBUGCON_SIGNATURE;
  }

  writePort(_offset: number, _width: Width, value: number): void {
    this.#out.write(value);
  }
}
