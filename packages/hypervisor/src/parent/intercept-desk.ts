/** Where the intercept handlers of one child wait for late answers and hand in finished instructions. */

import { HvStatus } from '@viridian/protocols/tlfs';
import { counters, warning } from '@viridian/trace';
import type { CallbackGuard } from './callback-guard.ts';
import type { HypercallGate } from './hypercall-gate.ts';
import type { InterceptCompletion, InterceptPoint } from './intercept-completion.ts';
import type { Answer } from './intercept-handlers.ts';

const completionRefused = warning('parent.refused-completion');

/** One per child. */
export class InterceptDesk {
  readonly partitionId: bigint;
  readonly gate: HypercallGate;
  readonly complete: InterceptCompletion;
  readonly guard: CallbackGuard;
  readonly counters = counters({ refusedCompletions: 0, answersTooLate: 0 });
  /** Grows when what waits is void: the child was reset or goes away. */
  #epoch = 0;

  constructor(partitionId: bigint, gate: HypercallGate, complete: InterceptCompletion, guard: CallbackGuard) {
    this.partitionId = partitionId;
    this.gate = gate;
    this.complete = complete;
    this.guard = guard;
  }

  /** Answers that are still awaited come too late from now on. */
  forget(): void {
    this.#epoch += 1;
  }

  /** Calls a handler. What it throws is recorded, and its answer is undefined then. */
  ask<Value>(reason: string, handler: () => Answer<Value>): Answer<Value | undefined> {
    try {
      return handler();
    } catch (error) {
      this.guard.failed(reason, error);
      return undefined;
    }
  }

  /** Calls `finish` at once or when the answer is there; undefined when it failed. */
  whenAnswered<Value>(
    point: InterceptPoint,
    answer: Answer<Value>,
    finish: (held: InterceptPoint, value: Value | undefined) => void,
  ): void {
    if (answer instanceof Promise) this.later(point, answer, finish);
    else finish(point, answer);
  }

  /** Keeps a copy of `point` and calls `finish` when the answer is there, unless the child was reset meanwhile. */
  later<Value>(
    point: InterceptPoint,
    answer: Promise<Value>,
    finish: (held: InterceptPoint, value: Value | undefined) => void,
  ): void {
    const held = { ...point };
    const epoch = this.#epoch;
    const settle = (value: Value | undefined): void => {
      if (epoch === this.#epoch) finish(held, value);
      else this.counters.answersTooLate += 1;
    };
    answer.then(settle, (error: unknown) => {
      this.guard.failed('intercept handler rejected', error);
      settle(undefined);
    });
  }

  /** Takes the status of a completion. A refusal means that the virtual processor is gone or the guest's state odd. */
  done(status: number): void {
    if (status === HvStatus.SUCCESS) return;
    this.counters.refusedCompletions += 1;
    completionRefused.report(this.guard.where, 'the hypervisor refused to finish an instruction', { status });
  }
}
