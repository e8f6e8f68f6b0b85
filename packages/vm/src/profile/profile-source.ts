/** What a profiler needs of a machine. */

import { type JitCounters, type MemoryBank, readJitCounters } from '@viridian/x86';

/** The memory that a `ProcessorSampler` in any thread looks at, and what the compiler has counted. */
export interface ProfileSource {
  readonly memory: SharedArrayBuffer;
  jitCounters(): JitCounters;
}

/** Of the bank that holds a machine's processors. */
export function profileSource({ buffer }: MemoryBank): ProfileSource {
  return { memory: buffer, jitCounters: () => readJitCounters(buffer) };
}
