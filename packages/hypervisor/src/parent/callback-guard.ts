/** Keeps a failure in one child's callback away from the parent and from the other children. */

import { counters, warning } from '@viridian/trace';

const callbackFailed = warning('parent.callback');

/** Catches, counts and reports what callbacks throw; one per child. */
export class CallbackGuard {
  /** Path of the child, for reports. */
  readonly where: string;
  readonly counters = counters({ callbackErrors: 0 });
  /** The last failure, for who wants to know more than its message. */
  lastError: unknown;

  constructor(where: string) {
    this.where = where;
  }

  /** Records a failure of the callback that `reason` names, a fixed text. */
  failed(reason: string, error: unknown): void {
    this.counters.callbackErrors += 1;
    this.lastError = error;
    callbackFailed.report(this.where, reason, {
      error: error instanceof Error ? error.message : String(error),
    });
  }

  /** Calls `work`; a failure is recorded. */
  run(reason: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failed(reason, error);
    }
  }
}
