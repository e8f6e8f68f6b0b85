/** The file of `--instructions`: a line an instruction. */

import { closeSync, openSync, writeSync } from 'node:fs';
import type { AddressNames } from '@viridian/emulation/loader';
import { formatTraceLine, type TraceLine } from '@viridian/x86';
import { OptionError } from '../demo/options.ts';

const BATCH_CHARACTERS = 1 << 16;
const NUMBER_WIDTH = 11;
const NAME_WIDTH = 32;

/** Takes lines, writes them in larger pieces. */
export class InstructionFile {
  readonly #file: number;
  readonly #names: AddressNames | undefined;
  #waiting = '';

  /** Throws {@link OptionError} when the file cannot be written. */
  constructor(path: string, names: AddressNames | undefined) {
    this.#names = names;
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new OptionError(`--instructions ${path} cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  write(line: TraceLine): void {
    const number = String(line.number).padStart(NUMBER_WIDTH);
    const name = this.#names === undefined ? '' : `  ${this.#name(line.rip).padEnd(NAME_WIDTH)}`;
    if (line.afterInterrupt) this.#waiting += `${' '.repeat(NUMBER_WIDTH)}  -- an interrupt --\n`;
    this.#waiting += `${number}${name}  ${formatTraceLine(line)}\n`;
    if (this.#waiting.length >= BATCH_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #name(rip: bigint): string {
    return this.#names?.describe(rip) ?? '';
  }

  #flush(): void {
    writeSync(this.#file, this.#waiting);
    this.#waiting = '';
  }
}
