/** `@viridian/hypervisor/program`: guests that are TypeScript programs, and the processor that runs them. */

export {
  type CpuidResult,
  type GuestCpu,
  GuestException,
  type GuestMemoryAccess,
  type GuestProgram,
  type PortSize,
  VpStopped,
  WouldBlock,
} from './guest-cpu.ts';
export { isProgramHalted } from './program-processor.ts';
export { programProcessors } from './program-processors.ts';
