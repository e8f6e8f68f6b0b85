/** One synthetic timer: CONFIG, COUNT and what they make happen. TLFS, "Timers", synthetic timers. */

import { HvMessageType, SINT_LOWEST_VECTOR } from '@viridian/protocols/tlfs';
import { tracePoint } from '@viridian/trace';
import type { LocalApic } from '../apic/local-apic.ts';
import type { TimerHandle } from '../clock/clock.ts';
import { MessageBuffer } from '../synic/message-buffer.ts';
import type { SynIC } from '../synic/synic.ts';
import type { ReferenceCounter } from './reference-counter.ts';

const traceTimer = tracePoint('hypervisor.timer', ['timer', 'due', 'late', 'outcome']);

// Bits of CONFIG, all in its low half. Lazy (bit 2) asks for what every timer does here: missed periods are skipped.
const ENABLE = 0x1;
const PERIODIC = 0x2;
const AUTO_ENABLE = 0x8;
const DIRECT = 0x1000;
const VECTOR_SHIFT = 4;
const SINT_SHIFT = 16;

// Layout of the message's payload; the delivery time is put in by the SynIC.
const PAYLOAD_INDEX = 0;
const PAYLOAD_EXPIRATION = 8;
const PAYLOAD_BYTES = 24;

/** What a synthetic timer needs of its virtual processor. */
export interface TimerOwner {
  readonly apic: LocalApic;
  readonly synic: SynIC;
  readonly reference: ReferenceCounter;
  /** Path in traces. */
  readonly where: string;
  /** Whether direct mode is offered; without it bit 12 is a reserved one. */
  readonly hasDirectTimers: boolean;
}

/** Registers as halves, reserved bits kept as written. Times are reference time in 100 ns. */
export class SyntheticTimer {
  configLow = 0;
  configHigh = 0;
  countLow = 0;
  countHigh = 0;
  expirations = 0;
  readonly #index: number;
  readonly #owner: TimerOwner;
  readonly #message = new MessageBuffer();
  /** When the next expiry is due; kept across periods, so that they do not drift. */
  #due = 0;
  #armed: TimerHandle | undefined;

  constructor(index: number, owner: TimerOwner) {
    this.#index = index;
    this.#owner = owner;
    this.#message.onDelivered = this.#delivered;
  }

  /** COUNT: the period, or the absolute time of a one-shot. Beyond 2^53, that is 28 years, it is rounded. */
  get count(): number {
    return this.countHigh * 2 ** 32 + this.countLow;
  }

  get enabled(): boolean {
    return (this.configLow & ENABLE) !== 0;
  }

  /** True while an expiry is to come. */
  get armed(): boolean {
    return this.#armed !== undefined;
  }

  reset(): void {
    this.#cancel();
    this.configLow = this.configHigh = this.countLow = this.countHigh = 0;
  }

  writeConfig(low: number, high: number): void {
    this.#cancel();
    this.configLow = low >>> 0;
    this.configHigh = high >>> 0;
    this.#start();
  }

  writeCount(low: number, high: number): void {
    this.#cancel();
    this.countLow = low >>> 0;
    this.countHigh = high >>> 0;
    if (this.count === 0) this.#set(ENABLE, false);
    else if ((this.configLow & AUTO_ENABLE) !== 0) this.#set(ENABLE, true);
    this.#start();
  }

  inspect() {
    return {
      config: this.configLow,
      count: this.count,
      due: this.armed ? this.#due : undefined,
      messageWaits: this.#message.queued,
      expirations: this.expirations,
    };
  }

  get #isPeriodic(): boolean {
    return (this.configLow & PERIODIC) !== 0;
  }

  get #isDirect(): boolean {
    return (this.configLow & DIRECT) !== 0 && this.#owner.hasDirectTimers;
  }

  get #sint(): number {
    return (this.configLow >>> SINT_SHIFT) & 0xf;
  }

  #set(bit: number, on: boolean): void {
    this.configLow = (on ? this.configLow | bit : this.configLow & ~bit) >>> 0;
  }

  /** Arms an enabled timer. A message timer without a SINT cannot be enabled; a count of 0 arms nothing. */
  #start(): void {
    if (!this.enabled) return;
    if (!this.#isDirect && this.#sint === 0) {
      this.#set(ENABLE, false);
      return;
    }
    const { count } = this;
    if (count === 0) return;
    const { reference } = this.#owner;
    const now = reference.now();
    this.#due = this.#isPeriodic ? now + count : count;
    if (this.#due <= now && !reference.isHeld) this.#expire(now);
    else this.#armed = reference.schedule(this.#due, this.#expired);
  }

  /** Takes back an expiry that has not come, and a message that has not reached its slot. */
  #cancel(): void {
    if (this.#armed !== undefined) this.#owner.reference.cancel(this.#armed);
    this.#armed = undefined;
    if (this.#message.queued) this.#owner.synic.withdraw(this.#message);
  }

  readonly #expired = (): void => {
    this.#armed = undefined;
    this.#expire(this.#owner.reference.now());
  };

  #expire(now: number): void {
    this.expirations += 1;
    const due = this.#due;
    if (this.#isPeriodic) this.#armNextPeriod(now);
    const outcome = this.#isDirect ? this.#interrupt() : this.#send(due);
    if (traceTimer.on) traceTimer.emit(this.#owner.where, this.#index, due, now - due, outcome);
  }

  #armNextPeriod(now: number): void {
    const period = this.count;
    this.#due += (Math.floor((now - this.#due) / period) + 1) * period;
    this.#armed = this.#owner.reference.schedule(this.#due, this.#expired);
  }

  #interrupt(): string {
    if (!this.#isPeriodic) this.#set(ENABLE, false);
    const vector = (this.configLow >>> VECTOR_SHIFT) & 0xff;
    if (vector < SINT_LOWEST_VECTOR) return 'lost: reserved vector';
    return this.#owner.apic.fixed(vector) ? 'interrupt' : 'lost: local APIC disabled';
  }

  #send(due: number): string {
    if (this.#message.queued) return 'dropped: the last message still waits';
    const { view } = this.#message;
    this.#message.sint = this.#sint;
    this.#message.type = HvMessageType.TIMER_EXPIRED;
    this.#message.payloadBytes = PAYLOAD_BYTES;
    view.setUint32(PAYLOAD_INDEX, this.#index, true);
    view.setUint32(PAYLOAD_EXPIRATION, due >>> 0, true);
    view.setUint32(PAYLOAD_EXPIRATION + 4, Math.floor(due / 2 ** 32), true);
    this.#owner.synic.enqueue(this.#message);
    return this.#message.queued ? 'message waits' : 'message';
  }

  /** A one-shot is over when its message has reached the slot. */
  readonly #delivered = (): void => {
    if (!this.#isPeriodic) this.#set(ENABLE, false);
  };
}
