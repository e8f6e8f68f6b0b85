/** The interrupt page of versions before 2.4: one bit per channel and direction. VMBus, Interrupt Page. */

import { INTERRUPT_PAGE_GUEST_TO_HOST } from '@viridian/protocols/vmbus';
import { setFlag, takeFlags } from '../ring/flag-scan.ts';
import type { GuestPage } from './guest-page.ts';

const HALF_WORDS = INTERRUPT_PAGE_GUEST_TO_HOST / 4;
/** 2047 relids; the rest of each half is never used. */
const FLAG_WORDS = 2048 / 32;

/** The host's view of the page. */
export class InterruptPage {
  readonly #page: GuestPage;

  constructor(page: GuestPage) {
    this.#page = page;
  }

  /** Host to guest. */
  set(relid: number): void {
    setFlag(this.#page.words, this.#page.first, relid);
  }

  /** Guest to host: takes all bits. */
  take(found: (relid: number) => void): void {
    takeFlags(this.#page.words, this.#page.first + HALF_WORDS, FLAG_WORDS, found);
  }
}
