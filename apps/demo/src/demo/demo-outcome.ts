/** What a guest of the demo leaves behind, whichever it was. */

import type { Machine, MachineReport, MachineResult } from '@viridian/vm';
import type { WorkloadResult } from '../guest/workload.ts';
import type { FoundFile } from '../image/file-hashes.ts';
import type { DeviceCheck } from './demo-devices.ts';

/** What the guest found and did on the disk. */
export interface DemoFindings {
  /** Files that the host put there, as the guest read them. */
  readonly files: readonly FoundFile[];
  /** Files that the guest made, with its own hashes. */
  readonly written: readonly FoundFile[];
  readonly workload: readonly WorkloadResult[];
  /** Network, keyboard, screen and services, where the guest has them. */
  readonly devices?: DeviceCheck;
}

/** The end of a demo. */
export interface DemoOutcome {
  readonly result: MachineResult;
  readonly report: MachineReport;
  /** Absent when the guest did not get that far. */
  readonly findings: DemoFindings | undefined;
}

/** Starts a machine and waits for its end, which comes at once when somebody interrupts. */
export async function untilFinished(machine: Machine, interrupted: AbortSignal): Promise<MachineResult> {
  const kill = (): void => machine.kill();
  interrupted.addEventListener('abort', kill);
  try {
    machine.start();
    if (interrupted.aborted) kill();
    return await machine.finished;
  } finally {
    interrupted.removeEventListener('abort', kill);
  }
}
