/** Where virtual processors get their turns: short tasks between which the host's own events come through. */

/** Runs tasks later, in order. */
export interface Executor {
  /** Runs `task` soon, after the caller has returned. Tasks posted while one runs wait for the next batch. */
  post(task: () => void): void;
}

/** Starts `callback` as a task of its own, after the events that wait already. */
type Turn = (callback: () => void) => void;

function hostTurn(): Turn {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined) {
    return (callback) => {
      setImmediate(callback);
    };
  }
  const { port1, port2 } = new MessageChannel();
  let waiting: () => void = () => {};
  port1.onmessage = () => waiting();
  return (callback) => {
    waiting = callback;
    port2.postMessage(null);
  };
}

/**
 * Tasks in turns of the host's event loop: `setImmediate` where it exists, else a message channel (a `setTimeout` of 0
 * waits for milliseconds in browsers). Each turn runs the tasks posted before it began, so I/O is never starved.
 */
export class HostExecutor implements Executor {
  readonly #turn = hostTurn();
  #next: (() => void)[] = [];
  #batch: (() => void)[] = [];
  #scheduled = false;

  post(task: () => void): void {
    this.#next.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#turn(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    const batch = this.#next;
    this.#next = this.#batch;
    this.#batch = batch;
    let done = 0;
    try {
      while (done < batch.length) {
        done += 1;
        batch[done - 1]!();
      }
    } finally {
      // A task that throws is a bug that the host reports; the others still get their turn.
      if (done < batch.length) this.#next = [...batch.slice(done), ...this.#next];
      batch.length = 0;
      if (this.#next.length > 0) this.#schedule();
    }
  };
}

/** Tasks that run when a test says so. */
export class ManualExecutor implements Executor {
  readonly #tasks: (() => void)[] = [];

  get pending(): number {
    return this.#tasks.length;
  }

  post(task: () => void): void {
    this.#tasks.push(task);
  }

  /** Runs the first task; false when there is none. */
  runOne(): boolean {
    const task = this.#tasks.shift();
    task?.();
    return task !== undefined;
  }

  /** Runs tasks, those included that are posted meanwhile, until none is left; gives their number. */
  runAll(most = 100_000): number {
    let ran = 0;
    while (this.runOne()) {
      ran += 1;
      if (ran >= most) throw new Error(`still busy after ${most} tasks`);
    }
    return ran;
  }
}
