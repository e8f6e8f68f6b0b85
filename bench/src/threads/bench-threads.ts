/** What processors in threads of their own would gain and cost: docs/decisions, "Processors take turns in one thread". */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CodeMachine, Outcome } from '@viridian/x86';
import { median } from '../guest/statistics.ts';
import { type Row, row } from '../table.ts';
import { WORD_USES, type WordUse, wordLoop } from './atomics.ts';
import { computeMachine, restart, runInSlices } from './compute.ts';
import { await_, Control, type ThreadWork, tell } from './thread.ts';

const ROUNDS = 9;
/** About 20 ms of compiled code, often: on a busy machine some rounds have both cores for themselves. */
const COMPUTE_ROUNDS = 8_000_000;
const COMPUTE_TIMES = 80;
const WORD_ROUNDS = 10_000_000;
/** Short rounds: one in which the host runs something else meanwhile does not count. */
const QUESTIONS = 200;
const TALKS = 60;
const EXITS = 50_000;
const CONTROL_BYTES = 64;

/** Speed-up by a second thread, atomics, and the way of an exit to another thread and back; the best of some rounds. */
export async function benchThreads(): Promise<Row[]> {
  return [...(await benchCompute()), ...(await benchWords()), ...(await benchExits())];
}

/** A thread at work. */
class Thread {
  readonly control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  readonly worker: Worker;
  #turn = 0;

