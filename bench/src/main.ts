/** `npm run bench`: the short benchmarks, or those named; `guest` compares whole machines, for minutes. */

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { GuestFilesError } from 'viridian-demo/linux';
import { benchScreen } from './bench-screen.ts';
import { benchGuest } from './guest/bench-guest.ts';
import { checkGuestOptions, type GivenGuestOptions, UsageError } from './guest/guest-options.ts';
import { benchNetwork } from './network/bench-network.ts';
import { benchProcessor } from './processor/bench-processor.ts';
import { benchRing, benchStorage } from './short-benchmarks.ts';
import { barTable, type Row } from './table.ts';
import { benchThreads } from './threads/bench-threads.ts';

const SHORT: Readonly<Record<string, () => Promise<Row[]>>> = {
  ring: benchRing,
  storage: benchStorage,
  screen: benchScreen,
  processor: benchProcessor,
  threads: benchThreads,
  network: benchNetwork,
};
/** Takes a minute and two kernels: only when it is asked for. */
const ON_REQUEST = ['network'];
const GUEST = 'guest';
const USAGE =
  'usage: npm run bench -- [ring] [storage] [screen] [processor] [threads] [network] [guest [--rounds N] [--only NAME,…] [--clock wall|processor] [--json FILE]]';
/** What a shell gives for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/** The names and options that were given. Throws {@link UsageError}. */
function readCommandLine(): { names: readonly string[]; given: GivenGuestOptions } {
  const text = { type: 'string' } as const;
  const options = { rounds: text, only: text, clock: text, json: text };
  try {
    const { positionals, values } = parseArgs({ options, allowPositionals: true });
    const unknown = positionals.filter((name) => !(name in SHORT) && name !== GUEST);
    if (unknown.length > 0) throw new UsageError(`no benchmark ${unknown.join(', ')}\n${USAGE}`);
    if (Object.keys(values).length > 0 && !positionals.includes(GUEST)) {
      throw new UsageError(`--${Object.keys(values).join(', --')}: only for ${GUEST}\n${USAGE}`);
    }
    return {
      names:
        positionals.length > 0
          ? positionals
          : Object.keys(SHORT).filter((name) => !ON_REQUEST.includes(name)),
      given: values,
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message}\n${USAGE}`, { cause: error });
  }
}

async function main(): Promise<void> {
  const { names, given } = readCommandLine();
  const guestOptions = checkGuestOptions(given);
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  for (const [name, run] of Object.entries(SHORT)) {
    if (names.includes(name)) console.log(`\n### ${name}\n\n${barTable(await run())}`);
  }
  if (names.includes(GUEST)) await benchGuest(guestOptions, whenInterrupted());
}

/** Aborted by Ctrl-C and its like; the listeners are there from the first call on only. */
const interrupted = new AbortController();
function whenInterrupted(): AbortSignal {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => interrupted.abort());
  return interrupted.signal;
}

try {
  await main();
} catch (error) {
  if (interrupted.signal.aborted) process.exitCode = INTERRUPTED;
  else if (error instanceof UsageError || error instanceof GuestFilesError) {
    console.error(error.message);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  } else throw error;
}
