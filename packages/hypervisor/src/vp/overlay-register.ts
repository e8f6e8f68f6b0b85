/** Registers that put an overlay page into guest-physical memory. TLFS, "GPA Overlay Pages". */

import type { GpaSpace } from '../partition/gpa-space.ts';

const ENABLE = 1;
/** Page numbers that the low half of the register holds. */
const PAGES_IN_LOW = 2 ** 20;

/** HYPERCALL, REFERENCE_TSC, SIMP, SIEFP, VP_ASSIST_PAGE: bit 0 enables, bits 63:12 are the page number, the rest is kept. */
export class OverlayRegister {
  low = 0;
  high = 0;
  readonly #gpa: GpaSpace;
  readonly #access: number;
  /** Where the overlay lies now, -1 if nowhere. */
  #shownAt = -1;

  /** `access` are the rights of the guest to the page, in bits of `GpaAccess`. */
  constructor(gpa: GpaSpace, access: number) {
    this.#gpa = gpa;
    this.#access = access;
  }

  get enabled(): boolean {
    return (this.low & ENABLE) !== 0;
  }

  /** Page number in the register. */
  get gpn(): number {
    return pageNumberOf(this.low, this.high);
  }

  /** Where the guest sees the page, -1 if nowhere: disabled, or beyond the end of its address space. */
  get shownAt(): number {
    return this.#shownAt;
  }

  /** Takes a new value and moves `systemPage` where it says. A page number beyond the address space shows it nowhere. */
  set(low: number, high: number, systemPage: number): void {
    this.low = low >>> 0;
    this.high = high >>> 0;
    const gpn = this.enabled && this.gpn < this.#gpa.pageCount ? this.gpn : -1;
    if (gpn === this.#shownAt) return;
    if (this.#shownAt >= 0) this.#gpa.clearOverlay(this.#shownAt);
    this.#shownAt = gpn;
    if (gpn >= 0) this.#gpa.setOverlay(gpn, systemPage, this.#access);
  }

  /** Value 0, page off. */
  reset(): void {
    this.set(0, 0, -1);
  }
}

/** Page number in bits 63:12 of a register given as halves. */
export function pageNumberOf(low: number, high: number): number {
  return high * PAGES_IN_LOW + (low >>> 12);
}
