/** What the parts of the parent library share: made at boot, one of each. */

import type { Hypervisor } from '../hypervisor.ts';
import type { EventFlagAllocator } from './event-flags.ts';
import type { HypercallGate } from './hypercall-gate.ts';
import type { IdAllocator } from './id-allocator.ts';
import type { ParentMemory } from './parent-memory.ts';
import type { ParentSynic, ReceivedMessage } from './parent-synic.ts';

/** Who is given the messages of one port. Must not throw. */
export interface MessageTarget {
  received(message: ReceivedMessage): void;
}

/** The parent's own state, for the use of its children's handles. */
export interface ParentKit {
  readonly hypervisor: Hypervisor;
  /** Our own partition id. */
  readonly partitionId: bigint;
  readonly gate: HypercallGate;
  readonly synic: ParentSynic;
  readonly memory: ParentMemory;
  readonly eventFlags: EventFlagAllocator;
  /** Ports of ours. */
  readonly portIds: IdAllocator;
  /** Connections of ours. */
  readonly connectionIds: IdAllocator;
  /** By port id. */
  readonly messageTargets: Map<number, MessageTarget>;
}
