/**
 * The way of a board's interrupts into a partition: messages of I/O APICs and MSIs, the line of the interrupt
 * controllers of old, NMIs, and back the end of level-triggered interrupts. A platform seam outside the specification;
 * the parent's own hypercall for it is HvCallAssertVirtualInterrupt.
 */

import type { Partition } from '../partition/partition.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { deliver, type InterruptMessage } from './interrupt-delivery.ts';
import type { AcknowledgeExtInt } from './local-apic.ts';

/** Called when a processor ended a level-triggered interrupt. */
export type EndOfInterruptListener = (vector: number, vpIndex: number) => void;

/** One per partition. What comes for a processor that does not exist is lost, as on a board with an empty socket. */
export class BoardInterrupts {
  readonly #partition: Partition;
  readonly #listeners = new Set<EndOfInterruptListener>();
  #extInt = false;
  #acknowledge: AcknowledgeExtInt | undefined;

  constructor(partition: Partition) {
    this.#partition = partition;
  }

  /** Delivers an interrupt message; false when no processor took it. */
  deliver({ deliveryMode, destination, logical, vector, level }: InterruptMessage): boolean {
    return deliver(this.#partition, deliveryMode, vector & 0xff, destination, logical, level) > 0;
  }

  /**
   * The output of the old interrupt controllers has this level. It is wired to LINT0 of processor 0. `acknowledge`
   * hands out the vector and ends the request if it was the last; it is called when the processor takes the interrupt.
   */
  setExtInt(pending: boolean, acknowledge: AcknowledgeExtInt): void {
    this.#extInt = pending;
    this.#acknowledge = acknowledge;
    for (const vp of this.#partition.vps) if (vp !== undefined) this.connect(vp);
  }

  /** Tells a processor of the line: a new one, or all after a change. */
  connect(vp: VirtualProcessor): void {
    if (this.#acknowledge === undefined) return;
    vp.apic.setExtIntSource(this.#acknowledge);
    if (vp.index === 0) vp.apic.lvt.setPin(0, this.#extInt);
  }

  /** A pulse on the board's NMI line, which is wired to LINT1 of every processor. */
  pulseNmi(): void {
    for (const vp of this.#partition.vps) {
      vp?.apic.lvt.setPin(1, true);
      vp?.apic.lvt.setPin(1, false);
    }
  }

  /** Adds a listener; the result takes it off. */
  onEndOfInterrupt(listener: EndOfInterruptListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** A level-triggered interrupt ended. False when nobody listens. */
  ended(vector: number, vpIndex: number): boolean {
    for (const listener of this.#listeners) listener(vector, vpIndex);
    return this.#listeners.size > 0;
  }
}
