/** Bytes that a guest sends one by one, to the terminal or a file in larger pieces. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { OptionError } from '../demo/options.ts';
import type { Output } from './run-options.ts';

const BATCH_BYTES = 8192;

/** Where the bytes of a port go. They leave at the next turn of the event loop at the latest. */
export class GuestOutput {
  readonly #batch = new Uint8Array(BATCH_BYTES);
  #length = 0;
  #isScheduled = false;
  readonly #file: number | undefined;
  readonly #stream: NodeJS.WritableStream | undefined;
  readonly #hear: ((batch: Uint8Array) => void) | undefined;

  /** `hear` is shown all that passes. Throws {@link OptionError} when the file cannot be written. */
  constructor(to: Output, hear?: (batch: Uint8Array) => void) {
    this.#stream = to === 'stdio' ? process.stdout : undefined;
    this.#file = typeof to === 'object' ? openFile(to.file) : undefined;
    this.#hear = hear;
  }

  write(byte: number): void {
    this.#batch[this.#length] = byte;
    this.#length += 1;
    if (this.#length === BATCH_BYTES) this.flush();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.flush();
      });
    }
  }

  flush(): void {
    if (this.#length === 0) return;
    const bytes = this.#batch.slice(0, this.#length);
    this.#length = 0;
    this.#hear?.(bytes);
    this.#stream?.write(bytes);
    if (this.#file !== undefined) writeSync(this.#file, bytes);
  }

  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new OptionError(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
