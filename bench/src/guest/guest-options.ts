/** The options of `npm run bench -- guest`, checked. */

import { type BenchMachine, MACHINES } from './machines.ts';
import type { PartTime } from './mark-clock.ts';

/** What is to be measured. */
export interface GuestBenchOptions {
  readonly rounds: number;
  readonly machines: readonly BenchMachine[];
  readonly clock: keyof PartTime;
  /** Where every single figure goes. */
  readonly jsonFile: string | undefined;
}

/** What a command line gave. */
export interface GivenGuestOptions {
  readonly rounds?: string | undefined;
  readonly only?: string | undefined;
  readonly clock?: string | undefined;
  readonly json?: string | undefined;
}

/** A command line that makes no sense; the message is for the one who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const MOST_ROUNDS = 100;
const ROUNDS = '3';

/** Checks the options. Throws {@link UsageError}. */
export function checkGuestOptions(given: GivenGuestOptions): GuestBenchOptions {
  const rounds = Number(given.rounds ?? ROUNDS);
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= MOST_ROUNDS)) {
    throw new UsageError(`--rounds ${given.rounds}: a whole number from 1 to ${MOST_ROUNDS} is needed`);
  }
  const clock = given.clock ?? 'wall';
  if (clock !== 'wall' && clock !== 'processor') {
    throw new UsageError(`--clock ${clock}: wall or processor is needed`);
  }
  return { rounds, clock, machines: chosen(given.only), jsonFile: given.json };
}

/** In our order, whatever theirs is: `host,v86`, or a name's beginning with a star: `qemu*`. */
function chosen(only: string | undefined): readonly BenchMachine[] {
  if (only === undefined) return MACHINES;
  const wanted = new Set<BenchMachine>();
  for (const pattern of only.split(',')) {
    const start = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined;
    const found = MACHINES.filter(({ name }) =>
      start === undefined ? name === pattern : name.startsWith(start),
    );
    if (found.length === 0) {
      const names = MACHINES.map(({ name }) => name).join(', ');
      throw new UsageError(`--only ${pattern}: there is no such machine; there are ${names}`);
    }
    for (const machine of found) wanted.add(machine);
  }
  return MACHINES.filter((machine) => wanted.has(machine));
}
