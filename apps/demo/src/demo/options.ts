/** The options of `viridian demo`, checked. */

import { listTracePoints } from '@viridian/trace';

/** A wrong option; the message says what would be right. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/** What the demo is to do. */
export interface DemoOptions {
  readonly guest: 'linux' | 'typescript';
  /** Each guest has its own idea unless given. */
  readonly memoryMiB: number | undefined;
  readonly processors: number;
  readonly fileSystemMiB: number;
  readonly scratchMiB: number;
  /** Patterns of trace points, comma-separated; empty for none. */
  readonly trace: string;
  /** File for machine-readable counters. */
  readonly summary: string | undefined;
  /** PNG file for the guest's screen. */
  readonly screenshot: string | undefined;
  /** Folder for the disk image, kept afterwards. */
  readonly keep: string | undefined;
}

/** Checks what the command line gave. Throws {@link OptionError}. */
export function checkDemoOptions(given: Record<string, string | undefined>): DemoOptions {
  const guest = given.guest ?? 'linux';
  if (guest !== 'linux' && guest !== 'typescript') {
    throw new OptionError(`--guest ${guest}: the guests are 'linux' and 'typescript'`);
  }
  const trace = given.trace ?? '';
  if (trace === 'list') throw new OptionError(`trace points:\n  ${listTracePoints().join('\n  ')}`);
  return {
    guest,
    memoryMiB:
      given.memory === undefined
        ? undefined
        : integer('memory', given.memory, 0, guest === 'linux' ? 128 : 8, 3072),
    processors: integer('cpus', given.cpus, guest === 'linux' ? 1 : 2, 1, 32),
    fileSystemMiB: integer('fs-size', given['fs-size'], 47, 16, 4096),
    scratchMiB: integer('scratch-size', given['scratch-size'], 16, 1, 4096),
    trace,
    summary: given.summary,
    screenshot: given.screenshot,
    keep: given.keep,
  };
}

function integer(
  name: string,
  text: string | undefined,
  fallback: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new OptionError(`--${name} ${text}: a whole number from ${least} to ${most} is needed`);
  }
  return value;
}
