/** The thread of a {@link ReadThread}: takes requests from the ring and reads, one after the other. */

import fs from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import {
  ANSWERED,
  ASKER_SLEEPS,
  FILE,
  FILE_OFFSET,
  FORGET,
  LENGTH,
  MADE,
  MEMORY,
  MEMORY_OFFSET,
  type MemoryMessage,
  RESULT,
  readRing,
  requestAt,
  SLOW_READS,
  THREAD_SLEEPS,
} from './read-ring.ts';

/** Looks at the ring before it sleeps: some microseconds, in which the next batch usually comes. */
const LOOKS = 2000;
/** A read that takes longer did not find its bytes in the host's memory. */
const SLOW_MS = 0.2;

const { control, requests } = readRing(workerData as SharedArrayBuffer);
const memories = new Map<number, Uint8Array>();

for (let answered = 0; ; ) {
  const made = next(answered);
  while (answered !== made) {
    const at = requestAt(answered);
    requests[at + RESULT] = read(at);
    answered = (answered + 1) | 0;
    Atomics.store(control, ANSWERED, answered);
    if (Atomics.compareExchange(control, ASKER_SLEEPS, 1, 0) === 1) Atomics.notify(control, ANSWERED);
  }
}

/** Waits for requests beyond `answered`; how many there were ever made. */
function next(answered: number): number {
  for (let look = 0; look < LOOKS; look += 1) {
    const made = Atomics.load(control, MADE);
    if (made !== answered) return made;
  }
  Atomics.store(control, THREAD_SLEEPS, 1);
  Atomics.wait(control, MADE, answered);
  Atomics.store(control, THREAD_SLEEPS, 0);
  return Atomics.load(control, MADE);
}

function read(at: number): number {
  if (requests[at + MEMORY] === FORGET) {
    memories.clear();
    return 0;
  }
  const memory = memoryOf(requests[at + MEMORY]!);
  const started = performance.now();
  try {
    return fs.readSync(
      requests[at + FILE]!,
      memory,
      requests[at + MEMORY_OFFSET]!,
      requests[at + LENGTH]!,
      requests[at + FILE_OFFSET]!,
    );
  } catch {
    // Whoever asked tries again by the usual way, and sees the error there.
    return -1;
  } finally {
    if (performance.now() - started > SLOW_MS) Atomics.add(control, SLOW_READS, 1);
  }
}

/** Memory is announced before the first request that names it. */
function memoryOf(id: number): Uint8Array {
  let memory = memories.get(id);
  while (memory === undefined) {
    const { message } = receiveMessageOnPort(parentPort!) as { message: MemoryMessage };
    memories.set(message.id, new Uint8Array(message.memory));
    memory = memories.get(id);
  }
  return memory;
}
