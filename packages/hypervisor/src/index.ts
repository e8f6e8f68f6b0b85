/** `@viridian/hypervisor`: partitions, virtual processors, memory, hypercalls, SynIC, timers, intercepts. */

export type { EndOfInterruptListener } from './apic/board-interrupts.ts';
export { DeliveryMode, type InterruptMessage } from './apic/interrupt-delivery.ts';
export type { AcknowledgeExtInt } from './apic/local-apic.ts';
export {
  type Clock,
  type TimerHandle,
  UNITS_PER_MILLISECOND,
  UNITS_PER_SECOND,
} from './clock/clock.ts';
export { type Executor, HostExecutor, ManualExecutor } from './clock/executor.ts';
export { HostClock } from './clock/host-clock.ts';
export { VirtualClock } from './clock/virtual-clock.ts';
export { Hypervisor, type HypervisorOptions } from './hypervisor.ts';
export type { DirectMemoryHandler, DirectPortHandler } from './intercept/direct-handlers.ts';
export type { DirectRange } from './intercept/intercept-table.ts';
export { CHILD_OFFER, type PartitionOffer, ROOT_OFFER } from './partition/configuration.ts';
export { GpaAccess, GpaSpace } from './partition/gpa-space.ts';
export type { CrashInfo, PartitionObserver } from './partition/observer.ts';
export { MAX_VPS, type Partition, type PartitionState } from './partition/partition.ts';
export type { ProcessorEnvironment, ProcessorFactory } from './partition/processor-factory.ts';
export type { Connection, Port } from './synic/ports.ts';
export type { VirtualProcessor } from './vp/virtual-processor.ts';
