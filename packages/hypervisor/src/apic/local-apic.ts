/**
 * The local APIC of one virtual processor: which interrupt is delivered when.
 *
 * Sources: Intel SDM volume 3, "Advanced Programmable Interrupt Controller"; TLFS, "Virtual Interrupt Control". Its
 * registers as memory are in `apic-registers.ts`, messages between APICs in `interrupt-delivery.ts`.
 */

import type { ReferenceCounter } from '../timer/reference-counter.ts';
import type { TimeStamp } from '../timer/time-stamp.ts';
import type { ApicMode } from './apic-base.ts';
import { ApicTimer } from './apic-timer.ts';
import { LocalVectorTable, LvtEntry } from './local-vector-table.ts';
import { VectorSet } from './vector-set.ts';

/** What a local APIC needs from its virtual processor. */
export interface ApicOwner {
  /** The processor's interrupt input changed. */
  setInterruptRequest(asserted: boolean): void;
  /** A vector left the in-service register. */
  interruptEnded(vector: number, wasLevel: boolean): void;
  /** The interrupt command register was written. */
  sendIpi(icrLow: number, icrHigh: number): void;
  /** CR8 shows bits 7:4 of the task priority. */
  taskPriorityChanged(priority: number): void;
  /** A pin or an entry of the local vector table asks for a non-maskable interrupt. */
  nmi(): void;
}

/** Spurious-interrupt vector register, bit 8: the APIC is software-enabled. */
const SVR_ENABLE = 0x100;
/** Value of SVR after reset: disabled, vector 0xFF. */
const SVR_RESET = 0xff;
/** Logical destinations in the flat model. */
const DFR_FLAT = 0xffff_ffff;
/** Vectors below 16 are reserved for the processor. */
const LOWEST_VECTOR = 16;

/** Bits of the error status register. */
export const ApicError = {
  SEND_ILLEGAL_VECTOR: 0x20,
  RECEIVED_ILLEGAL_VECTOR: 0x40,
  ILLEGAL_REGISTER: 0x80,
} as const;

/** Answers of the ExtInt line's operations. */
export type ExtIntState = 'idle' | 'pending' | 'acknowledged';

/** Physical destination of all APICs. */
export const BROADCAST = 0xff;
/** The same where destinations have 32 bits. */
const BROADCAST_X2APIC = 0xffff_ffff;

/** The interrupt controllers of old, at the far end of the ExtINT pin: hand out their vector. */
export type AcknowledgeExtInt = () => number;

/** Where a local APIC's time comes from. */
export interface ApicTime {
  readonly reference: ReferenceCounter;
  readonly timeStamp: TimeStamp;
}

/** Priority, acceptance and end of interrupts. All numbers unsigned 32-bit unless said otherwise. */
export class LocalApic {
  /** APIC id, equal to the VP index. */
  readonly id: number;
  /** Requested and not yet handed to the processor. */
  readonly irr = new VectorSet();
  /** Handed to the processor and not yet ended. */
  readonly isr = new VectorSet();
  /** Of the vectors above: those that came level-triggered. */
  readonly tmr = new VectorSet();
  /** Vectors of SINTs with AutoEOI: they never get in service. Kept by the SynIC. */
  readonly autoEoi = new VectorSet();
  readonly lvt: LocalVectorTable;
  readonly timer: ApicTimer;
  svr = SVR_RESET;
  ldr = 0;
  dfr = DFR_FLAT;
  icrLow = 0;
  icrHigh = 0;
  /** Error status: what a read shows, and what the next write will make visible. */
  esr = 0;
  errors = 0;
  readonly #owner: ApicOwner;
  #tpr = 0;
  #requested = false;
  #extIntVector = -1;
  #extIntState: ExtIntState = 'idle';
  /** An interrupt message asked for an acknowledgement of the old controllers. */
  #extIntMessage = false;
  #acknowledgePin: AcknowledgeExtInt | undefined;
  #mode: ApicMode = 'xapic';

  constructor(id: number, owner: ApicOwner, { reference, timeStamp }: ApicTime) {
    this.id = id;
    this.#owner = owner;
    this.lvt = new LocalVectorTable(
      {
        fixed: (vector, level) => this.fixed(vector, level),
        nmi: () => owner.nmi(),
        extIntChanged: () => this.#update(),
      },
      id === 0,
    );
    this.timer = new ApicTimer(reference, timeStamp, () => this.lvt.raise(LvtEntry.TIMER));
  }

