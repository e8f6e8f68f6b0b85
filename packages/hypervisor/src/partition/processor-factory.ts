/** Who executes a partition's virtual processors: a platform choice of the host, outside the specification. */

import type { ExitHandler, MachineMemory, Processor } from '@viridian/x86';
import type { Executor } from '../clock/executor.ts';
import type { GpaSpace } from './gpa-space.ts';

/** What a new processor gets to know. */
export interface ProcessorEnvironment {
  readonly partitionId: bigint;
  readonly vpIndex: number;
  readonly handler: ExitHandler;
  readonly gpa: GpaSpace;
  readonly memory: MachineMemory;
  readonly executor: Executor;
}

/** Makes the processor of one VP, in reset state and stopped. */
export type ProcessorFactory = (environment: ProcessorEnvironment) => Processor;
