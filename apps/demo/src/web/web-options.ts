/** The options of `viridian web`, checked. */

import { OptionError } from '../demo/options.ts';
import type { WebGuestOptions } from './web-guest.ts';

/** What to serve, and where. */
export interface WebOptions extends WebGuestOptions {
  readonly port: number;
}

const DEFAULT_PORT = 8080;
const MOST_PORT = 0xffff;
/** What a browser gives one memory, less what the core needs. */
const MOST_MEMORY_MIB = 3072;
const MOST_PROCESSORS = 64;

/** Checks what the command line gave. Throws {@link OptionError}. */
export function checkWebOptions(given: Readonly<Record<string, string | undefined>>): WebOptions {
  const engine = given.engine ?? 'jit';
  if (engine !== 'jit' && engine !== 'interpreter') {
    throw new OptionError(`--engine ${engine}: the engines are 'interpreter' and 'jit'`);
  }
  if (given.kernel === undefined && given.initrd !== undefined) {
    throw new OptionError('--initrd needs --kernel: without one the guest is Debian’s');
  }
  return {
    port: integer('port', given.port, DEFAULT_PORT, 0, MOST_PORT),
    kernel: given.kernel,
    initrd: given.initrd,
    append: given.append,
    memoryMiB: integer('memory', given.memory, 256, 16, MOST_MEMORY_MIB),
    processors: integer('cpus', given.cpus, 1, 1, MOST_PROCESSORS),
    engine,
  };
}

function integer(name: string, text: string | undefined, usual: number, least: number, most: number): number {
  if (text === undefined) return usual;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new OptionError(`--${name} ${text}: a whole number from ${least} to ${most} is needed`);
}
