import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Command, RunFailure, type RunOptions, timedRun } from './timed-run.ts';

function program(script: string): Command {
  return { file: process.execPath, args: ['-e', script] };
}

function options(more: Partial<RunOptions> = {}): RunOptions {
  const { signal } = new AbortController();
  return { until: 'last', idleSeconds: 0, silenceSeconds: 15, signal, ...more };
}

async function isGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await wait(10);
  }
  return false;
}

/** Tells its own and its child's number, then never ends. */
const FAMILY = `
  const child = require('node:child_process').spawn('sleep', ['1000']);
  console.log('MARK ' + process.pid + '-' + child.pid);
  console.log('MARK first');
  setInterval(() => {}, 1000);
`;

describe('a timed run', () => {
  it('ends at the wanted mark and kills what goes on', async () => {
    const marks: string[] = [];
    const onMark = (mark: string): void => void marks.push(mark);
    const result = await timedRun(program(FAMILY), options({ until: 'first', onMark }));
    expect(marks[1]).toBe('first');
    expect(result.parts.get('first')!.wall).toBeGreaterThanOrEqual(0);
    const pids = marks[0]!.split('-').map(Number);
    expect(await Promise.all(pids.map(isGone))).toEqual([true, true]);
  });

  it.runIf(process.platform === 'linux')('tells memory and processor time', async () => {
    const script =
      "const end = Date.now() + 100; while (Date.now() < end); console.log('MARK last'); setInterval(() => {}, 1000)";
    const { parts, mostMemoryBytes } = await timedRun(program(script), options());
    expect(mostMemoryBytes).toBeGreaterThan(2 ** 20);
    expect(parts.get('last')!.processor).toBeGreaterThan(0.01);
  });

  it('fails when the program ends before, with its last words', async () => {
    const script = "console.log('MARK first'); console.error('no firmware'); process.exitCode = 3";
    const run = timedRun(program(script), options());
    await expect(run).rejects.toThrow(RunFailure);
    await expect(run).rejects.toThrow(/code 3.*after the mark first[\s\S]*no firmware/);
  });

  it('fails when there is no such program', async () => {
    const run = timedRun({ file: 'no-such-program-here', args: [] }, options());
    await expect(run).rejects.toThrow(RunFailure);
  });

  it('fails when the program is silent for too long', async () => {
    const run = timedRun(program('setInterval(() => {}, 1000)'), options({ silenceSeconds: 0.1 }));
    await expect(run).rejects.toThrow(/silent for 0.1 s before its first mark/);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const interrupted = new AbortController();
    let pids: number[] = [];
    const onMark = (mark: string): void => {
      if (mark === 'first') interrupted.abort();
      else pids = mark.split('-').map(Number);
    };
    const run = timedRun(program(FAMILY), options({ signal: interrupted.signal, onMark }));
    await expect(run).rejects.toThrow('aborted');
    expect(await Promise.all(pids.map(isGone))).toEqual([true, true]);
  });
});
