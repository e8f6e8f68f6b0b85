/** What the loader gives: bytes for guest memory and the registers to start with, as plain data. */

/** Bytes that go to an address. They may be part of a file's own buffer: do not change them. */
export interface Placement {
  readonly gpa: number;
  readonly bytes: Uint8Array;
}

/** Memory that has to hold zeros: it matters when a machine boots anew in memory that was used. */
export interface ZeroedRange {
  readonly gpa: number;
  readonly byteCount: number;
}

/** A segment register with its hidden part. Attributes: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D 14, G 15. */
export interface SegmentState {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly attributes: number;
}

/** GDTR or IDTR. */
export interface TableState {
  readonly base: number;
  readonly limit: number;
}

/** General registers by name; all others are 0. */
export interface GeneralRegisters {
  readonly rax: number;
  readonly rbx: number;
  readonly rsi: number;
}

/** The state of the first processor at the kernel's first instruction. Everything not named is as after reset. */
export interface EntryState {
  /** 64: long mode with paging; 32: protected mode without. */
  readonly bits: 32 | 64;
  readonly rip: number;
  readonly rflags: number;
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
  readonly efer: number;
  readonly general: GeneralRegisters;
  readonly cs: SegmentState;
  /** DS, ES, SS, FS, GS. */
  readonly data: SegmentState;
  readonly tr: SegmentState;
  readonly ldtr: SegmentState;
  readonly gdtr: TableState;
  readonly idtr: TableState;
}

/** Everything that a machine needs to start a kernel. */
export interface BootImage {
  readonly protocol: 'linux-64' | 'linux-32' | 'multiboot';
  /** Apply after `zeroed`. They do not overlap. */
  readonly placements: readonly Placement[];
  readonly zeroed: readonly ZeroedRange[];
  readonly entry: EntryState;
}
