/** The one request that a drive has at the host: started, awaited, and never let go of before it has settled. */

import { BlockError, type BlockErrorKind } from '@viridian/drivers';

/** Why the host did not do what it was asked; 'defect' when a device failed in an unforeseen way. */
export type HostFailure = BlockErrorKind | 'defect';

/** Hears of the end of a request, and what went wrong. */
export type HostDone = (failure: HostFailure | undefined) => void;

/** Keeps one request. A request may end before `start` returns. */
export class HostWork {
  readonly #failed: (failure: HostFailure, error: unknown) => void;
  readonly #settled: () => void;
  #pending: Promise<void> | undefined;
  #then: HostDone = () => {};

  /** `failed` hears of every failure, `settled` of every request that ended after `start` had returned. */
  constructor(failed: (failure: HostFailure, error: unknown) => void, settled: () => void) {
    this.#failed = failed;
    this.#settled = settled;
  }

  get isRunning(): boolean {
    return this.#pending !== undefined;
  }

  /** Runs `work`, then `done`. */
  start(work: () => void | Promise<void>, done: HostDone): void {
    let pending: void | Promise<void>;
    try {
      pending = work();
    } catch (error) {
      done(this.#failureOf(error));
      return;
    }
    if (pending === undefined) {
      done(undefined);
      return;
    }
    this.#then = done;
    this.#pending = pending.then(
      () => this.#end(undefined),
      (error: unknown) => this.#end(this.#failureOf(error)),
    );
  }

  /** Nobody waits for the running request any more: when it ends, `then` is called in place of its `done`. */
  supersede(then: () => void): void {
    this.#then = then;
  }

  /** Settles when no request runs, the ones included that follow from one another. */
  async idle(): Promise<void> {
    while (this.#pending !== undefined) await this.#pending;
  }

  #end(failure: HostFailure | undefined): void {
    this.#pending = undefined;
    this.#then(failure);
    this.#settled();
  }

  #failureOf(error: unknown): HostFailure {
    const failure = error instanceof BlockError ? error.kind : 'defect';
    this.#failed(failure, error);
    return failure;
  }
}
