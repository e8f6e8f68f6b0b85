/** `npm run bench -- guest`: the same work on every machine, in turns. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Terminal } from 'viridian-demo/terminal';
import { type BenchFiles, prepareBenchFiles } from './guest-files.ts';
import type { GuestBenchOptions } from './guest-options.ts';
import { type BenchMachine, COMMAND_LINE, GUEST_MEMORY_MIB } from './machines.ts';
import { BOOT_MARK, LAST_MARK, PARTS } from './parts.ts';
import { report } from './report.ts';
import { type Run, summarize } from './statistics.ts';
import { RunFailure, timedRun } from './timed-run.ts';
import { versions } from './versions.ts';

/** Longest time for one part: v86 needs ten seconds for its longest on an idle machine. */
const SILENCE_SECONDS = 300;
const IDLE_SECONDS = 5;
/** Room for files in memory, as a guest's root file system has. */
const MEMORY_FOLDER = '/dev/shm';

/** Measures and prints; rejects with the signal's reason when it is stopped. */
export async function benchGuest(options: GuestBenchOptions, signal: AbortSignal): Promise<void> {
  const terminal = new Terminal(process.stderr);
  const machines = options.machines.filter((machine) => isHere(machine, terminal));
  if (machines.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'viridian-bench-'));
  try {
    const progress = {
      step: (text: string) => terminal.line(text),
      fraction: (label: string, value: number) => terminal.progress(label, value),
    };
    const guests = new Set(machines.filter(({ kind }) => kind !== 'host').map(({ bits }) => bits));
    const firmware = machines.some(({ kind }) => kind === 'v86');
    const files = await prepareBenchFiles(folder, { guests, firmware, progress, signal });
    const facts = await versions(files, machines);
    const record = (runs: readonly Run[]): void => {
      if (options.jsonFile === undefined) return;
      writeFileSync(options.jsonFile, toJson({ date: new Date().toISOString(), facts, runs }));
    };
    const runs = await runRounds(machines, files, options.rounds, { terminal, record, signal });
    const summaries = machines.map((machine) => summarize(machine, runs, options.clock));
    const clock = options.clock === 'wall' ? '' : ' Processor time, not time that passed.';
    console.log(
      `\n### guest\n\n${facts.join('; ')}. Kernels with \`${COMMAND_LINE}\`, ${GUEST_MEMORY_MIB} MiB; ` +
        `medians of ${options.rounds}.${clock}\n\n${report(summaries)}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isHere(machine: BenchMachine, terminal: Terminal): boolean {
  const reason = machine.missing?.();
  if (reason !== undefined) terminal.line(`without ${machine.name}: ${reason}`);
  return reason === undefined;
}

interface Watcher {
  readonly terminal: Terminal;
  /** Keeps what there is so far: an interrupted run of many minutes has not been for nothing. */
  readonly record: (runs: readonly Run[]) => void;
  readonly signal: AbortSignal;
}

/** Each round runs every machine once, so that a slow minute of the host falls on all alike. */
async function runRounds(
  machines: readonly BenchMachine[],
  files: BenchFiles,
  rounds: number,
  { terminal, record, signal }: Watcher,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const machine of machines) {
      const label = `round ${round} of ${rounds}, ${machine.name}`;
      const run = await runOnce(machine, files, round, signal, (part) =>
        terminal.progress(`${label}: ${part}`, runs.length / (rounds * machines.length)),
      );
      runs.push(run);
      record(runs);
      terminal.line(`${label}: ${told(run)}`);
    }
  }
  return runs;
}

async function runOnce(
  machine: BenchMachine,
  files: BenchFiles,
  round: number,
  signal: AbortSignal,
  onPart: (title: string) => void,
): Promise<Run> {
  const isGuest = machine.kind !== 'host';
  const isWhole = machine.scope === 'whole';
  const scratch = scratchFolder();
  onPart(PARTS[0]!.title);
  try {
    const result = await timedRun(machine.command(files, scratch), {
      until: isWhole ? LAST_MARK : BOOT_MARK,
      idleSeconds: isGuest && isWhole && round === 1 ? IDLE_SECONDS : 0,
      silenceSeconds: SILENCE_SECONDS,
      signal,
      onMark: (mark) => onPart(PARTS[PARTS.findIndex((part) => part.mark === mark) + 1]?.title ?? 'idle'),
    });
    return { round, machine: machine.name, result, failure: undefined };
  } catch (error) {
    // One machine that cannot do it leaves the others to compare.
    if (!(error instanceof RunFailure)) throw error;
    return { round, machine: machine.name, result: undefined, failure: error.message };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function scratchFolder(): string {
  try {
    return mkdtempSync(join(MEMORY_FOLDER, 'viridian-bench-'));
  } catch {
    return mkdtempSync(join(tmpdir(), 'viridian-bench-'));
  }
}

function told({ result, failure }: Run): string {
  if (result === undefined) return `failed: ${failure}`;
  const total = [...result.parts.values()].reduce((sum, { wall }) => sum + wall, 0);
  return `${total.toFixed(1)} s`;
}

function toJson(value: object): string {
  const plain = (_: string, field: unknown): unknown =>
    field instanceof Map ? Object.fromEntries(field) : field;
  return `${JSON.stringify(value, plain, 2)}\n`;
}
