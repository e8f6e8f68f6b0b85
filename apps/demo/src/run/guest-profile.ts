/** `--profile`: samples of the guest from a thread of its own, printed at the end and when somebody asks. */

import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { SymbolTable } from '@viridian/emulation/loader';
import type { Machine } from '@viridian/vm';
import { formatProfile, linuxPlaces, type ProfileData } from '@viridian/vm/profile';
import { slideOf } from './kernel-symbols.ts';
import { Order, type ProfileWork } from './profile-work.ts';

const ORDER_BYTES = 4;

/** Samples one machine from its start on. */
export class GuestProfile {
  readonly #machine: Machine;
  readonly #symbols: SymbolTable | undefined;
  readonly #print: (text: string) => void;
  readonly #order = new Int32Array(new SharedArrayBuffer(ORDER_BYTES));
  readonly #worker: Worker;
  readonly #startedAt = performance.now();
  readonly #idleAtStart = performance.eventLoopUtilization().idle;
  #names: SymbolTable | undefined;

  /** Begins. Throws for a machine without x86 processors. */
  constructor(machine: Machine, symbols: SymbolTable | undefined, print: (text: string) => void) {
    this.#machine = machine;
    this.#symbols = symbols;
    this.#print = print;
    const source = machine.profileSource;
    if (source === undefined) throw new Error('this machine has no x86 processor');
    const work: ProfileWork = {
      memory: source.memory,
      places: symbols && linuxPlaces(symbols),
      order: this.#order,
    };
    this.#worker = new Worker(new URL('./profile-worker.ts', import.meta.url), { workerData: work });
    this.#worker.unref();
    // The kernel's registers tell how far it moved itself, and are gone with the machine.
    machine.on('finishing', () => this.#noteNames());
  }

  /** Prints what was sampled so far. */
  async report(): Promise<void> {
    await this.#ask(Order.REPORT);
  }

  /** Prints everything; the thread is gone then. */
  async end(): Promise<void> {
    await this.#ask(Order.END);
  }

  async #ask(order: number): Promise<void> {
    const source = this.#machine.profileSource!;
    const [milliseconds, idle] = [performance.now(), performance.eventLoopUtilization().idle];
    this.#noteNames();
    this.#worker.ref();
    Atomics.store(this.#order, 0, order);
    Atomics.notify(this.#order, 0);
    const [data] = (await once(this.#worker, 'message')) as [ProfileData];
    if (order !== Order.END) this.#worker.unref();
    this.#print(
      formatProfile(data, {
        milliseconds: milliseconds - this.#startedAt,
        idleMilliseconds: idle - this.#idleAtStart,
        instructions: this.#machine.counters().instructions,
        jit: source.jitCounters(),
        names: this.#names,
      }),
    );
  }

  #noteNames(): void {
    const snapshots = this.#machine.snapshots();
    if (this.#symbols === undefined || snapshots.length === 0) return;
    const slide = slideOf(this.#symbols, snapshots);
    this.#names = slide === undefined ? undefined : this.#symbols.movedBy(slide);
  }
}
