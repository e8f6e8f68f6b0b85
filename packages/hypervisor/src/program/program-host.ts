/** What a program processor asks of the hypervisor beyond the exits that every processor has. */

import type { ExitHandler } from '@viridian/x86';

/** The exit handler of a VP of this hypervisor. */
export interface ProgramHost extends ExitHandler {
  /** True from the moment when nothing of the guest may run on. */
  readonly stopping: boolean;
  /** True while an intercept of this processor is with the parent. */
  readonly interceptSuspended: boolean;
  /** System page of the partition that holds the hypervisor's code for it: the hypercall page. */
  readonly codePage: number;
  /** Gives the processor a turn soon. */
  kick(): void;
  /** Gives the partition's ancestors the turns that they wait for; false when none waited. */
  runParent(): boolean;
}

/** Whether an exit handler is one that can finish instructions under a program. */
export function isProgramHost(handler: ExitHandler): handler is ProgramHost {
  return 'runParent' in handler && 'stopping' in handler && 'interceptSuspended' in handler;
}

/** What reaches the processor from outside, between its instructions. */
export interface InterruptLines {
  /** The interrupt input. */
  request: boolean;
  nmi: boolean;
  /** An exception that a parent put in front of the next instruction. */
  exception: { readonly vector: number; readonly errorCode: number } | undefined;
}
