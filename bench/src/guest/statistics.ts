/** What several rounds say together. */

import type { BenchMachine } from './machines.ts';
import type { PartTime } from './mark-clock.ts';
import { PARTS } from './parts.ts';
import type { RunResult } from './timed-run.ts';

/** One run of one machine. */
export interface Run {
  readonly round: number;
  readonly machine: string;
  /** Undefined when it failed. */
  readonly result: RunResult | undefined;
  /** Why it failed. */
  readonly failure: string | undefined;
}

/** A machine over all rounds. */
export interface Summary {
  readonly machine: BenchMachine;
  /** Median seconds by mark, of the chosen clock; a part that no run reached is missing. */
  readonly seconds: ReadonlyMap<string, number>;
  /** Sum of the medians; undefined unless there is one of each part. */
  readonly sum: number | undefined;
  /** The most of all rounds. */
  readonly mostMemoryBytes: number | undefined;
  readonly idleShare: number | undefined;
  readonly failures: readonly string[];
}

/** The middle of the values in their order; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Sums up the runs of one machine. */
export function summarize(machine: BenchMachine, runs: readonly Run[], clock: keyof PartTime): Summary {
  const own = runs.filter((run) => run.machine === machine.name);
  const results = own.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const seconds = new Map<string, number>();
  for (const { mark } of PARTS) {
    // A program of the host has no way to user space.
    if (machine.kind === 'host' && mark === PARTS[0]!.mark) continue;
    const values = results.flatMap((result) => result.parts.get(mark)?.[clock] ?? []);
    if (values.length > 0) seconds.set(mark, median(values));
  }
  const idle = results.flatMap((result) => result.idleShare ?? []);
  return {
    machine,
    seconds,
    sum: seconds.size === PARTS.length ? [...seconds.values()].reduce((a, b) => a + b) : undefined,
    mostMemoryBytes: mostOf(results.flatMap((result) => result.mostMemoryBytes ?? [])),
    idleShare: idle.length > 0 ? median(idle) : undefined,
    failures: own.flatMap(({ failure }) => failure ?? []),
  };
}

function mostOf(values: readonly number[]): number | undefined {
  return values.length > 0 ? Math.max(...values) : undefined;
}
