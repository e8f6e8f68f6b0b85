/** Makes the processors of one partition: they share a core over the bank that holds the partition's memory. */

import type { EngineOptions } from '../jit/engine.ts';
import type { MachineMemory, MemoryBank } from '../memory/machine-memory.ts';
import type { ExitHandler } from '../processor/processor.ts';
import { CoreMachine, type GuestPages } from './core-machine.ts';
import { X86Processor } from './x86-processor.ts';

/** What a new processor needs to know; `ProcessorEnvironment` of `@viridian/hypervisor` fits. */
export interface X86Environment {
  readonly vpIndex: number;
  readonly handler: ExitHandler;
  readonly gpa: GuestPages;
  readonly memory: MachineMemory;
}

/**
 * A factory for one partition. `bank` is the partition's memory; its first {@link CORE_RESERVED_BYTES} are the core's
 * and must not be mapped into the partition. `options` chooses how they execute.
 */
export function x86Processors(
  bank: MemoryBank,
  options?: EngineOptions,
): (environment: X86Environment) => X86Processor {
  let machine: CoreMachine | undefined;
  return ({ vpIndex, handler, gpa, memory }) => {
    machine ??= new CoreMachine(bank, memory, gpa, options);
    return new X86Processor(machine, vpIndex, handler);
  };
}
