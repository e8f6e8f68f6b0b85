/** What the thread that takes samples and the one that runs the guest tell each other. */

import type { LinuxPlaces } from '@viridian/vm/profile';

/** What the thread is given. */
export interface ProfileWork {
  readonly memory: SharedArrayBuffer;
  /** Names programs of a Linux; absent for other guests. */
  readonly places: LinuxPlaces | undefined;
  /** One word: what the thread is to do, see {@link Order}. */
  readonly order: Int32Array<SharedArrayBuffer>;
}

/** What the thread is asked for; after a report it goes back to sampling by itself. */
export const Order = { SAMPLE: 0, REPORT: 1, END: 2 } as const;
