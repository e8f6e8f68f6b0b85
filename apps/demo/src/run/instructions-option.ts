/** What `--instructions FILE[,from=N][,count=N]` means. */

import { OptionError } from '../demo/options.ts';

/** A window of instructions, and where its lines go. */
export interface InstructionsOption {
  readonly path: string;
  /** Number of the first, counted from the start of the guest. */
  readonly from: number;
  readonly count: number;
}

const COUNT = 100_000;

/** Reads the words behind the file's name, from the end, so that the name itself may have commas. Throws OptionError. */
export function parseInstructions(text: string): InstructionsOption {
  let path = text;
  const numbers = { from: 0, count: COUNT };
  for (;;) {
    const match = /^(.*),(from|count)=([^,]*)$/.exec(path);
    if (match === null) break;
    path = match[1]!;
    const value = /^\d+$/.test(match[3]!) ? Number(match[3]) : Number.NaN;
    if (!Number.isSafeInteger(value))
      throw new OptionError(`--instructions ${text}: ${match[2]} is a number`);
    numbers[match[2] as 'from' | 'count'] = value;
  }
  if (path === '') throw new OptionError(`--instructions ${text}: the name of a file is needed`);
  if (numbers.count === 0) throw new OptionError(`--instructions ${text}: count is at least 1`);
  return { path, ...numbers };
}
