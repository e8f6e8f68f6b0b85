/** Work that may be finished when the call returns or later: kept synchronous as long as it is. */

/** What a request gives back: nothing when it is done, a promise when it is not. */
export type Settling = void | Promise<void>;

/** Runs `next` when `work` is done, at once if it already is. */
export function after<Value>(work: Value | Promise<Value>, next: (value: Value) => Settling): Settling {
  return work instanceof Promise ? work.then(next) : next(work);
}

/** Starts the work and runs `always` when it has ended, well or not. */
export function lastly(start: () => Settling, always: () => void): Settling {
  let work: Settling;
  try {
    work = start();
  } catch (error) {
    always();
    throw error;
  }
  if (work instanceof Promise) return work.finally(always);
  always();
}

/**
 * Starts one piece of work per item, all together. Waits for every one of them even when some fail, for they may still
 * touch the caller's buffers; then fails with the first failure.
 */
export function settleAll<Item>(items: readonly Item[], start: (item: Item) => Settling): Settling {
  if (items.length === 1) return start(items[0]!);
  const pending: Promise<void>[] = [];
  let failure: { readonly error: unknown } | undefined;
  for (const item of items) {
    try {
      const work = start(item);
      if (work instanceof Promise) pending.push(work);
    } catch (error) {
      failure ??= { error };
      break;
    }
  }
  if (pending.length > 0) return outcome(pending, failure);
  if (failure !== undefined) throw failure.error;
}

async function outcome(
  pending: readonly Promise<void>[],
  failure: { readonly error: unknown } | undefined,
): Promise<void> {
  const results = await Promise.allSettled(pending);
  if (failure !== undefined) throw failure.error;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
