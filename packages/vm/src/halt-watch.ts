/**
 * Notices that a machine halted for ever: every processor executed HLT with interrupts off, or never started. That is
 * how a guest without power control ends.
 */

import type { ProcessorFactory } from '@viridian/hypervisor';
import { type Processor, Reg, RFLAGS_IF, StopReason } from '@viridian/x86';

/** Watches the processors of one machine. */
export class HaltWatch {
  readonly #processors = new Map<number, { readonly processor: Processor; stop: StopReason | undefined }>();
  readonly #onHalted: () => void;

  /** `onHalted` is called from within a turn of a processor, possibly several times. */
  constructor(onHalted: () => void) {
    this.#onHalted = onHalted;
  }

  /** The same factory, its processors watched. */
  watch(factory: ProcessorFactory): ProcessorFactory {
    return (environment) => {
      const processor = factory(environment);
      const entry: { processor: Processor; stop: StopReason | undefined } = { processor, stop: undefined };
      this.#processors.set(environment.vpIndex, entry);
      const run = processor.run.bind(processor);
      processor.run = (milliseconds) => {
        entry.stop = run(milliseconds);
        if (entry.stop === StopReason.HALT && this.#isHalted()) this.#onHalted();
        return entry.stop;
      };
      return processor;
    };
  }

  #isHalted(): boolean {
    for (const { processor, stop } of this.#processors.values()) {
      const canWake = (processor.registers.dwords[Reg.RFLAGS * 2]! & RFLAGS_IF) !== 0;
      if (canWake || (stop !== undefined && stop !== StopReason.HALT)) return false;
    }
    return true;
  }
}
