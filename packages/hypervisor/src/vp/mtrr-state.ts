/** Memory type range registers: kept for the guest and the parent, without effect on memory. Intel SDM volume 3, "Memory Cache Control". */

/** MTRR capabilities: 8 variable ranges, fixed ranges, write combining. */
export const MTRR_CAP = 0x508;

const VARIABLE_RANGES = MTRR_CAP & 0xff;
const FIXED_RANGES = 11;

/** Values as halves: low at 2n, high at 2n + 1. */
export class MtrrState {
  readonly defType = new Uint32Array(2);
  readonly bases = new Uint32Array(2 * VARIABLE_RANGES);
  readonly masks = new Uint32Array(2 * VARIABLE_RANGES);
  readonly fixed = new Uint32Array(2 * FIXED_RANGES);

  reset(): void {
    this.defType.fill(0);
    this.bases.fill(0);
    this.masks.fill(0);
    this.fixed.fill(0);
  }
}
