/** Time as the bus needs it; the hypervisor's clocks fit. */

/** Reference time in units of 100 ns, never decreasing, and calls at a later time (never early). */
export interface BusClock {
  now(): number;
  schedule(at: number, callback: () => void): unknown;
  cancel(handle: never): void;
}
