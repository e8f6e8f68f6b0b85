/** The loader: kernels as files to bytes in guest memory and the registers to start with. Pure; nothing of a host is touched. */

export type {
  BootImage,
  EntryState,
  GeneralRegisters,
  Placement,
  SegmentState,
  TableState,
  ZeroedRange,
} from './boot-image.ts';
export { unpackKernel } from './linux/load-linux.ts';
export { LoadError, type LoadErrorKind } from './load-error.ts';
export { type LoadOptions, loadKernel } from './load-kernel.ts';
export { type MemoryRange, MemoryType, pcMemoryMap } from './memory-map.ts';
export type { BootModule } from './multiboot/load-multiboot.ts';
export { type KernelSymbol, readKernelSymbols, systemMap } from './symbols/kallsyms.ts';
export { type AddressNames, readSystemMap, SymbolTable } from './symbols/symbol-table.ts';
