/** Bits of MODE_WORD: what decoding and execution depend on besides registers. */

/** Current privilege level. */
export const MODE_CPL: u32 = 3;
/** 64-bit mode: EFER.LMA and CS.L. */
export const MODE_64: u32 = 1 << 2;
/** CS.D: 32-bit operands and addresses by default (0 in 64-bit mode). */
export const MODE_CODE_32: u32 = 1 << 3;
/** SS.B: ESP is the stack pointer (0 in 64-bit mode, where RSP is). */
export const MODE_STACK_32: u32 = 1 << 4;
/** ES, CS, SS, DS are flat (base 0, limit 4 GiB, usable) outside 64-bit mode; always set in 64-bit mode. */
export const MODE_FLAT: u32 = 1 << 5;
/** CR0.PE and not virtual-8086 mode. */
export const MODE_PROTECTED: u32 = 1 << 6;
export const MODE_V86: u32 = 1 << 7;
/** EFER.LMA: IA-32e mode, 64-bit or compatibility. */
export const MODE_LONG: u32 = 1 << 8;
/** Blocks of one instruction: for single-stepping, shadows and breakpoints. */
export const MODE_SINGLE: u32 = 1 << 9;
export const MODE_PAGING: u32 = 1 << 10;

/** The bits that decoded blocks depend on. */
export const MODE_BLOCK: u32 =
  MODE_64 | MODE_CODE_32 | MODE_STACK_32 | MODE_FLAT | MODE_PROTECTED | MODE_V86 | MODE_SINGLE;