  /**
   * State after power-up and INIT: software-disabled, nothing requested, the ExtInt line idle. Pins keep their levels,
   * which are the board's, and the mode stays, which is that of IA32_APIC_BASE.
   */
  reset(): void {
    this.lvt.reset();
    this.timer.reset();
    this.#extIntMessage = false;
    this.irr.clear();
    this.isr.clear();
    this.tmr.clear();
    this.svr = SVR_RESET;
    this.ldr = this.isX2apic ? this.#clusterId : 0;
    this.icrLow = this.icrHigh = this.esr = this.errors = 0;
    this.dfr = DFR_FLAT;
    this.#extIntVector = -1;
    this.#extIntState = 'idle';
    this.#tpr = 0;
    this.#owner.taskPriorityChanged(0);
    this.#update();
  }

  /** Follows IA32_APIC_BASE. What was in the registers is gone once the APIC was off. */
  setMode(mode: ApicMode): void {
    this.#mode = mode;
    if (mode === 'off') this.reset();
    if (mode === 'x2apic') this.ldr = this.#clusterId;
    this.lvt.setBypassed(mode === 'off');
  }

  /** True in x2APIC mode: registers are MSRs, destinations have 32 bits. */
  get isX2apic(): boolean {
    return this.#mode === 'x2apic';
  }

  /** While false, fixed interrupts are lost. NMI, INIT, SIPI and ExtInt come through. */
  get softwareEnabled(): boolean {
    return (this.svr & SVR_ENABLE) !== 0 && this.#mode !== 'off';
  }

  /** Task priority register, bits 7:0. */
  get taskPriority(): number {
    return this.#tpr;
  }

