/** Removal handles: what `listen` and `InspectTree.add` give back. */

/** Undoes a registration; call it or declare it with `using`. A second call does nothing. */
export type Disposer = (() => void) & Disposable;

/** Wraps `undo` so that it runs at most once, by call or by `using`. */
export function disposer(undo: () => void): Disposer {
  let done = false;
  const dispose = (): void => {
    if (done) return;
    done = true;
    undo();
  };
  return Object.assign(dispose, { [Symbol.dispose]: dispose });
}
