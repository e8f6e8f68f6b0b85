/** A hypercall of the parent that the hypervisor refused. TLFS, appendix "Hypercall Status Codes". */

import { HvStatus, HypercallCode } from '@viridian/protocols/tlfs';
import { nameOf } from '@viridian/wire';

/** Thrown by the parent library, except where a refusal is an everyday answer and returned as a status. */
export class HypercallError extends Error {
  override readonly name = 'HypercallError';
  /** HV_STATUS, one of `HvStatus` unless the hypervisor is newer than the table. */
  readonly status: number;
  /** Call code, one of `HypercallCode`. */
  readonly call: number;
  /** Elements of a rep call that were done before the refusal. */
  readonly repsDone: number;

  constructor(call: number, status: number, repsDone = 0) {
    const done = repsDone > 0 ? ` after ${repsDone} elements` : '';
    super(`${nameOf(HypercallCode, call)} was answered ${nameOf(HvStatus, status)}${done}`);
    this.call = call;
    this.status = status;
    this.repsDone = repsDone;
  }
}

/** Throws {@link HypercallError} unless `status` is success. */
export function demand(call: number, status: number, repsDone = 0): void {
  if (status !== HvStatus.SUCCESS) throw new HypercallError(call, status, repsDone);
}
