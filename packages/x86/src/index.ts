/** `@viridian/x86`: the processor interface, the x86-64 processor that fulfils it, and the machine's memory. */

export { type CodeBits, CodeMachine, type CodeMachineOptions } from './core/code-machine.ts';
export { CORE_RESERVED_BYTES } from './core/core.ts';
export type { GuestPages } from './core/core-machine.ts';
export type { RaisedException } from './core/exception-log.ts';
export { X86Processor } from './core/x86-processor.ts';
export { type X86Environment, x86Processors } from './core/x86-processors.ts';
export { type DisassembledInstruction, disassemble } from './disassembler/disassemble.ts';
export {
  formatTraceLine,
  type TraceLine,
  type TraceOptions,
  traceInstructions,
} from './disassembler/trace.ts';

export { type JitCounters, readJitCounters } from './jit/counters.ts';
export type { EngineOptions } from './jit/engine.ts';
export { LockStepDifference } from './lock-step/difference.ts';

export {
  bankOffset,
  MAX_BANK_BYTES,
  MachineMemory,
  type MemoryBank,
  PAGE_BYTES,
  PAGE_SHIFT,
} from './memory/machine-memory.ts';
export { codeAddress, codeBits, type PhysicalReader, readLinear } from './processor/linear-memory.ts';
export {
  AccessKind,
  type ExitHandler,
  type MemoryAccess,
  Outcome,
  type PortAccess,
  type Processor,
  StopReason,
  type Translation,
} from './processor/processor.ts';
export {
  CR0_PE,
  CR0_PG,
  type DescriptorTable,
  EFER_LMA,
  type FloatControl,
  REGISTER_FILE_BYTES,
  Reg,
  RegisterFile,
  RFLAGS_IF,
  RFLAGS_VM,
  SEGMENT_L,
  Seg,
  type Segment,
} from './processor/registers.ts';
export { ProcessorProfile, type ProfileData, type ProfilePlace } from './profile/profile.ts';
export { ACTIVITIES, type ActivityName, type ProcessorSample, ProcessorSampler } from './profile/sampler.ts';
