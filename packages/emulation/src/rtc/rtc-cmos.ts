/** The clock and the 256 bytes of battery-backed memory of a PC (Motorola MC146818; 82371AB PIIX4, Real-Time Clock). */

import type { InspectNode } from '@viridian/trace';
import type { Clock, InterruptLine, RegisterBlock, Timer } from '../bus/ports.ts';
import { decodeAlarm, decodeHours, isTimeRegister, loadTime, storeTime } from './calendar.ts';
import { ANY, Reg, RegA, RegB, RegC, UPDATE_NS, VALID_TIME } from './spec.ts';

const NS_PER_SECOND = 1_000_000_000;
const SECONDS_PER_DAY = 86_400;

/** Everything volatile, the memory included. */
export interface RtcState {
  readonly version: 1;
  index: number;
  upperIndex: number;
  ram: number[];
  upperRam: number[];
  /** What to add to the seconds of the board's clock for the seconds since 1970. */
  offsetSeconds: number;
  /** Second and period of the board's clock until which flags are up to date. */
  seenSecond: number;
  seenPeriod: number;
}

/** Time, alarm, periodic interrupt and memory; ports 70h–73h on a PC. */
export class RtcCmos implements RegisterBlock {
  readonly #irq: InterruptLine;
  readonly #clock: Clock;
  readonly #timer: Timer;
  #state: RtcState;

