/** Random programs in breadth, in every flat mode, on the interpreter, on the JIT, and on both in lock-step. */

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type EngineOptions, setUsualEngine } from '../../src/jit/engine.ts';
import { type BroadCase, runBroad } from './broad-machine.ts';

const ENGINES: readonly EngineOptions[] = [
  { engine: 'jit', threshold: 0 },
  { engine: 'jit', threshold: 5 },
  { engine: 'jit', threshold: 100 },
  { engine: 'lock-step', threshold: 0 },
  { engine: 'lock-step', threshold: 5 },
];
const MODES = ['long', 'protected', 'legacy', 'pae', 'compatibility'] as const;
const RUNS = { numRuns: Number(process.env.VIRIDIAN_JIT_RUNS ?? 4) };
/** Six engines run each program: much, where other work has the cores. */
const LONG = { timeout: 120_000 };
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** Gives whether the program came to its end. */
function compare(broad: BroadCase): boolean {
  const wanted = runBroad({ engine: 'interpreter' }, broad);
  for (const engine of ENGINES) {
    const found = runBroad(engine, broad);
    // One that does not end is cut at different places.
    if (!wanted.hasEnded) continue;
    expect(found, `${JSON.stringify(engine)} ${JSON.stringify(broad)}`).toEqual(wanted);
  }
  return wanted.hasEnded;
}

describe('interpreter, JIT and lock-step agree on programs of every kind', () => {
  afterAll(() => setUsualEngine({ engine: 'jit' }));

  const kinds = MODES.flatMap((mode) => [false, true].map((user) => ({ mode, user })));
  it.each(kinds)('in $mode mode, user: $user', LONG, ({ mode, user }) => {
    let ended = 0;
    fc.assert(
      fc.property(seeds, fc.constantFrom(0, 0, 7, 50, 333), (seed, slice) => {
        if (compare({ seed, mode, user, slice })) ended += 1;
      }),
      RUNS,
    );
    expect(ended).toBeGreaterThan(0);
  });
});
