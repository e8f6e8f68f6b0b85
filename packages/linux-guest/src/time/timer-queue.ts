/**
 * Pending timeouts by deadline: a binary heap over one one-shot clock event device.
 *
 * Deadlines are reference time in units of 100 ns. The device is asked for the earliest one only, and again when it
 * fired or an earlier one came in, as a tickless kernel does.
 */

/** A device that interrupts once, at or after a deadline. */
export interface ClockEventDevice {
  /** Asks for an interrupt at `deadline`, replacing what was asked before. */
  setNextEvent(deadline: number): void;
  /** Takes the request back. */
  stop(): void;
}

interface Timeout {
  readonly deadline: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** Timers of a kernel on one clock event device. */
export class TimerQueue {
  readonly #device: ClockEventDevice;
  readonly #now: () => number;
  readonly #heap: Timeout[] = [];
  #order = 0;
  #armed = Number.POSITIVE_INFINITY;

  constructor(device: ClockEventDevice, now: () => number) {
    this.#device = device;
    this.#now = now;
  }

  /** Runs `callback` at or after `deadline`; the result takes it back. */
  at(deadline: number, callback: () => void): () => void {
    const timeout: Timeout = { deadline, order: this.#order++, callback, cancelled: false };
    this.#push(timeout);
    this.#arm();
    return () => {
      timeout.cancelled = true;
    };
  }

  /** Settles at or after `milliseconds` from now. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.#now() + Math.ceil(milliseconds * 10_000), resolve);
    });
  }

  /** The device's interrupt: runs what is due and asks for the next. */
  onInterrupt(): void {
    this.#armed = Number.POSITIVE_INFINITY;
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (!first.cancelled && first.deadline > this.#now()) break;
      this.#pop();
      if (!first.cancelled) first.callback();
    }
    this.#arm();
  }

  /** Drops all timeouts and stops the device. */
  shutdown(): void {
    this.#heap.length = 0;
    this.#armed = Number.POSITIVE_INFINITY;
    this.#device.stop();
  }

  /** Timeouts that wait. */
  get pending(): number {
    return this.#heap.reduce((sum, timeout) => sum + (timeout.cancelled ? 0 : 1), 0);
  }

  #arm(): void {
    while (this.#heap[0]?.cancelled === true) this.#pop();
    const first = this.#heap[0];
    if (first === undefined || first.deadline >= this.#armed) return;
    this.#armed = first.deadline;
    this.#device.setNextEvent(first.deadline);
  }

  #push(timeout: Timeout): void {
    const heap = this.#heap;
    let index = heap.push(timeout) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(heap[index]!, heap[parent]!)) break;
      swap(heap, index, parent);
      index = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let index = 0; ; ) {
      let child = index * 2 + 1;
      if (child >= heap.length) return;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, heap[index]!)) return;
      swap(heap, index, child);
      index = child;
    }
  }
}

// Equal deadlines run in the order they were asked for.
function isBefore(a: Timeout, b: Timeout): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
}

function swap(heap: Timeout[], a: number, b: number): void {
  const held = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = held;
}
