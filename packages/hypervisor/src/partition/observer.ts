/** What the host may want to hear about a partition, beside what hypercalls and messages tell its parent. */

import type { PartitionState } from './partition.ts';

/** What a guest reported through the crash MSRs. TLFS, "Crash MSRs" (guest crash enlightenment). */
export interface CrashInfo {
  readonly vpIndex: number;
  /** HV_X64_MSR_CRASH_P0 to P4. */
  readonly parameters: readonly bigint[];
  /** What was written to HV_X64_MSR_CRASH_CTL. */
  readonly control: bigint;
  /** The bytes at P3, P4 long, when CTL says that there are any. */
  readonly message?: Uint8Array;
}

/** Called after the fact; an observer may use the platform calls but must not run the partition's VPs itself. */
export interface PartitionObserver {
  /** The partition was reset by its RESET MSR or by the host. */
  reset?(): void;
  crash?(info: CrashInfo): void;
  /** A VP cannot go on: a triple fault. */
  unrecoverable?(vpIndex: number): void;
  stateChanged?(state: PartitionState): void;
  /** HvExtCallMemoryHeatHint, cold discard: the guest does not need these pages' contents any more. */
  coldPages?(firstGpn: number, pageCount: number): void;
}
