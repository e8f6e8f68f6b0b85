/** The two 8259A of a PC with their edge/level registers (Intel 8259A; 82371AB PIIX4, Interrupt Controller). */

import type { InspectNode } from '@viridian/trace';
import type { InterruptLine, RegisterBlock } from '../bus/ports.ts';
import {
  acknowledgeInput,
  type ChipState,
  chipAtReset,
  pendingInput,
  readChip,
  setInput,
  writeChip,
} from './chip.ts';
import { CASCADE, ELCR_WRITABLE } from './spec.ts';

/** State of both chips, first the one that the processor sees. */
export interface PicState {
  readonly version: 1;
  readonly chips: readonly [ChipState, ChipState];
}

/** 16 interrupt inputs for one line to the processor. The board maps `first`, `second` and `edgeLevel`. */
export class Pic8259Pair {
  /** IRQ 0–7; ports 20h–21h on a PC. */
  readonly first: RegisterBlock = this.#block(0);
  /** IRQ 8–15; ports A0h–A1h on a PC. */
  readonly second: RegisterBlock = this.#block(1);
  /** ELCR; ports 4D0h–4D1h on a PC. */
  readonly edgeLevel: RegisterBlock = {
    readPort: (offset) => this.#state.chips[offset & 1]!.elcr,
    writePort: (offset, _width, value) => this.#writeElcr(offset & 1, value),
  };
  readonly #intr: InterruptLine;
  #state: PicState = { version: 1, chips: [chipAtReset(), chipAtReset()] };

  /** `intr` goes to the processor, or to LINT0 of its local APIC. */
  constructor(intr: InterruptLine) {
    this.#intr = intr;
  }

  /** The input for `irq`, 0–15 without 2, to hand to a device. Throws for another number. */
  line(irq: number): InterruptLine {
    if (!Number.isInteger(irq) || irq < 0 || irq > 15 || irq === CASCADE)
      throw new RangeError(`no IRQ ${irq}`);
    return {
      set: (high) => {
        setInput(this.#state.chips[irq >> 3]!, irq & 7, high);
        this.#sync();
      },
    };
  }

  /** The processor takes the interrupt: gives the vector. With nothing pending it is the spurious one of input 7. */
  acknowledge(): number {
    const [first, second] = this.#state.chips;
    const input = pendingInput(first, CASCADE);
    if (input < 0) return first.base | 7;
    acknowledgeInput(first, input);
    let vector = first.base | input;
    if (input === CASCADE) {
      const behind = pendingInput(second, -1);
      if (behind >= 0) acknowledgeInput(second, behind);
      vector = second.base | (behind < 0 ? 7 : behind);
    }
    // The cascade request was an edge; with more behind it the second chip makes the next one.
    setInput(first, CASCADE, false);
    this.#sync();
    return vector;
  }

  reset(): void {
    this.#state = { version: 1, chips: [chipAtReset(), chipAtReset()] };
    this.#sync();
  }

  save(): PicState {
    return structuredClone(this.#state);
  }

  restore(state: PicState): void {
    this.#state = structuredClone(state);
    this.#sync();
  }

  inspect(): InspectNode {
    const [first, second] = this.#state.chips;
    return { first: { ...first }, second: { ...second } };
  }

  #block(index: 0 | 1): RegisterBlock {
    return {
      readPort: (offset) => {
        const value = readChip(this.#state.chips[index], offset & 1, index === 0 ? CASCADE : -1);
        this.#sync(); // a poll acknowledges
        return value;
      },
      writePort: (offset, _width, value) => {
        writeChip(this.#state.chips[index], offset & 1, value);
        this.#sync();
      },
    };
  }

  #writeElcr(index: number, value: number): void {
    const chip = this.#state.chips[index]!;
    const before = chip.elcr;
    chip.elcr = value & ELCR_WRITABLE[index]!;
    const nowLevel = chip.elcr & ~before;
    chip.irr = (chip.irr & ~nowLevel) | (chip.levels & nowLevel);
    this.#sync();
  }

  /** The only place where requests become levels: of the second chip at the first, of the first at the processor. */
  #sync(): void {
    const [first, second] = this.#state.chips;
    const behind = pendingInput(second, -1) >= 0;
    if (!behind) first.irr &= ~(1 << CASCADE);
    setInput(first, CASCADE, behind);
    this.#intr.set(pendingInput(first, CASCADE) >= 0);
  }
}
