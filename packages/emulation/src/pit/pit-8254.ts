/** The interval timer of a PC with the gate of its third counter (Intel 8254; 82371AB PIIX4, NMI Status and Control). */

import type { InspectNode } from '@viridian/trace';
import type { Clock, InterruptLine, RegisterBlock, Timer } from '../bus/ports.ts';
import { nsAt, ticksAt } from '../bus/ticks.ts';
import {
  type CounterState,
  counterAtReset,
  currentCount,
  load,
  nextRise,
  outLevel,
  risesUntil,
  setGate,
} from './counter.ts';
import { Access, CONTROL, PIT_HZ, PortB, REFRESH_NS, ReadBack, Status } from './spec.ts';

/** Everything volatile in the timer and in system port B. */
export interface PitState {
  readonly version: 1;
  readonly counters: readonly [CounterState, CounterState, CounterState];
  portB: number;
}

function atReset(): PitState {
  return {
    version: 1,
    counters: [counterAtReset(true), counterAtReset(true), counterAtReset(false)],
    portB: 0,
  };
}

/** Three counters: the first interrupts, the third is read by software through system port B. */
export class Pit8254 {
  /** The counters and the control word; ports 40h–43h on a PC. */
  readonly counters: RegisterBlock = {
    readPort: (offset) => this.#readCounter(offset & 3),
    writePort: (offset, _width, value) => {
      if (offset === CONTROL) this.#control(value);
      else this.#writeCounter(this.#state.counters[offset]!, value);
      this.#sync();
    },
  };
  /** Port 61h on a PC. */
  readonly systemPortB: RegisterBlock = {
    readPort: () => this.#readPortB(),
    writePort: (_offset, _width, value) => {
      this.#state.portB = value & PortB.WRITABLE;
      setGate(this.#state.counters[2], (value & PortB.GATE2) !== 0, this.#tick());
    },
  };
  readonly #irq: InterruptLine;
  readonly #clock: Clock;
  readonly #timer: Timer;
  #state = atReset();

  constructor(irq: InterruptLine, clock: Clock, timer: Timer) {
    this.#irq = irq;
    this.#clock = clock;
    this.#timer = timer;
  }

  /** To be called when the timer goes off. Edges that were missed meanwhile become one. */
  timerFired(): void {
    this.#sync();
  }

  reset(): void {
    this.#state = atReset();
    this.#sync();
  }

  save(): PitState {
    return structuredClone(this.#state);
  }

  /** Counts go on from the clock's present time, which must continue the one at `save`. */
  restore(state: PitState): void {
    this.#state = structuredClone(state);
    this.#sync();
  }

  inspect(): InspectNode {
    const tick = this.#tick();
    const counters = this.#state.counters.map((counter) => ({
      mode: counter.mode,
      reload: counter.reload,
      count: currentCount(counter, tick),
      out: outLevel(counter, tick),
    }));
    return { counter: Object.fromEntries(counters.entries()), portB: this.#state.portB };
  }

  #tick(): number {
    return ticksAt(this.#clock.nowNs(), PIT_HZ);
  }

  #control(value: number): void {
    const select = value >> 6;
    if (select === ReadBack.SELECT) {
      this.#readBack(value);
      return;
    }
    const counter = this.#state.counters[select]!;
    const access = (value >> 4) & 3;
    if (access === Access.LATCH) {
      this.#latchCount(counter);
      return;
    }
    const mode = (value >> 1) & 7;
    Object.assign(counter, counterAtReset(counter.gate), {
      mode: mode > 5 ? mode - 4 : mode,
      bcd: (value & 1) !== 0,
      access,
    });
  }

  #readBack(value: number): void {
    for (const [index, counter] of this.#state.counters.entries()) {
      if ((value & (2 << index)) === 0) continue;
      if ((value & ReadBack.NOT_COUNT) === 0) this.#latchCount(counter);
      if ((value & ReadBack.NOT_STATUS) === 0 && counter.status < 0) {
        const out = outLevel(counter, this.#tick()) ? Status.OUT : 0;
        const empty = counter.reload === 0 ? Status.NULL_COUNT : 0;
        counter.status = out | empty | (counter.access << 4) | (counter.mode << 1) | (counter.bcd ? 1 : 0);
      }
    }
  }

  /** A latch that nobody has read yet stays. */
  #latchCount(counter: CounterState): void {
    if (counter.latch < 0) counter.latch = currentCount(counter, this.#tick());
  }

  #writeCounter(counter: CounterState, value: number): void {
    const tick = this.#tick();
    if (counter.access === Access.LOW) load(counter, value, tick);
    else if (counter.access === Access.HIGH) load(counter, value << 8, tick);
    else if (counter.lowWritten < 0) counter.lowWritten = value;
    else {
      load(counter, counter.lowWritten | (value << 8), tick);
      counter.lowWritten = -1;
    }
  }

  #readCounter(offset: number): number {
    const counter = this.#state.counters[offset];
    if (!counter) return 0xff; // the control word cannot be read
    if (counter.status >= 0) {
      const { status } = counter;
      counter.status = -1;
      return status;
    }
    const count = counter.latch >= 0 ? counter.latch : currentCount(counter, this.#tick());
    const high = counter.access === Access.HIGH || (counter.access === Access.BOTH && counter.highNext);
    if (counter.access === Access.BOTH) counter.highNext = !counter.highNext;
    if (counter.access !== Access.BOTH || high) counter.latch = -1;
    return high ? count >> 8 : count & 0xff;
  }

  #readPortB(): number {
    const now = this.#clock.nowNs();
    const refresh = (Math.floor(now / REFRESH_NS) & 1) !== 0 ? PortB.REFRESH : 0;
    return (
      this.#state.portB | refresh | (outLevel(this.#state.counters[2], ticksAt(now, PIT_HZ)) ? PortB.OUT2 : 0)
    );
  }

  /** The only place where the first counter becomes a level and a wake-up time. */
  #sync(): void {
    const counter = this.#state.counters[0];
    const tick = this.#tick();
    const rises = risesUntil(counter, tick);
    if (rises > counter.risesSeen) {
      counter.risesSeen = rises;
      this.#irq.set(false); // however short the pulse was, the controller sees its edge
      this.#irq.set(true);
    }
    this.#irq.set(outLevel(counter, tick));
    const next = nextRise(counter, tick);
    if (next === undefined) this.#timer.disarm();
    else this.#timer.arm(nsAt(next, PIT_HZ));
  }
}
