/** Power management as ACPI sees it: events, sleep, the PM timer; and the reset register beside it. */

import type { InspectNode } from '@viridian/trace';
import type { Clock, InterruptLine, RegisterBlock, Timer, Width } from '../bus/ports.ts';
import { nsAt, ticksAt } from '../bus/ticks.ts';
import {
  EN_BITS,
  PM_TIMER_HZ,
  PM_TIMER_TICKS,
  Pm1,
  Pm1Cnt,
  Reg,
  ResetControl,
  SLP_TYP_OFF,
  STS_BITS,
} from './spec.ts';

/** What the board does when the guest has had enough. */
export interface PowerSwitch {
  /** The guest turned the machine off. */
  off(): void;
  /** The guest asked for a reset. */
  reset(): void;
}

/** Everything volatile. */
export interface AcpiPmState {
  readonly version: 1;
  sts: number;
  en: number;
  cnt: number;
  resetControl: number;
  /** Half turns of the PM timer for which the status bit was set. */
  halfTurnsSeen: number;
}

const HALF_TURN_TICKS = PM_TIMER_TICKS / 2;

/** The board has no SMI: it is in ACPI mode from the start. */
const atReset = (halfTurnsSeen: number): AcpiPmState => ({
  version: 1,
  sts: 0,
  en: 0,
  cnt: Pm1Cnt.SCI_EN,
  resetControl: 0,
  halfTurnsSeen,
});

/** PM1 events and control and the PM timer: 12 offsets, mapped at the PM base; `sci` is the ACPI interrupt. */
export class AcpiPm implements RegisterBlock {
  readonly widest = 4;
  /** One offset, CF9h on a PC: see `PciBus`. */
  readonly resetControl: RegisterBlock = {
    readPort: () => this.#state.resetControl,
    writePort: (_offset, _width, value) => this.#writeResetControl(value),
  };
  readonly #sci: InterruptLine;
  readonly #power: PowerSwitch;
  readonly #clock: Clock;
  readonly #timer: Timer;
  #state: AcpiPmState;

  constructor(sci: InterruptLine, power: PowerSwitch, clock: Clock, timer: Timer) {
    this.#sci = sci;
    this.#power = power;
    this.#clock = clock;
    this.#timer = timer;
    this.#state = atReset(this.#halfTurns());
  }

  /** The host asks the guest to shut down, as somebody at the machine would. */
  pressPowerButton(): void {
    this.#state.sts |= Pm1.PWRBTN;
    this.#sync();
  }

  /** To be called when the timer goes off. */
  timerFired(): void {
    this.#sync();
  }

  reset(): void {
    this.#state = atReset(this.#halfTurns());
    this.#sync();
  }

  save(): AcpiPmState {
    this.#sync(); // events are noticed when somebody looks
    return { ...this.#state };
  }

  /** The timer goes on from the clock's present time, which must continue the one at `save`. */
  restore(state: AcpiPmState): void {
    this.#state = { ...state };
    this.#sync();
  }

  inspect(): InspectNode {
    return { ...this.#state, pmTimer: this.#pmTimer() };
  }

  readPort(offset: number, width: Width): number {
    let value = 0;
    for (let i = 0; i < width; i += 1) value += this.#readByte(offset + i) * 2 ** (8 * i);
    return value;
  }

  writePort(offset: number, width: Width, value: number): void {
    for (let i = 0; i < width; i += 1) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff);
    this.#sync();
  }

  #halfTurns(): number {
    return Math.floor(ticksAt(this.#clock.nowNs(), PM_TIMER_HZ) / HALF_TURN_TICKS);
  }

  #pmTimer(): number {
    return ticksAt(this.#clock.nowNs(), PM_TIMER_HZ) % PM_TIMER_TICKS;
  }

  #readByte(offset: number): number {
    const { en, cnt } = this.#state;
    const shift = 8 * (offset & 1);
    switch (offset & ~1) {
      case Reg.PM1_STS:
        this.#sync();
        return (this.#state.sts >> shift) & 0xff;
      case Reg.PM1_EN:
        return (en >> shift) & 0xff;
      case Reg.PM1_CNT:
        return (cnt >> shift) & 0xff;
      case Reg.PM_TMR:
      case Reg.PM_TMR + 2:
        return (this.#pmTimer() >>> (8 * (offset - Reg.PM_TMR))) & 0xff;
      default:
        return 0;
    }
  }

  #writeByte(offset: number, value: number): void {
    const state = this.#state;
    const shift = 8 * (offset & 1);
    const keep = 0xff00 >> shift;
    switch (offset & ~1) {
      case Reg.PM1_STS: // a one clears
        state.sts &= ~(value << shift);
        break;
      case Reg.PM1_EN:
        state.en = ((state.en & keep) | (value << shift)) & EN_BITS;
        break;
      case Reg.PM1_CNT:
        this.#writeControl((state.cnt & keep) | (value << shift));
        break;
      default: // the timer cannot be written
    }
  }

  #writeControl(value: number): void {
    this.#state.cnt = (value & Pm1Cnt.KEPT) | Pm1Cnt.SCI_EN;
    if ((value & Pm1Cnt.SLP_EN) === 0) return;
    // The board has no other sleep: a guest that asks for one goes on as if woken at once.
    if ((value & Pm1Cnt.SLP_TYP) >> 10 === SLP_TYP_OFF) this.#power.off();
    else this.#state.sts |= Pm1.WAK;
  }

  #writeResetControl(value: number): void {
    const rises = (value & ~this.#state.resetControl & ResetControl.RESET) !== 0;
    this.#state.resetControl = value & ResetControl.KEPT;
    if (rises) this.#power.reset();
  }

  /** The only place where events become an interrupt level, and the timer's next half turn a wake-up time. */
  #sync(): void {
    const state = this.#state;
    const halfTurns = this.#halfTurns();
    if (halfTurns > state.halfTurnsSeen) state.sts |= Pm1.TMR;
    state.halfTurnsSeen = halfTurns;
    state.sts &= STS_BITS;
    this.#sci.set((state.sts & state.en) !== 0);
    const waits = (state.en & Pm1.TMR) !== 0 && (state.sts & Pm1.TMR) === 0;
    if (waits) this.#timer.arm(nsAt((halfTurns + 1) * HALF_TURN_TICKS, PM_TIMER_HZ));
    else this.#timer.disarm();
  }
}
