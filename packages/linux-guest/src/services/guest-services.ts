/** What the host may ask a kernel for, and what is told to it: the state behind the integration services. */

import type { Freezable, HostTime, KeyValuePools, ShutdownWish } from '@viridian/vsc/integration';

/** The services of a kernel, for its programs. */
export class GuestServices {
  /** The host wants the guest to end: say whether it will. It will not unless this is set. */
  onShutdown: ((wish: ShutdownWish) => boolean) | undefined;
  /** The host's time as it is told now and then. */
  onTime: ((time: HostTime) => void) | undefined;
  /** Whether the programs are well, as heartbeats tell; they are unless this is set. */
  isHealthy: (() => boolean) | undefined;
  /** What rests while the host copies the disks. */
  freezable: Freezable | undefined;
  /** Pairs for the host to read, and those that it wrote. */
  readonly keyValues: KeyValuePools;

  /** `facts` are what the guest tells of itself, e.g. `OSName`. */
  constructor(facts: Readonly<Record<string, string>>) {
    this.keyValues = { host: new Map(), guest: new Map(), facts: new Map(Object.entries(facts)) };
  }
}