  private constructor(work: ThreadWork, turns: number) {
    const workerData = { work, control: this.control, turns };
    this.worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData });
  }

  static async start(work: ThreadWork, turns: number): Promise<Thread> {
    const thread = new Thread(work, turns);
    await once(thread.worker, 'message');
    return thread;
  }

  begin(): void {
    this.#turn += 1;
    tell(this.control, Control.BEGUN, this.#turn);
  }

  end(): void {
    await_(this.control, Control.ENDED, this.#turn);
  }
}

function milliseconds(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

async function benchCompute(): Promise<Row[]> {
  const [one, two] = [computeMachine(COMPUTE_ROUNDS), computeMachine(COMPUTE_ROUNDS)];
  const other = await Thread.start({ kind: 'compute', rounds: COMPUTE_ROUNDS }, COMPUTE_TIMES);
  const slice = (machines: readonly CodeMachine[]): [ms: number, processorMs: number] => {
    for (const machine of machines) restart(machine);
    const before = process.threadCpuUsage();
    const time = milliseconds(() => runInSlices(machines));
    return [time, process.threadCpuUsage(before).user / 1000];
  };
  const times = { alone: [] as number[], sliced: [] as number[], both: [] as number[] };
  const processor = { alone: [] as number[], sliced: [] as number[], both: [] as number[] };
  for (let round = 0; round < COMPUTE_TIMES; round += 1) {
    const [alone, sliced] = [slice([one]), slice([one, two])];
    const start = performance.now();
    other.begin();
    const [, own] = slice([one]);
    other.end();
    times.both.push(performance.now() - start);
    processor.both.push(own + Atomics.load(other.control, Control.PROCESSOR_TIME) / 1000);
    times.alone.push(alone[0]);
    processor.alone.push(alone[1]);
    times.sliced.push(sliced[0]);
    processor.sliced.push(sliced[1]);
  }
  const least = (values: readonly number[]): number => Math.min(...values);
  const figures = (way: keyof typeof times): string =>
    `${least(times[way]).toFixed(1)}; ${median(processor[way]).toFixed(1)}`;
  return [
    row('a program that only computes: least ms; median ms of processor time', figures('alone')),
    row('two of them in turns of one thread', figures('sliced')),
    row('two of them in two threads', figures('both')),
    row('  gain of threads, as a factor', (least(times.sliced) / least(times.both)).toFixed(2)),
  ];
}

async function benchWords(): Promise<Row[]> {
  const rows: Row[] = [];
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const nanoseconds = (ms: number): string => ((ms * 1e6) / WORD_ROUNDS).toFixed(1);
  for (const use of WORD_USES) {
    const loop = wordLoop(use, memory);
    const alone = Array.from({ length: ROUNDS }, () => milliseconds(() => loop(WORD_ROUNDS)));
    const isShared = use === 'atomic add' || use === 'plain add';
    const contended = isShared ? await contendedLoop(use, memory) : undefined;
    const more = contended === undefined ? '' : `; by two threads at once ${nanoseconds(contended)}`;
    rows.push(row(`${use} of a shared word, ns`, `${nanoseconds(Math.min(...alone))}${more}`));
  }
  return rows;
}

async function contendedLoop(use: WordUse, memory: WebAssembly.Memory): Promise<number> {
  const other = await Thread.start({ kind: 'words', use, rounds: WORD_ROUNDS, memory }, ROUNDS);
  const loop = wordLoop(use, memory);
  const times = Array.from({ length: ROUNDS }, () => {
    other.begin();
    const time = milliseconds(() => loop(WORD_ROUNDS));
    other.end();
    return time;
  });
  // The fewest would be of a round in which the host ran only one of them.
  return median(times);
}

async function benchExits(): Promise<Row[]> {
  const microseconds = (ms: number, times: number): string => ((ms * 1000) / times).toFixed(2);
  return [
    row('an exit within the thread, µs', microseconds(exitsInThread(), EXITS)),
    row(
      'a question to another thread and its answer, both spin, µs',
      microseconds(await askThread('spin'), QUESTIONS),
    ),
    row('  both sleep (Atomics.wait)', microseconds(await askThread('wake'), QUESTIONS)),
    row('  to an event loop (Atomics.waitAsync)', microseconds(await askEventLoop('wake'), QUESTIONS)),
    row('  to an event loop, by a message', microseconds(await askEventLoop('message'), QUESTIONS)),
  ];
}

/** CPUID to a handler that does nothing. */
function exitsInThread(): number {
  const machine = new CodeMachine({ handler: { cpuid: () => Outcome.DONE } });
  // mov edi, EXITS; again: cpuid; dec edi; jnz again; hlt
  const count = [EXITS & 255, (EXITS >> 8) & 255, EXITS >> 16, 0];
  const code = [0xbf, ...count, 0x0f, 0xa2, 0xff, 0xcf, 0x75, 0xfa, 0xf4];
  const run = (): unknown => machine.run(code, 0x1000, EXITS * 4);
  return Math.min(...Array.from({ length: ROUNDS }, () => milliseconds(run)));
}

/** Asks a thread; the fewest milliseconds of some rounds. */
async function askThread(how: 'wake' | 'spin'): Promise<number> {
  const { thread, begin } = await conversation({ kind: 'answer', times: QUESTIONS, how });
  const times = Array.from({ length: TALKS }, () => {
    begin();
    return milliseconds(() => {
      for (let i = 1; i <= QUESTIONS; i += 1) {
        tell(thread.control, Control.ASKED, i);
        await_(thread.control, Control.ANSWERED, i, how === 'spin');
      }
    });
  });
  return Math.min(...times);
}

/** A thread asks, and this one answers as the parent would: from its event loop. */
async function askEventLoop(how: 'message' | 'wake'): Promise<number> {
  const { thread, begin } = await conversation({ kind: 'ask', times: QUESTIONS, how });
  const { control, worker } = thread;
  const times: number[] = [];
  for (let talk = 0; talk < TALKS; talk += 1) {
    const start = performance.now();
    begin();
    for (let i = 1; i <= QUESTIONS; i += 1) {
      if (how === 'message') await once(worker, 'message');
      else await reached(control, Control.ASKED, i);
      tell(control, Control.ANSWERED, i);
    }
    times.push(performance.now() - start);
    await reached(control, Control.ENDED, talk + 1);
  }
  return Math.min(...times);
}

async function reached(control: Int32Array<SharedArrayBuffer>, word: number, value: number): Promise<void> {
  for (let seen = Atomics.load(control, word); seen < value; seen = Atomics.load(control, word)) {
    await Atomics.waitAsync(control, word, seen).value;
  }
}

/** A thread to talk to in turns, each of which begins with the first question. */
async function conversation(work: ThreadWork): Promise<{ thread: Thread; begin: () => void }> {
  const thread = await Thread.start(work, TALKS);
  const begin = (): void => {
    thread.end();
    Atomics.store(thread.control, Control.ASKED, 0);
    Atomics.store(thread.control, Control.ANSWERED, 0);
    thread.begin();
  };
  return { thread, begin };
}
