/** `@viridian/hypervisor/parent`: the parent operating system's library of hypercalls. */

export type { MemoryBalance } from './calls/partition-calls.ts';
export type { RegisterSetting, VirtualInterrupt } from './calls/processor-calls.ts';
export type {
  Connection,
  EventRoute,
  MessageCallback,
  MessageRoute,
  SignalCallback,
} from './child-connections.ts';
export { ChildPartition, type MemoryMapping, type PoolMemory } from './child-partition.ts';
export { FLAGS_PER_SINT } from './event-flags.ts';
export { HypercallError } from './hypercall-error.ts';
export { type DecodedMove, decodeMove } from './instruction.ts';
export type {
  Answer,
  CpuidHandler,
  CpuidRequest,
  ExceptionEvent,
  ExceptionHandler,
  MemoryHandler,
  MsrHandler,
  PortHandler,
} from './intercept-handlers.ts';
export { ParentPartition, type PartitionOptions } from './parent-partition.ts';
