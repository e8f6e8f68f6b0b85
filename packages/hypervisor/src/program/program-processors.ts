/** Makes the processors of partitions whose guest is a TypeScript program. */

import type { GpaSpace } from '../partition/gpa-space.ts';
import type { ProcessorFactory } from '../partition/processor-factory.ts';
import type { GuestProgram } from './guest-cpu.ts';
import { isProgramHost } from './program-host.ts';
import { ProgramProcessor } from './program-processor.ts';

/**
 * The factory for `Hypervisor.setProcessorFactory`. `create` is called when the first processor of a partition starts:
 * all its processors share that program, and after a reset there is a fresh one.
 */
export function programProcessors(create: () => GuestProgram): ProcessorFactory {
  const programs = new WeakMap<GpaSpace, GuestProgram>();
  return ({ partitionId, vpIndex, handler, gpa, memory }) => {
    if (!isProgramHost(handler))
      throw new TypeError('program processors need the exit handler of this hypervisor');
    const program = (): GuestProgram => {
      const known = programs.get(gpa);
      // The bootstrap processor starts once in the life of a program.
      if (known !== undefined && vpIndex !== 0) return known;
      const made = create();
      programs.set(gpa, made);
      return made;
    };
    const where = `partition/${partitionId}/vp/${vpIndex}`;
    return new ProgramProcessor({ where, index: vpIndex, host: handler, gpa, memory, program });
  };
}
