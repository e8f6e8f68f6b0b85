import { describe, expect, it } from 'vitest';
import { MACHINES } from './machines.ts';
import { PARTS } from './parts.ts';
import { bars, report } from './report.ts';
import { median, type Run, type Summary, summarize } from './statistics.ts';

const MIB = 2 ** 20;

function run(machine: string, round: number, seconds: number, idleShare?: number): Run {
  const parts = new Map(PARTS.map(({ mark }) => [mark, { wall: seconds, processor: seconds / 2 }]));
  return {
    round,
    machine,
    result: { parts, mostMemoryBytes: 600 * MIB, idleShare },
    failure: undefined,
  };
}

function summaries(runs: readonly Run[]): Summary[] {
  const names = new Set(runs.map(({ machine }) => machine));
  return MACHINES.filter(({ name }) => names.has(name)).map((machine) => summarize(machine, runs, 'wall'));
}

describe('statistics', () => {
  it('takes the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('sums the medians of the parts', () => {
    const runs = [run('v86', 1, 1), run('v86', 2, 5), run('v86', 3, 2)];
    const [summary] = summaries(runs);
    expect(summary?.sum).toBe(2 * PARTS.length);
    expect(summarize(summary!.machine, runs, 'processor').sum).toBe(PARTS.length);
  });

  it('gives the host no way to user space, and so no sum', () => {
    const [summary] = summaries([run('host', 1, 1)]);
    expect(summary?.seconds.has('userspace')).toBe(false);
    expect(summary?.sum).toBeUndefined();
  });

  it('goes on without the runs that failed, and tells them', () => {
    const failed: Run = { round: 1, machine: 'v86', result: undefined, failure: 'silent for 300 s' };
    const [summary] = summaries([failed, run('v86', 2, 2)]);
    expect(summary?.seconds.get('userspace')).toBe(2);
    expect(report([summary!])).toContain('silent for 300 s');
  });
});

describe('the report', () => {
  const all = summaries([
    run('viridian64-jit', 1, 2, 0.004),
    run('viridian32-jit', 1, 6, 0.02),
    run('v86', 1, 4),
    run('qemu64', 1, 1),
    run('viridian64-jit-notests', 1, 1),
  ]);

  it('compares with v86 as a speed, with QEMU as a time', () => {
    const text = report(all);
    expect(text).toMatch(/Times as fast as v86[\s\S]*\| Viridian, 64-bit, JIT \|( 2\.00 \|){8}/);
    expect(text).toMatch(/what QEMU TCG takes[\s\S]*\| Viridian, 64-bit, JIT \|( 2\.00 \|){8}/);
    expect(text).toContain('| Viridian, 64-bit, JIT, `cryptomgr.notests` | 1.00 | 2.00 |');
  });

  it('judges the bars', () => {
    const verdicts = bars(all).map(({ what, isMet }) => [what, isMet]);
    expect(verdicts).toEqual([
      ['Viridian, 64-bit, JIT: times as fast as v86, slowest part (to userspace)', true],
      ["Viridian, 64-bit, JIT: sum as a multiple of QEMU TCG's", false],
      ['Viridian, 64-bit, JIT: host memory, MiB', true],
      ['Viridian, 64-bit, JIT: idle guest, % of a core', true],
      ['Viridian, 32-bit, JIT: times as fast as v86, slowest part (to userspace)', false],
      ['Viridian, 32-bit, JIT: host memory, MiB', true],
    ]);
  });

  it('leaves out what did not run', () => {
    const text = report(summaries([run('host', 1, 1)]));
    expect(text).toContain('the host itself');
    expect(text).not.toMatch(/v86|QEMU|Bars|failed/);
  });
});
