import { describe, expect, it } from 'vitest';
import { Comparison, stepsOf } from './compare-runs.mjs';

const line = (number, rip, changes = [], afterInterrupt = false) => ({
  number,
  rip,
  changes,
  afterInterrupt,
});
const state = (rip, registers = {}) => ({ bits: 32, rip, ...registers });
const show = ({ number }) => `#${number}`;

function compare(lines, states) {
  const comparison = new Comparison(stepsOf(lines));
  for (const registers of states) comparison.state(registers);
  return comparison;
}

const RUN = [line(0, 1n), line(1, 2n, ['rax=0x5']), line(2, 3n), line(3, 4n)];

describe('Comparison', () => {
  it('finds runs the same, whatever came before', () => {
    const comparison = compare(
      RUN,
      [9n, 8n, 1n, 2n, 3n, 4n, 5n].map((rip) => state(rip, { rax: 5n })),
    );
    expect(comparison).toMatchObject({ same: 4, isDone: true, hasBegun: true });
    expect(comparison.report(show)).toEqual([]);
  });

  it('takes the rounds of an instruction that repeats itself for one step', () => {
    const lines = [line(0, 1n), line(1, 2n, ['rcx=0x1']), line(2, 2n, ['rcx=0x0']), line(3, 3n), line(4, 4n)];
    const states = [state(1n), state(2n), state(2n), state(2n), state(3n, { rcx: 0n }), state(4n)];
    const comparison = compare(lines, states);
    expect(comparison.same).toBe(4);
    expect(comparison.report(show)).toEqual([]);
  });

  it('shows where they part, and what was different before', () => {
    const states = [state(1n), state(2n), state(3n, { rax: 7n }), state(6n, { rax: 7n })];
    const comparison = compare(RUN, states);
    expect(comparison).toMatchObject({ same: 3, isDone: true });
    expect(comparison.report(show)).toEqual([
      'different behind 3 steps:',
      '  both  #0',
      '  both  #1',
      '  both  #2',
      '  ours  #3',
      '  QEMU               00000006',
      'registers that differ, and the step that made it so:',
      '  rax ours 5 QEMU 7 behind #1',
    ]);
  });

  it('forgets a difference that is gone, and flags that are nobody’s', () => {
    const lines = [line(0, 1n, ['rax=0x5', 'rflags=0x16']), line(1, 2n, ['rax=0x6']), line(2, 3n)];
    const states = [state(1n), state(2n, { rax: 7n, rflags: 0x6n }), state(3n, { rax: 6n, rflags: 0x6n })];
    expect(compare(lines, states).report(show)).toEqual([]);
  });

  it('is not done when one of them ends early', () => {
    expect(compare(RUN, [state(1n), state(2n)])).toMatchObject({ same: 2, isDone: false });
    expect(compare(RUN, [])).toMatchObject({ same: 0, isDone: false, hasBegun: false });
  });
});
