/** The I/O APIC: 24 inputs, each redirected to the local APICs by a table (Intel 82093AA). */

import type { InspectNode } from '@viridian/trace';
import type { InterruptLine } from '../bus/ports.ts';
import { Entry, Indirect, PINS, Reg, VERSION } from './spec.ts';

/** The way to the local APICs. Numbers are as in the redirection entry. */
export interface InterruptMessages {
  /** `mode` is the delivery mode (0 fixed, 1 lowest priority, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT). */
  deliver(destination: number, logical: boolean, mode: number, vector: number, level: boolean): void;
}

/** Everything volatile. */
export interface IoApicState {
  readonly version: 1;
  id: number;
  index: number;
  /** Levels on the inputs, a bit each. */
  levels: number;
  /** Halves of the redirection entries. */
  readonly low: number[];
  readonly high: number[];
}

const atReset = (levels: number): IoApicState => ({
  version: 1,
  id: 0,
  index: 0,
  levels,
  low: new Array<number>(PINS).fill(Entry.MASKED),
  high: new Array<number>(PINS).fill(0),
});

/** One I/O APIC, mapped at FEC00000h on a PC. Polarity is not modelled: a line that is set is active. */
export class IoApic {
  readonly #messages: InterruptMessages;
  #state = atReset(0);

  constructor(messages: InterruptMessages) {
    this.#messages = messages;
  }

  /** The input `pin`, 0–23, to hand to a device. Throws for another number. */
  line(pin: number): InterruptLine {
    if (!Number.isInteger(pin) || pin < 0 || pin >= PINS)
      throw new RangeError(`the I/O APIC has no pin ${pin}`);
    return { set: (high) => this.#setInput(pin, high) };
  }

  /** A local APIC has ended a level-triggered interrupt: entries with its vector may interrupt again. */
  endOfInterrupt(vector: number): void {
    const { low } = this.#state;
    for (let pin = 0; pin < PINS; pin += 1) {
      if ((low[pin]! & (Entry.LEVEL | Entry.VECTOR)) === (Entry.LEVEL | vector))
        low[pin] = low[pin]! & ~Entry.REMOTE_IRR;
    }
    this.#sync();
  }

  /** A 32-bit read at `offset` of the window. Reserved offsets and registers give 0. */
  read(offset: number): number {
    const { index } = this.#state;
    if (offset === Reg.INDEX) return index;
    if (offset !== Reg.DATA) return 0;
    if (index === Indirect.ID || index === Indirect.ARBITRATION) return this.#state.id << 24;
    if (index === Indirect.VERSION) return VERSION;
    const pin = (index - Indirect.REDIRECTION) >> 1;
    if (pin < 0 || pin >= PINS) return 0;
    return ((index & 1) === 0 ? this.#state.low[pin]! : this.#state.high[pin]!) >>> 0;
  }

  /** A 32-bit write at `offset` of the window. Reserved offsets and registers take nothing. */
  write(offset: number, value: number): void {
    if (offset === Reg.INDEX) this.#state.index = value & 0xff;
    else if (offset === Reg.EOI) this.endOfInterrupt(value & Entry.VECTOR);
    else if (offset === Reg.DATA) this.#writeIndirect(value);
  }

  /** Inputs keep their levels. */
  reset(): void {
    this.#state = atReset(this.#state.levels);
  }

  save(): IoApicState {
    return structuredClone(this.#state);
  }

  restore(state: IoApicState): void {
    this.#state = structuredClone(state);
    this.#sync();
  }

  inspect(): InspectNode {
    const { low, high, levels } = this.#state;
    const hex = (half: number) => (half >>> 0).toString(16).padStart(8, '0');
    const redirection = Object.fromEntries(low.map((half, pin) => [pin, `${hex(high[pin]!)}:${hex(half)}`]));
    return { levels, redirection };
  }

  #writeIndirect(value: number): void {
    const state = this.#state;
    if (state.index === Indirect.ID) state.id = (value >>> 24) & 0x0f;
    const pin = (state.index - Indirect.REDIRECTION) >> 1;
    if (pin < 0 || pin >= PINS) return;
    if ((state.index & 1) !== 0) {
      state.high[pin] = value & 0xff00_0000;
      return;
    }
    // Only a level can wait for its end; turning an entry to edge and back is how Linux gives up on one.
    const kept = (value & Entry.LEVEL) !== 0 ? state.low[pin]! & Entry.REMOTE_IRR : 0;
    state.low[pin] = (value & Entry.WRITABLE) | kept;
    this.#sync();
  }

  #setInput(pin: number, high: boolean): void {
    const state = this.#state;
    const bit = 1 << pin;
    if (high === ((state.levels & bit) !== 0)) return;
    state.levels ^= bit;
    const entry = state.low[pin]!;
    // An edge at a masked input is lost, as in the chip.
    if (high && (entry & (Entry.LEVEL | Entry.MASKED)) === 0) this.#deliver(pin);
    else this.#sync();
  }

  #deliver(pin: number): void {
    const entry = this.#state.low[pin]!;
    const mode = (entry >> Entry.MODE_SHIFT) & 7;
    const destination = this.#state.high[pin]! >>> 24;
    const level = (entry & Entry.LEVEL) !== 0;
    this.#messages.deliver(destination, (entry & Entry.LOGICAL) !== 0, mode, entry & Entry.VECTOR, level);
  }

  /** The only place where levels become messages: one for each active input that is not masked and not in service. */
  #sync(): void {
    const { low, levels } = this.#state;
    for (let pin = 0; pin < PINS; pin += 1) {
      const ready = (low[pin]! & (Entry.LEVEL | Entry.MASKED | Entry.REMOTE_IRR)) === Entry.LEVEL;
      if (!ready || (levels & (1 << pin)) === 0) continue;
      low[pin] = low[pin]! | Entry.REMOTE_IRR;
      this.#deliver(pin);
    }
  }
}
