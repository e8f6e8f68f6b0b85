/** What `--summary` writes: everything that was counted, for programs. */

import type { Machine, MachineResult } from '@viridian/vm';
import type { RunDisk } from './open-disks.ts';

/** Times of a run in milliseconds. */
export interface RunTimes {
  /** Reading and unpacking the kernel. */
  readonly load: number;
  /** From the start to the guest's first program; absent where the console did not show it. */
  readonly userspace: number | undefined;
  /** From the start to the end. */
  readonly end: number;
}

/** The object that is written as JSON. */
export function summarize(
  machine: Machine,
  result: MachineResult,
  exitCode: number,
  times: RunTimes,
  disks: readonly RunDisk[],
): object {
  const { crash, ...end } = result;
  return {
    result: { ...end, ...(crash?.text !== undefined && { crash: crash.text }) },
    exitCode,
    milliseconds: times,
    ...machine.counters(),
    disks: disks.map(({ path, bus, isDvd, device }) => ({ path, bus, isDvd, ...device.inspect() })),
    hostMemoryBytes: { resident: process.memoryUsage.rss(), most: process.resourceUsage().maxRSS * 1024 },
  };
}

/** JSON of what may hold 64-bit numbers. */
export function toJson(value: object): string {
  const plain = (_: string, field: unknown): unknown =>
    typeof field === 'bigint' ? `0x${field.toString(16)}` : field;
  return `${JSON.stringify(value, plain, 2)}\n`;
}