  set taskPriority(priority: number) {
    if (priority === this.#tpr) return;
    this.#tpr = priority & 0xff;
    this.#owner.taskPriorityChanged(this.#tpr);
    this.#update();
  }

  /** Processor priority register: what a vector's upper half must exceed. */
  get processorPriority(): number {
    const inService = this.isr.highest() & 0xf0;
    // highest() gives -1 for an empty set, whose upper half must not count.
    if (this.isr.highest() < 0) return this.#tpr;
    return this.#tpr >> 4 >= inService >> 4 ? this.#tpr : inService;
  }

  /** True while an interrupt would be delivered if the processor took interrupts. */
  get hasDeliverable(): boolean {
    return this.#requested;
  }

  /**
   * A fixed interrupt arrives, edge-triggered unless `level`. False when it is lost: software-disabled, or a vector
   * below 16. One that is requested already is merged with the first.
   */
  fixed(vector: number, level = false): boolean {
    if (vector < LOWEST_VECTOR) {
      this.raiseError(ApicError.RECEIVED_ILLEGAL_VECTOR);
      return false;
    }
    if (!this.softwareEnabled) return false;
    this.irr.add(vector);
    if (level) this.tmr.add(vector);
    else this.tmr.delete(vector);
    this.#update();
    return true;
  }

  /** Hands out the vector to deliver and puts it in service, -1 if there is none. */
  acknowledge(): number {
    if (this.#extIntState === 'pending') {
      this.#extIntState = 'acknowledged';
      this.#update();
      return this.#extIntVector;
    }
    if (this.#pinRequested) {
      this.#extIntMessage = false;
      const vector = this.#acknowledgePin!();
      this.#update();
      return vector;
    }
    const vector = this.irr.highest();
    if (vector < 0 || vector >> 4 <= this.processorPriority >> 4) return -1;
    this.irr.delete(vector);
    // AutoEOI: the interrupt is over the moment it is delivered.
    if (!this.autoEoi.has(vector)) this.isr.add(vector);
    this.#update();
    return vector;
  }

  /** EOI, by whichever register: ends the highest interrupt in service. */
  eoi(): void {
    const vector = this.isr.highest();
    if (vector < 0) return;
    this.isr.delete(vector);
    this.#update();
    this.lvt.ended(vector);
    this.#owner.interruptEnded(vector, this.tmr.has(vector));
  }

  /** Sets the spurious-interrupt vector register. What is requested or in service stays so when it disables. */
  setSpurious(value: number): void {
    this.svr = value & 0x1ff;
    this.lvt.setEnabled((value & SVR_ENABLE) !== 0);
  }

  /** Notes an error for the error status register, and interrupts if the table says so. */
  raiseError(error: number): void {
    const isNew = (this.errors & error) === 0;
    this.errors |= error;
    // The interrupt may itself have an illegal vector, which is an error.
    if (isNew) this.lvt.raise(LvtEntry.ERROR);
  }

  /** Writes the interrupt command register, which sends. */
  writeIcr(low: number, high: number): void {
    // Bit 12, delivery status, is read-only and reads as idle: sending takes no time here.
    this.icrLow = (low & ~0x1000) >>> 0;
    this.icrHigh = high >>> 0;
    this.#owner.sendIpi(this.icrLow, this.icrHigh);
  }

  /** Whether a destination names this APIC. Logical ones follow the flat or the cluster model of DFR. */
  isAddressed(destination: number, logical: boolean): boolean {
    if (!logical) {
      return destination === BROADCAST || destination === this.id || destination === BROADCAST_X2APIC;
    }
    if (this.isX2apic) {
      const sameCluster = destination === BROADCAST_X2APIC || destination >>> 16 === this.ldr >>> 16;
      return sameCluster && (destination & this.ldr & 0xffff) !== 0;
    }
    const own = this.ldr >>> 24;
    if (this.dfr >>> 28 === 0xf) return (own & destination) !== 0;
    const cluster = destination >> 4;
    return (cluster === 0xf || cluster === own >> 4) && (own & destination & 0xf) !== 0;
  }

  /** State of the ExtInt line (AssertVirtualInterrupt, type ExtInt), which knows no priority and no enabling. */
  get extIntState(): ExtIntState {
    return this.#extIntState;
  }

  /** Asserts the ExtInt line with a vector; false while an acknowledged one waits to be cleared. */
  assertExtInt(vector: number): boolean {
    if (this.#extIntState === 'acknowledged') return false;
    this.#extIntVector = vector;
    this.#extIntState = 'pending';
    this.#update();
    return true;
  }

  /** Takes back an ExtInt that was not acknowledged yet. */
  deassertExtInt(): void {
    if (this.#extIntState === 'pending') this.#extIntState = 'idle';
    this.#update();
  }

  /** Arms the ExtInt line again; false when nothing was acknowledged. */
  clearExtInt(): boolean {
    if (this.#extIntState !== 'acknowledged') return false;
    this.#extIntState = 'idle';
    return true;
  }

  /** Says who hands out vectors of ExtINT interrupts; without it there are none. */
  setExtIntSource(acknowledge: AcknowledgeExtInt): void {
    this.#acknowledgePin = acknowledge;
  }

  /** An ExtINT message: an I/O APIC stands between the old controllers and the processor. */
  messageExtInt(): void {
    this.#extIntMessage = true;
    this.#update();
  }

  inspect() {
    return {
      mode: this.#mode,
      enabled: this.softwareEnabled,
      taskPriority: this.#tpr,
      highestRequested: this.irr.highest(),
      highestInService: this.isr.highest(),
      extInt: this.#extIntState,
      timer: this.timer.inspect(),
      lvt: this.lvt.inspect(),
    };
  }

  /** The logical id of x2APIC mode: a cluster of sixteen, and the place in it. */
  get #clusterId(): number {
    return ((this.id >>> 4) << 16) | (1 << (this.id & 0xf));
  }

  get #pinRequested(): boolean {
    return this.#acknowledgePin !== undefined && (this.#extIntMessage || this.lvt.extIntRequested);
  }

  /** The only place where state becomes the level of the processor's interrupt input. */
  #update(): void {
    const vector = this.irr.highest();
    const asserted =
      this.#extIntState === 'pending' ||
      this.#pinRequested ||
      (vector >= 0 && vector >> 4 > this.processorPriority >> 4);
    if (asserted === this.#requested) return;
    this.#requested = asserted;
    this.#owner.setInterruptRequest(asserted);
  }
}
