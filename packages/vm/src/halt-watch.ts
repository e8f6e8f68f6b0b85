/**
 * Notices that a machine halted for ever: every processor executed HLT with interrupts off, or never started. That is
 * how a guest without power control ends.
 */

import type { ProcessorFactory } from '@viridian/hypervisor';
import { isProgramHalted } from '@viridian/hypervisor/program';
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
      if (isRunning(processor, stop)) return false;
    }
    return true;
  }
}

/** Whether anything can still happen on a processor. One that never had a turn waits for its start-up interrupt. */
function isRunning(processor: Processor, stop: StopReason | undefined): boolean {
  if ((processor.registers.dwords[Reg.RFLAGS * 2]! & RFLAGS_IF) !== 0) return true;
  const isProgram = isProgramHalted(processor);
  return isProgram === undefined ? stop !== undefined && stop !== StopReason.HALT : !isProgram;
}
