/** What `--instructions FILE[,from=N][,count=N]` means. */

import { OptionError } from '../demo/options.ts';

/** A window of instructions, and where its lines go. */
export interface InstructionsOption {
  readonly path: string;
  /** Number of the first, counted from the start of the guest; or a symbol or an address (`0x…`) to wait for. */
  readonly from: number | string;
  readonly count: number;
}

const COUNT = 100_000;

/** Reads the words behind the file's name, from the end, so that the name itself may have commas. Throws OptionError. */
export function parseInstructions(text: string): InstructionsOption {
  const refuse = (problem: string): never => {
    throw new OptionError(`--instructions ${text}: ${problem}`);
  };
  let path = text;
  let from: number | string = 0;
  let count = COUNT;
  for (;;) {
    const match = /^(.*),(from|count)=([^,]*)$/.exec(path);
    if (match === null) break;
    const [, before, word, value] = match as unknown as [string, string, string, string];
    path = before;
    const number = /^\d+$/.test(value) ? Number(value) : undefined;
    if (number !== undefined && !Number.isSafeInteger(number)) refuse(`${word} is too large`);
    if (word === 'count') count = number ?? refuse('count is a number');
    else from = number ?? value;
  }
  if (path === '') refuse('the name of a file is needed');
  if (from === '' || (typeof from === 'string' && from.startsWith('-')))
    refuse('from is a number, a symbol or an address');
  if (count === 0) refuse('count is at least 1');
  return { path, from, count };
}
