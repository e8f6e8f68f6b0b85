/** SCONTROL, SIMP, SIEFP and SINT0 to SINT15 of one virtual processor. TLFS, "Inter-Partition Communication", SynIC MSRs. */

import { SINT_COUNT, SINT_LOWEST_VECTOR, SINT_RESET } from '@viridian/protocols/tlfs';
import { GpaAccess } from '../partition/gpa-space.ts';
import { OverlayRegister } from '../vp/overlay-register.ts';
import type { SynicOwner } from './synic.ts';

const SCONTROL_ENABLE = 1;
const SINT_VECTOR = 0xff;
const SINT_MASKED = 0x1_0000;
const SINT_AUTO_EOI = 0x2_0000;
const SINT_POLLING = 0x4_0000;

/** The registers as halves; reserved bits are kept as written. */
export class SynicRegisters {
  scontrolLow = 0;
  scontrolHigh = 0;
  readonly simp: OverlayRegister;
  readonly siefp: OverlayRegister;
  readonly sintLow = new Uint32Array(SINT_COUNT).fill(SINT_RESET);
  readonly sintHigh = new Uint32Array(SINT_COUNT);
  readonly #owner: SynicOwner;
  readonly #messagePage: number;
  readonly #flagPage: number;
  /** Called when messages that wait may have found a slot. */
  readonly #onSlots: () => void;

  constructor(owner: SynicOwner, messagePage: number, flagPage: number, onSlots: () => void) {
    this.#owner = owner;
    this.#messagePage = messagePage;
    this.#flagPage = flagPage;
    this.#onSlots = onSlots;
    this.simp = new OverlayRegister(owner.gpa, GpaAccess.READ | GpaAccess.WRITE);
    this.siefp = new OverlayRegister(owner.gpa, GpaAccess.READ | GpaAccess.WRITE);
  }

  reset(): void {
    this.scontrolLow = this.scontrolHigh = 0;
    this.simp.reset();
    this.siefp.reset();
    this.sintLow.fill(SINT_RESET);
    this.sintHigh.fill(0);
    this.#owner.apic.autoEoi.clear();
  }

  /** SCONTROL bit 0. */
  get enabled(): boolean {
    return (this.scontrolLow & SCONTROL_ENABLE) !== 0;
  }

  vector(sint: number): number {
    return this.sintLow[sint]! & SINT_VECTOR;
  }

  isMasked(sint: number): boolean {
    return (this.sintLow[sint]! & SINT_MASKED) !== 0;
  }

  /** Polled sources never interrupt. Without the feature the bit is a reserved one. */
  isPolled(sint: number): boolean {
    return (this.sintLow[sint]! & SINT_POLLING) !== 0 && this.#owner.hasSintPolling;
  }

  setScontrol(low: number, high: number): void {
    this.scontrolLow = low >>> 0;
    this.scontrolHigh = high >>> 0;
    this.#onSlots();
  }

  setSimp(low: number, high: number): void {
    this.simp.set(low, high, this.#messagePage);
    this.#onSlots();
  }

  setSiefp(low: number, high: number): void {
    this.siefp.set(low, high, this.#flagPage);
  }

  /** False (#GP) for a reserved vector in an unmasked SINT. */
  setSint(sint: number, low: number, high: number): boolean {
    if ((low & SINT_MASKED) === 0 && (low & SINT_VECTOR) < SINT_LOWEST_VECTOR) return false;
    this.sintLow[sint] = low;
    this.sintHigh[sint] = high;
    const { autoEoi } = this.#owner.apic;
    autoEoi.clear();
    for (let at = 0; at < SINT_COUNT; at += 1) {
      if ((this.sintLow[at]! & (SINT_AUTO_EOI | SINT_MASKED)) === SINT_AUTO_EOI) autoEoi.add(this.vector(at));
    }
    return true;
  }

  inspect() {
    const unmasked: Record<string, string> = {};
    for (let sint = 0; sint < SINT_COUNT; sint += 1) {
      if (!this.isMasked(sint)) unmasked[sint] = `0x${this.sintLow[sint]!.toString(16)}`;
    }
    return {
      enabled: this.enabled,
      messagePageAt: this.simp.shownAt,
      flagPageAt: this.siefp.shownAt,
      unmasked,
    };
  }
}
