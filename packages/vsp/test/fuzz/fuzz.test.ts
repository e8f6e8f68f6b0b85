/** Fuzzing of every provider: some cases each time, with `VIRIDIAN_FUZZ_CASES` as many as wanted (a million every night). */

/// <reference types="node" />

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const MIB = 2 ** 20;
const CASES = Number(process.env.VIRIDIAN_FUZZ_CASES ?? 2000);
const SEED = Number(process.env.VIRIDIAN_FUZZ_SEED ?? Date.now() & 0x7fff_ffff);
const IS_LONG = CASES > 10_000;

if (IS_LONG) {
  setFlagsFromString('--expose-gc');
  (globalThis as { gc?: () => void }).gc = runInNewContext('gc') as () => void;
}

describe(`fuzzing with seed ${SEED}`, () => {
  it.each(TARGETS)('$name: no exception, no hang, no growth', { timeout: 3_600_000 }, async (target) => {
    const report = await fuzz(target, CASES, SEED);
    if (IS_LONG) console.log(`${target.name}: ${JSON.stringify(report)}`);
    expect(report.blocks).toBeGreaterThan(10);
    // Room for a garbage collection and for two busy cores.
    expect(report.slowestMs).toBeLessThan(5000);
    if (IS_LONG) expect(report.growthBytes).toBeLessThan(48 * MIB);
  });
});
