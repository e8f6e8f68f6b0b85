/** Every declared hypercall by its code. TLFS, appendix "Hypercall Code Reference". */

import type { HypercallDeclaration } from './calls/declaration.ts';
import { EXTENDED_CALLS } from './calls/extended.ts';
import { FLUSH_CALLS } from './calls/flush.ts';
import { INTERRUPT_CALLS } from './calls/interrupts.ts';
import { MEMORY_CALLS } from './calls/memory.ts';
import { MESSAGING_CALLS } from './calls/messaging.ts';
import { PARTITION_CALLS } from './calls/partitions.ts';
import { PROCESSOR_CALLS } from './calls/processors.ts';

/** Call code → declaration; a code that is absent is answered HV_STATUS_INVALID_HYPERCALL_CODE. */
export const HYPERCALLS: Readonly<Record<number, HypercallDeclaration>> = Object.fromEntries(
  [
    FLUSH_CALLS,
    INTERRUPT_CALLS,
    MESSAGING_CALLS,
    PARTITION_CALLS,
    MEMORY_CALLS,
    PROCESSOR_CALLS,
    EXTENDED_CALLS,
  ].flatMap((calls) => calls.map((call) => [call.code, call] as const)),
);
