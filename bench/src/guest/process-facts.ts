/** What the host's system knows of a process (Linux, "The /proc Filesystem"); undefined on other systems. */

import { readFileSync } from 'node:fs';

/** Linux tells programs of a fixed 100 ticks a second, whatever its own are. */
const TICKS_PER_SECOND = 100;
/** Fields 14 to 17 of /proc/PID/stat, counted after the name, which may hold blanks: user and system time, own and of children. */
const TICKS = [11, 12, 13, 14] as const;

/** The most memory that the process has had resident, in bytes. */
export function mostMemoryBytes(pid: number): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
  return match === null ? undefined : Number(match[1]) * 1024;
}

/** Processor time of all its threads and of the children that have ended, in seconds. */
export function processorSeconds(pid: number): number | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === '') return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return TICKS.reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_PER_SECOND;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