  /** `unixSeconds` is the time now. */
  constructor(irq: InterruptLine, clock: Clock, timer: Timer, unixSeconds: number) {
    this.#irq = irq;
    this.#clock = clock;
    this.#timer = timer;
    const second = Math.floor(clock.nowNs() / NS_PER_SECOND);
    this.#state = {
      version: 1,
      index: 0,
      upperIndex: 0,
      ram: new Array<number>(128).fill(0),
      upperRam: new Array<number>(128).fill(0),
      offsetSeconds: Math.floor(unixSeconds) - second,
      seenSecond: second,
      seenPeriod: 0,
    };
    this.#state.ram[Reg.A] = RegA.AT_RESET;
    this.#state.ram[Reg.B] = RegB.HOURS_24;
  }

  /** Puts a byte into the memory, as firmware would. `index` is 0Eh–7Fh without the century. */
  setByte(index: number, value: number): void {
    if (index <= Reg.D || index > 0x7f || index === Reg.CENTURY)
      throw new RangeError(`CMOS byte ${index} is the clock's`);
    this.#state.ram[index] = value & 0xff;
  }

  /** To be called when the timer goes off. */
  timerFired(): void {
    this.#sync();
  }

  /** The reset line stops interrupts; time and memory live on. */
  reset(): void {
    this.#catchUp();
    const { ram } = this.#state;
    ram[Reg.B] = ram[Reg.B]! & ~(RegB.PIE | RegB.AIE | RegB.UIE);
    ram[Reg.C] = 0;
    this.#sync();
  }

  save(): RtcState {
    return structuredClone(this.#state);
  }

  /** Time goes on from the clock's present time, which must continue the one at `save`. */
  restore(state: RtcState): void {
    this.#state = structuredClone(state);
    this.#sync();
  }

  inspect(): InspectNode {
    const seconds = Math.floor(this.#clock.nowNs() / NS_PER_SECOND) + this.#state.offsetSeconds;
    const [a, b, c] = this.#state.ram.slice(Reg.A, Reg.D);
    return { unixSeconds: seconds, a, b, c };
  }

  readPort(offset: number): number {
    if (offset === 3) return this.#state.upperRam[this.#state.upperIndex]!;
    if (offset !== 1) return 0xff; // the index cannot be read
    const { ram, index } = this.#state;
    if (isTimeRegister(index) && (ram[Reg.B]! & RegB.SET) === 0) storeTime(ram, this.#unixSeconds());
    if (index === Reg.A) return ram[Reg.A]! | this.#updateInProgress();
    if (index === Reg.C) return this.#readFlags();
    return index === Reg.D ? VALID_TIME : ram[index]!;
  }

  writePort(offset: number, _width: number, value: number): void {
    const state = this.#state;
    if (offset === 0)
      state.index = value & 0x7f; // bit 7 masks NMI
    else if (offset === 2) state.upperIndex = value & 0x7f;
    else if (offset === 3) state.upperRam[state.upperIndex] = value;
    else {
      this.#catchUp();
      this.#writeRegister(state.index, value);
      this.#sync();
    }
  }

  #unixSeconds(): number {
    return Math.floor(this.#clock.nowNs() / NS_PER_SECOND) + this.#state.offsetSeconds;
  }

  #writeRegister(index: number, value: number): void {
    const { ram } = this.#state;
    const stopped = (ram[Reg.B]! & RegB.SET) !== 0;
    if (index === Reg.B) {
      if (!stopped) storeTime(ram, this.#unixSeconds());
      if (stopped && (value & RegB.SET) === 0) this.#setTime();
      ram[Reg.B] = value;
    } else if (index === Reg.A) {
      ram[Reg.A] = value & ~RegA.UPDATE_IN_PROGRESS;
      this.#state.seenPeriod = this.#periodsNow();
    } else if (isTimeRegister(index)) {
      if (!stopped) storeTime(ram, this.#unixSeconds());
      ram[index] = value;
      if (!stopped) this.#setTime();
    } else if (index !== Reg.C && index !== Reg.D) {
      ram[index] = value;
    }
  }

  #setTime(): void {
    this.#state.offsetSeconds = loadTime(this.#state.ram) - Math.floor(this.#clock.nowNs() / NS_PER_SECOND);
  }

  #updateInProgress(): number {
    const intoSecond = this.#clock.nowNs() % NS_PER_SECOND;
    const stopped = (this.#state.ram[Reg.B]! & RegB.SET) !== 0;
    return !stopped && intoSecond >= NS_PER_SECOND - UPDATE_NS ? RegA.UPDATE_IN_PROGRESS : 0;
  }

  #readFlags(): number {
    this.#sync();
    const flags = this.#state.ram[Reg.C]!;
    this.#state.ram[Reg.C] = 0;
    this.#sync();
    return flags;
  }

  /** Nanoseconds of the periodic interrupt, or 0 when register A turns it off. */
  #periodNs(): number {
    const rate = this.#state.ram[Reg.A]! & RegA.RATE;
    if (rate === 0) return 0;
    // Rates 1 and 2 repeat 8 and 9 with the 32768 Hz crystal of a PC.
    return (NS_PER_SECOND / 32_768) * 2 ** ((rate < 3 ? rate + 7 : rate) - 1);
  }

  #periodsNow(): number {
    const period = this.#periodNs();
    return period === 0 ? 0 : Math.floor(this.#clock.nowNs() / period);
  }

  /** Sets the flags for everything that has happened since the last look. */
  #catchUp(): void {
    const state = this.#state;
    const periods = this.#periodsNow();
    let flags = periods > state.seenPeriod ? RegC.PF : 0;
    state.seenPeriod = periods;
    const second = Math.floor(this.#clock.nowNs() / NS_PER_SECOND);
    if (second > state.seenSecond && (state.ram[Reg.B]! & RegB.SET) === 0) {
      flags |= RegC.UF;
      // An alarm repeats every day at the latest, so a longer look back finds nothing new.
      const from = Math.max(state.seenSecond + 1, second - SECONDS_PER_DAY + 1);
      for (let at = from; at <= second && (flags & RegC.AF) === 0; at += 1) {
        if (this.#isAlarm(at + state.offsetSeconds)) flags |= RegC.AF;
      }
    }
    state.seenSecond = second;
    state.ram[Reg.C] = state.ram[Reg.C]! | flags;
  }

  #isAlarm(unixSeconds: number): boolean {
    const { ram } = this.#state;
    const b = ram[Reg.B]!;
    const ofDay = ((unixSeconds % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY;
    const matches = (index: number, value: number, now: number) =>
      (ram[index]! & ANY) === ANY || value === now;
    return (
      matches(Reg.SECONDS_ALARM, decodeAlarm(ram[Reg.SECONDS_ALARM]!, b), ofDay % 60) &&
      matches(Reg.MINUTES_ALARM, decodeAlarm(ram[Reg.MINUTES_ALARM]!, b), Math.floor(ofDay / 60) % 60) &&
      matches(Reg.HOURS_ALARM, decodeHours(ram[Reg.HOURS_ALARM]!, b), Math.floor(ofDay / 3600))
    );
  }

  /** The only place where flags become an interrupt level and a wake-up time. */
  #sync(): void {
    this.#catchUp();
    const { ram, seenSecond, seenPeriod } = this.#state;
    const enabled = ram[Reg.B]! & (RegB.PIE | RegB.AIE | RegB.UIE); // the bits stand where their flags stand
    const wanted = (ram[Reg.C]! & enabled) !== 0;
    if (wanted) ram[Reg.C] = ram[Reg.C]! | RegC.IRQF;
    else ram[Reg.C] = ram[Reg.C]! & ~RegC.IRQF;
    this.#irq.set(wanted);
    let next = Number.POSITIVE_INFINITY;
    if ((enabled & (RegB.AIE | RegB.UIE)) !== 0) next = (seenSecond + 1) * NS_PER_SECOND;
    if ((enabled & RegB.PIE) !== 0 && this.#periodNs() > 0) {
      next = Math.min(next, Math.ceil((seenPeriod + 1) * this.#periodNs()));
    }
    // Until the guest has read register C nothing more can happen on the line.
    if (wanted || next === Number.POSITIVE_INFINITY) this.#timer.disarm();
    else this.#timer.arm(next);
  }
}
