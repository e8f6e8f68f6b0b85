/** `@viridian/vm`: one virtual machine, or several on one host, from plain configuration objects. */

export type { BootState } from './boot-state.ts';
export { ChildMemory } from './child-memory.ts';
export type {
  BoardConfiguration,
  BusConfiguration,
  DiskConfiguration,
  DisplayConfiguration,
  DvdConfiguration,
  IdeDisk,
  InputConfiguration,
  MachineConfiguration,
  MachinePolicy,
  NetworkConfiguration,
  SerialPort,
  StorageConfiguration,
} from './configuration.ts';
export { ConfigurationError } from './configuration-error.ts';
export { createMachine } from './create-machine.ts';
export { formatSnapshot } from './debug/format-snapshot.ts';
export type { ProcessorSnapshot, ReturnAddress } from './debug/processor-snapshot.ts';
export type { InstructionWindow, MachineWatch } from './debug/watched-processor.ts';
export type { Machine } from './machine.ts';
export { ACPI_GPA } from './machine-board.ts';
export type { CrashReport, FinishReason, MachineEvents, MachineResult } from './machine-events.ts';
export type { MachineNetwork, MachineNetworks } from './machine-networks.ts';
export type { InterceptCounts, MachineReport } from './machine-report.ts';
export type { ShutdownRequest } from './machine-services.ts';
export type { AttachedUnit, MachineStorage } from './machine-storage.ts';
export type { ProfileSource } from './profile/profile-source.ts';
export type { ScsiDvd } from './scsi-dvd.ts';
export { VirtualizationHost } from './virtualization-host.ts';
