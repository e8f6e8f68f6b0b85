/**
 * Our processor against the host's, instruction by instruction. Environment: VIRIDIAN_NATIVE_CASES (a factor on the number
 * of cases), VIRIDIAN_NATIVE_SEED, VIRIDIAN_NATIVE_ONLY (a mnemonic), VIRIDIAN_NATIVE_RECORD and VIRIDIAN_NATIVE_REPLAY
 * (a folder).
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CodeBits } from '../../src/index.ts';
import { type Comparison, compareProcessors } from './differential.ts';
import { type Backend, hostObstacle, hostProcessor, isReferenceHost } from './host-processor.ts';
import { recording, replaying } from './recording.ts';

const { env } = process;
const factor = Number(env.VIRIDIAN_NATIVE_CASES ?? 1);
const seed = Number(env.VIRIDIAN_NATIVE_SEED ?? 1);
const only = env.VIRIDIAN_NATIVE_ONLY;
const obstacleTo = (bits: CodeBits) =>
  env.VIRIDIAN_NATIVE_REPLAY === undefined ? hostObstacle(bits) : undefined;
const obstacle = obstacleTo(64);

const strict = env.VIRIDIAN_NATIVE_REPLAY !== undefined || (obstacle === undefined && isReferenceHost());

function backend(): Backend {
  if (env.VIRIDIAN_NATIVE_REPLAY !== undefined) return replaying(env.VIRIDIAN_NATIVE_REPLAY);
  return env.VIRIDIAN_NATIVE_RECORD === undefined
    ? hostProcessor
    : recording(hostProcessor, env.VIRIDIAN_NATIVE_RECORD);
}

const RAX_OF_FIRST_ANSWER = 40;

const CLASSES: readonly Pick<Comparison, 'set' | 'bits' | 'cases' | 'compiled'>[] = [
  { set: 'integer', bits: 64, cases: 40_000 },
  { set: 'integer', bits: 32, cases: 30_000 },
  { set: 'simd', bits: 64, cases: 30_000 },
  { set: 'simd', bits: 32, cases: 10_000 },
  { set: 'x87', bits: 64, cases: 20_000 },
  { set: 'x87', bits: 32, cases: 10_000 },
  { set: 'sequences', bits: 64, cases: 20_000 },
  { set: 'sequences', bits: 32, cases: 15_000 },
  { set: 'mixed sequences', bits: 64, cases: 15_000 },
  { set: 'sequences', bits: 64, cases: 4000, compiled: true },
  { set: 'sequences', bits: 32, cases: 3000, compiled: true },
  { set: 'mixed sequences', bits: 64, cases: 3000, compiled: true },
  { set: 'integer', bits: 64, cases: 4000, compiled: true },
  { set: 'segment', bits: 64, cases: 10_000 },
  { set: 'segment', bits: 32, cases: 10_000 },
  { set: 'integer', bits: 16, cases: 20_000 },
  { set: 'simd', bits: 16, cases: 5000 },
  { set: 'x87', bits: 16, cases: 5000 },
  { set: 'sequences', bits: 16, cases: 10_000 },
];

describe("our processor and the host's agree", () => {
  for (const { set, bits, cases, compiled } of CLASSES) {
    it(`on ${set}${set.endsWith('sequences') ? '' : ' instructions'} in ${bits}-bit code${compiled ? ', compiled' : ''}`, {
      timeout: 60_000 * Math.max(1, factor),
    }, ({ skip }) => {
      // Segments of 16-bit code are among those that are loaded.
      const obstacle = obstacleTo(set === 'segment' ? 16 : bits);
      if (obstacle !== undefined) skip(`not compared with a host processor: ${obstacle}`);
      const found = compareProcessors(
        { set, bits, seed, only, strict, compiled, cases: Math.ceil(cases * factor) },
        backend(),
      );
      const text = `${found.mismatches} of ${found.compared} cases (VIRIDIAN_NATIVE_SEED=${seed}) differ\n`;
      expect(found.mismatches, `${text}${found.descriptions.join('\n')}`).toBe(0);
      expect(found.compared).toBeGreaterThan(0);
    });
  }

  it('and a wrong answer is found', ({ skip }) => {
    if (obstacle !== undefined) skip(`not compared with a host processor: ${obstacle}`);
    const lying: Backend = (batch) => {
      const answer = hostProcessor(batch).slice();
      answer[RAX_OF_FIRST_ANSWER]! ^= 1;
      return answer;
    };
    const found = compareProcessors({ set: 'integer', bits: 64, cases: 10, seed, strict }, lying);
    expect(found.mismatches).toBe(1);
    expect(found.descriptions[0]).toMatch(
      /^add [^\n]*\[[0-9a-f ]+\] 64-bit at 0x[^\n]*\n {2}before: flags=[\s\S]*rax: host 0x/,
    );
  });

  it('in answers that were recorded', ({ skip }) => {
    if (obstacle !== undefined) skip(`not compared with a host processor: ${obstacle}`);
    const folder = mkdtempSync(join(tmpdir(), 'viridian-recorded-'));
    const comparison: Comparison = { set: 'integer', bits: 64, cases: 400, seed, strict };
    const live = compareProcessors(comparison, recording(hostProcessor, folder));
    expect(compareProcessors(comparison, replaying(folder))).toEqual(live);
    expect(() => compareProcessors({ ...comparison, seed: seed + 1 }, replaying(folder))).toThrow(
      'record it anew',
    );
    rmSync(folder, { recursive: true });
  });
});
