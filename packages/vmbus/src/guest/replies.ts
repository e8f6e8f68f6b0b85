/** Replies of the host that somebody waits for. */

import type { VmbusError } from './vmbus-error.ts';

interface Waiter {
  readonly relid: number;
  readonly resolve: (value: number) => void;
  readonly reject: (error: VmbusError) => void;
}

/** Which reply: the message it answers, and the id that it is found by. */
export type ReplyKind = 'version' | 'offers' | 'gpadl' | 'torndown' | 'open' | 'modify' | 'unload';

/** Waits by kind and ids. Register before the request is posted: the reply may come during the hypercall. */
export class Replies {
  readonly #waiters = new Map<string, Waiter>();

  /** `owner`: the channel whose end is the end of the wait. Throws Error when somebody waits for the same already. */
  expect(kind: ReplyKind, relid = 0, id = 0, owner = relid): Promise<number> {
    const key = `${kind}/${relid}/${id}`;
    if (this.#waiters.has(key)) throw new Error(`${key} is awaited already`);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    // Whoever gives up before it waits must not crash the program.
    promise.catch(() => undefined);
    this.#waiters.set(key, { relid: owner, resolve, reject });
    return promise;
  }

  /** Gives the reply to whoever waits for it. False if nobody does. */
  settle(kind: ReplyKind, value: number, relid = 0, id = 0): boolean {
    const key = `${kind}/${relid}/${id}`;
    const waiter = this.#waiters.get(key);
    if (waiter === undefined) return false;
    this.#waiters.delete(key);
    waiter.resolve(value);
    return true;
  }

  /** No longer wanted. */
  forget(kind: ReplyKind, relid = 0, id = 0): void {
    this.#waiters.delete(`${kind}/${relid}/${id}`);
  }

  /** Ends the waits of one channel, or all of them. */
  rejectAll(error: VmbusError, relid?: number): void {
    for (const [key, waiter] of this.#waiters) {
      if (relid !== undefined && waiter.relid !== relid) continue;
      this.#waiters.delete(key);
      waiter.reject(error);
    }
  }
}
