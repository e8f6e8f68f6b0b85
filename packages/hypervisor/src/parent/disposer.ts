/** Removal handles as `@viridian/trace` has them: called, or declared with `using`; a second call does nothing. */

import type { Disposer } from '@viridian/trace';

/** Wraps `undo` so that it runs at most once. */
export function disposer(undo: () => void): Disposer {
  let done = false;
  const dispose = (): void => {
    if (done) return;
    done = true;
    undo();
  };
  return Object.assign(dispose, { [Symbol.dispose]: dispose });
}
