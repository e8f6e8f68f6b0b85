/** How often each hypercall was made and each failing status given; always on. */

import { HvStatus, HypercallCode } from '@viridian/protocols/tlfs';
import { nameOf } from '@viridian/wire';

/** Codes below this have their own place; extended codes share the places behind it, all others one place. */
const PLAIN_CODES = 0x100;
const EXTENDED_CODES = 0x10;
const EXTENDED_BASE = 0x8000;
const OTHER = PLAIN_CODES + EXTENDED_CODES;
const STATUSES = 0x80;

/** Counts of one partition or of one VP. */
export class HypercallCounters {
  /** All hypercalls that got a result. */
  total = 0;
  /** Those with a status other than success. */
  failed = 0;
  /** Rep elements processed. */
  reps = 0;
  /** Made from where hypercalls are not allowed: #UD. */
  rejected = 0;

  readonly #byCode = new Float64Array(OTHER + 1);
  readonly #byStatus = new Float64Array(STATUSES);

  /** Counts one result. */
  count(code: number, status: number, reps: number): void {
    this.total += 1;
    this.reps += reps;
    const place = placeOf(code);
    this.#byCode[place] = this.#byCode[place]! + 1;
    if (status === HvStatus.SUCCESS) return;
    this.failed += 1;
    const at = status & (STATUSES - 1);
    this.#byStatus[at] = this.#byStatus[at]! + 1;
  }

  /** Calls with this code. */
  ofCode(code: number): number {
    return this.#byCode[placeOf(code)]!;
  }

  /** Calls that failed with this status. */
  ofStatus(status: number): number {
    return this.#byStatus[status & (STATUSES - 1)]!;
  }

  inspect() {
    const byCode: Record<string, number> = {};
    for (const code of Object.values(HypercallCode)) {
      if (this.ofCode(code) > 0) byCode[nameOf(HypercallCode, code)] = this.ofCode(code);
    }
    if (this.#byCode[OTHER]! > 0) byCode.other = this.#byCode[OTHER]!;
    const failures: Record<string, number> = {};
    this.#byStatus.forEach((count, status) => {
      if (count > 0) failures[nameOf(HvStatus, status)] = count;
    });
    const { total, failed, reps, rejected } = this;
    return { total, failed, reps, rejected, byCode, failures };
  }
}

function placeOf(code: number): number {
  if (code < PLAIN_CODES) return code;
  const extended = code - EXTENDED_BASE;
  return extended >= 0 && extended < EXTENDED_CODES ? PLAIN_CODES + extended : OTHER;
}
