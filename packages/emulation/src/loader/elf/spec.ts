/** Offsets and numbers of ELF files (System V ABI, ELF Header and Program Header). */

import type { FileView } from '../file-view.ts';

/** e_machine. */
export const Machine = {
  I386: 3,
  X86_64: 62,
  /** Names of those a Linux kernel may be for. */
  OTHERS: {
    8: 'MIPS',
    20: 'PowerPC',
    21: '64-bit PowerPC',
    22: 'IBM S/390',
    40: '32-bit ARM',
    183: '64-bit ARM',
    243: 'RISC-V',
    258: 'LoongArch',
  },
} as const;

/** p_type of a segment that goes to memory. */
export const PT_LOAD = 1;

/** Where the fields are in one of the two classes. */
export interface HeaderLayout {
  readonly bits: 32 | 64;
  readonly entry: number;
  readonly tableOffset: number;
  readonly tableEntryBytes: number;
  readonly tableCount: number;
  readonly segment: {
    readonly bytes: number;
    readonly fileOffset: number;
    readonly physicalAddress: number;
    readonly fileBytes: number;
    readonly memoryBytes: number;
  };
  /** An address or a size in the class's width. */
  readonly word: (file: FileView, at: number) => number;
}

/** ELFCLASS64. */
export const HEADER64: HeaderLayout = {
  bits: 64,
  entry: 24,
  tableOffset: 32,
  tableEntryBytes: 54,
  tableCount: 56,
  segment: { bytes: 56, fileOffset: 8, physicalAddress: 24, fileBytes: 32, memoryBytes: 40 },
  word: (file, at) => file.u64(at, 'an ELF header'),
};

/** ELFCLASS32. */
export const HEADER32: HeaderLayout = {
  bits: 32,
  entry: 24,
  tableOffset: 28,
  tableEntryBytes: 42,
  tableCount: 44,
  segment: { bytes: 32, fileOffset: 4, physicalAddress: 12, fileBytes: 16, memoryBytes: 20 },
  word: (file, at) => file.u32(at, 'an ELF header'),
};
