/** `@viridian/x86`: the processor interface and the machine's memory. */

export {
  bankOffset,
  MAX_BANK_BYTES,
  MachineMemory,
  type MemoryBank,
  PAGE_BYTES,
  PAGE_SHIFT,
} from './memory/machine-memory.ts';
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
  REGISTER_FILE_BYTES,
  Reg,
  RegisterFile,
  RFLAGS_IF,
  RFLAGS_VM,
  SEGMENT_L,
  Seg,
  type Segment,
} from './processor/registers.ts';
