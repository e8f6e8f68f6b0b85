/** Runs the workload once in a process of its own, and takes its time from outside. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { MarkClock, type PartTime } from './mark-clock.ts';
import { mostMemoryBytes, processorSeconds } from './process-facts.ts';

/** A program to start. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a run is watched. */
export interface RunOptions {
  /** The mark that ends it. */
  readonly until: string;
  /** Watch it idle for so long after that; 0 for not at all. */
  readonly idleSeconds: number;
  /** The longest time without a mark. */
  readonly silenceSeconds: number;
  readonly signal: AbortSignal;
  readonly onMark?: (mark: string) => void;
}

/** What a run gave. */
export interface RunResult {
  /** By mark. */
  readonly parts: ReadonlyMap<string, PartTime>;
  readonly mostMemoryBytes: number | undefined;
  /** Share of one core that the idle process took. */
  readonly idleShare: number | undefined;
}

/** The run did not come to its end; the message says how far it came. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
}

/** A guest that has come to its end has caught its breath after so long. */
const SETTLE_MS = 1000;

/**
 * Runs a program until the wanted mark, then ends it with all that it started. Rejects with {@link RunFailure}, or with
 * the signal's reason.
 */
export async function timedRun(command: Command, options: RunOptions): Promise<RunResult> {
  const { file, args, env } = command;
  const started = performance.now();
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own: it ends with its children, and a Ctrl-C is ours to pass on
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  const clock = new MarkClock(() => ({
    wall: (performance.now() - started) / 1000,
    processor: child.pid === undefined ? undefined : processorSeconds(child.pid),
  }));
  const killAtExit = (): void => killGroup(child);
  process.once('exit', killAtExit);
  const closed = once(child, 'close').catch(() => {});
  try {
    await reached(child, clock, options);
    return {
      parts: clock.parts,
      mostMemoryBytes: mostMemoryBytes(child.pid!),
      idleShare: options.idleSeconds > 0 ? await idleShare(child.pid!, options) : undefined,
    };
  } finally {
    killGroup(child);
    process.off('exit', killAtExit);
    await closed;
  }
}

function reached(child: ChildProcess, clock: MarkClock, options: RunOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (reason: string): void => {
    const marks = [...clock.parts.keys()];
    const came = marks.length === 0 ? 'before its first mark' : `after the mark ${marks.at(-1)}`;
    reject(new RunFailure(`${reason} ${came}; its last words:\n${words || clock.lastWords}`));
  };
  let words = '';
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => fail(`silent for ${options.silenceSeconds} s`), options.silenceSeconds * 1000);
  };
  restart();
  child.stdout!.setEncoding('latin1').on('data', (text: string) => {
    for (const mark of clock.hear(text)) {
      restart();
      options.onMark?.(mark);
      if (mark === options.until) resolve();
    }
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000);
  });
  child.once('error', (error) => reject(new RunFailure(error.message, { cause: error })));
  child.once('close', (code, signal) => fail(`ended (${signal ?? `code ${code}`})`));
  const abort = (): void => reject(options.signal.reason);
  if (options.signal.aborted) abort();
  options.signal.addEventListener('abort', abort);
  return promise.finally(() => {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', abort);
  });
}

async function idleShare(pid: number, { idleSeconds, signal }: RunOptions): Promise<number | undefined> {
  await wait(SETTLE_MS, undefined, { signal });
  const started = performance.now();
  const before = processorSeconds(pid);
  await wait(idleSeconds * 1000, undefined, { signal });
  const after = processorSeconds(pid);
  if (before === undefined || after === undefined) return undefined;
  return (after - before) / ((performance.now() - started) / 1000);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
