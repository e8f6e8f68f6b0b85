/** The other thread of the benchmark `threads`. */

import { parentPort, workerData } from 'node:worker_threads';
import { type WordUse, wordLoop } from './atomics.ts';
import { computeMachine, restart, runInSlices } from './compute.ts';

/** What the thread is to do, in turns that `control` begins: see {@link Control}. */
export type ThreadWork =
  | { readonly kind: 'compute'; readonly rounds: number }
  | {
      readonly kind: 'words';
      readonly use: WordUse;
      readonly rounds: number;
      readonly memory: WebAssembly.Memory;
    }
  /** Ask so often, and wait for each answer; by a message, or by the word alone; asleep or not. */
  | { readonly kind: 'ask'; readonly times: number; readonly how: 'message' | 'wake' | 'spin' }
  /** Answer so often. */
  | { readonly kind: 'answer'; readonly times: number; readonly how: 'wake' | 'spin' };

/** Words of `control`: turns that were begun and ended, questions, answers, and µs of processor time of the last turn. */
export const Control = { BEGUN: 0, ENDED: 1, ASKED: 2, ANSWERED: 3, PROCESSOR_TIME: 4 } as const;

/** Settles a word at a value, and wakes who waits for it. */
export function tell(control: Int32Array, word: number, value: number): void {
  Atomics.store(control, word, value);
  Atomics.notify(control, word);
}

/** Waits until a word has reached a value; without sleeping, if told so. */
export function await_(control: Int32Array, word: number, value: number, spin = false): void {
  for (let seen = Atomics.load(control, word); seen < value; seen = Atomics.load(control, word)) {
    if (!spin) Atomics.wait(control, word, seen);
  }
}

function ask(control: Int32Array, times: number, how: string): void {
  for (let i = 1; i <= times; i += 1) {
    if (how === 'message') parentPort?.postMessage(i);
    tell(control, Control.ASKED, i);
    await_(control, Control.ANSWERED, i, how === 'spin');
  }
}

function answer(control: Int32Array, times: number, how: string): void {
  for (let i = 1; i <= times; i += 1) {
    await_(control, Control.ASKED, i, how === 'spin');
    tell(control, Control.ANSWERED, i);
  }
}

function prepare(work: ThreadWork, control: Int32Array): () => void {
  switch (work.kind) {
    case 'compute': {
      const machine = computeMachine(work.rounds);
      return () => {
        restart(machine);
        runInSlices([machine]);
      };
    }
    case 'words': {
      const loop = wordLoop(work.use, work.memory);
      return () => loop(work.rounds);
    }
    case 'ask':
      return () => ask(control, work.times, work.how);
    default:
      return () => answer(control, work.times, work.how);
  }
}

if (parentPort !== null && workerData !== null) {
  const { work, control, turns } = workerData as { work: ThreadWork; control: Int32Array; turns: number };
  const run = prepare(work, control);
  parentPort.postMessage('ready');
  for (let turn = 1; turn <= turns; turn += 1) {
    await_(control, Control.BEGUN, turn);
    const before = process.threadCpuUsage();
    run();
    Atomics.store(control, Control.PROCESSOR_TIME, process.threadCpuUsage(before).user);
    tell(control, Control.ENDED, turn);
  }
}
