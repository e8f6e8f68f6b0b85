/** Calls into devices: at once or later, and never able to throw into the bus. */

import { NtStatus } from '@viridian/protocols/vmbus';
import { deviceWarning } from '../ring/trace-points.ts';

/** Calls `work` and then `done`, in this turn unless the device answers later. A failing device is logged. */
export function afterDevice(where: string, work: () => void | Promise<void>, done: () => void): void {
  const failed = (error: unknown): void => {
    deviceFailed(where, error);
  };
  let later: Promise<void> | undefined;
  try {
    later = work() ?? undefined;
  } catch (error) {
    failed(error);
  }
  if (later === undefined) done();
  else void later.catch(failed).then(done);
}

/** Logs the failure; gives the status that the guest is answered. */
export function deviceFailed(where: string, error: unknown): number {
  deviceWarning.report(where, 'device failed', { error: String(error) });
  return NtStatus.UNSUCCESSFUL;
}
