/**
 * The architectural registers of one virtual processor, at fixed places of one buffer.
 *
 * A processor core in WebAssembly puts the file into its own memory (the layout is that of `assembly/state.ts`); one
 * written in TypeScript gives it a buffer of its own. Readers that are hot (the hypercall path) use the 32-bit halves, which allocate nothing.
 * Source: Intel SDM volume 1, "Basic Program Execution Registers"; volume 3, "System Architecture Overview".
 */

/** Index of a 64-bit register in {@link RegisterFile.qwords}. GPRs have the order of their encoding. */
export const Reg = {
  RAX: 0,
  RCX: 1,
  RDX: 2,
  RBX: 3,
  RSP: 4,
  RBP: 5,
  RSI: 6,
  RDI: 7,
  R8: 8,
  R9: 9,
  R10: 10,
  R11: 11,
  R12: 12,
  R13: 13,
  R14: 14,
  R15: 15,
  RIP: 20,
  RFLAGS: 21,
  CR0: 22,
  CR2: 23,
  CR3: 24,
  CR4: 25,
  CR8: 26,
  XCR0: 27,
  DR0: 28,
  DR1: 29,
  DR2: 30,
  DR3: 31,
  DR6: 32,
  DR7: 33,
  EFER: 34,
  KERNEL_GS_BASE: 35,
  PAT: 36,
  SYSENTER_CS: 37,
  SYSENTER_EIP: 38,
  SYSENTER_ESP: 39,
  STAR: 40,
  LSTAR: 41,
  CSTAR: 42,
  SFMASK: 43,
  TSC_AUX: 44,
} as const;

/** 64-bit words of the file's first part; the core has a zero and scratch between R15 and RIP. */
const QWORDS = 48;

/** Index of a segment register in {@link RegisterFile.segments}; LDTR and TR are segments too. */
export const Seg = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5, LDTR: 6, TR: 7 } as const;

/** RFLAGS.IF. */
export const RFLAGS_IF = 0x200;
/** RFLAGS.VM. */
export const RFLAGS_VM = 0x20000;
/** RFLAGS bit 1, which always reads as one. */
const RFLAGS_FIXED = 0x2n;
/** CR0.PE. */
export const CR0_PE = 0x1;
/** CR0.PG. */
export const CR0_PG = 0x80000000;
/** EFER.LMA. */
export const EFER_LMA = 0x400;
/** Attribute bit of a code segment that runs in 64-bit mode (CS.L). */
export const SEGMENT_L = 0x2000;

/** A segment register: the hidden part and the selector. Attributes: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D 14, G 15. */
export interface Segment {
  base: bigint;
  limit: number;
  selector: number;
  attributes: number;
}

/** GDTR or IDTR. */
export interface DescriptorTable {
  base: bigint;
  limit: number;
}

/** x87 control word, status word, tag word as FXSAVE stores it (a bit per register that is not empty), MXCSR. */
export interface FloatControl {
  fcw: number;
  fsw: number;
  ftw: number;
  mxcsr: number;
}

const SEGMENTS_OFFSET = 384;
const SEGMENT_BYTES = 16;
const GDTR_OFFSET = 512;
const IDTR_OFFSET = 528;
const FLOAT_OFFSET = 544;
const XMM_OFFSET = 640;
const XMM_BYTES = 16 * 16;
const X87_OFFSET = 896;
const X87_BYTES = 8 * 16;

/** Bytes of a register file's buffer. */
export const REGISTER_FILE_BYTES = 1024;

/** All registers of a virtual processor that software can see; synthetic MSRs and the local APIC are the hypervisor's. */
export class RegisterFile {
  /** 64-bit registers, indexed by {@link Reg}. */
  readonly qwords: BigUint64Array;
  /** The same as 32-bit halves: low half of register r at 2r, high half at 2r + 1. */
  readonly dwords: Uint32Array;
  /** XMM0 to XMM15, 16 bytes each. */
  readonly xmm: Uint8Array;
  /** The x87 registers, 16 bytes each, 10 of them used. */
  readonly x87: Uint8Array;
  readonly segments: Segment[];
  readonly gdtr: DescriptorTable;
  readonly idtr: DescriptorTable;
  readonly floatControl: FloatControl;

  constructor(buffer: ArrayBufferLike = new ArrayBuffer(REGISTER_FILE_BYTES), offset = 0) {
    this.qwords = new BigUint64Array(buffer, offset, QWORDS);
    this.dwords = new Uint32Array(buffer, offset, QWORDS * 2);
    this.xmm = new Uint8Array(buffer, offset + XMM_OFFSET, XMM_BYTES);
    this.x87 = new Uint8Array(buffer, offset + X87_OFFSET, X87_BYTES);
    const view = new DataView(buffer, offset, REGISTER_FILE_BYTES);
    this.segments = segmentsAt(view);
    this.gdtr = tableAt(view, GDTR_OFFSET);
    this.idtr = tableAt(view, IDTR_OFFSET);
    this.floatControl = floatControlAt(view);
    this.reset();
  }

  /** State after power-up or INIT (Intel SDM volume 3, "Processor State After Reset"). */
  reset(): void {
    this.qwords.fill(0n);
    this.xmm.fill(0);
    this.x87.fill(0);
    this.qwords[Reg.RIP] = 0xfff0n;
    this.qwords[Reg.RFLAGS] = RFLAGS_FIXED;
    this.qwords[Reg.CR0] = 0x60000010n;
    this.qwords[Reg.DR6] = 0xffff0ff0n;
    this.qwords[Reg.DR7] = 0x400n;
    this.qwords[Reg.PAT] = 0x0007040600070406n;
    this.qwords[Reg.XCR0] = 1n;
    this.segments.forEach((segment, index) => {
      segment.base = 0n;
      segment.limit = 0xffff;
      segment.selector = 0;
      segment.attributes = index === Seg.LDTR ? 0x82 : index === Seg.TR ? 0x8b : 0x93;
    });
    const cs = this.segments[Seg.CS]!;
    cs.selector = 0xf000;
    cs.base = 0xffff0000n;
    cs.attributes = 0x9b;
    this.gdtr.base = this.idtr.base = 0n;
    this.gdtr.limit = this.idtr.limit = 0xffff;
    Object.assign(this.floatControl, { fcw: 0x40, fsw: 0, ftw: 0xff, mxcsr: 0x1f80 });
  }

  /** Current privilege level: DPL of SS in protected mode, 0 in real mode, 3 in virtual-8086 mode. */
  get cpl(): number {
    if ((this.dwords[Reg.CR0 * 2]! & CR0_PE) === 0) return 0;
    if ((this.dwords[Reg.RFLAGS * 2]! & RFLAGS_VM) !== 0) return 3;
    return (this.segments[Seg.SS]!.attributes >> 5) & 3;
  }

  /** True in 64-bit mode: EFER.LMA and CS.L. */
  get is64Bit(): boolean {
    return (
      (this.dwords[Reg.EFER * 2]! & EFER_LMA) !== 0 && (this.segments[Seg.CS]!.attributes & SEGMENT_L) !== 0
    );
  }

  /** True in protected mode outside virtual-8086 mode. */
  get isProtected(): boolean {
    return (this.dwords[Reg.CR0 * 2]! & CR0_PE) !== 0 && (this.dwords[Reg.RFLAGS * 2]! & RFLAGS_VM) === 0;
  }
}

/** The segment registers in place; a whole one can be assigned too. */
function segmentsAt(view: DataView): Segment[] {
  const segments: Segment[] = [];
  for (let index = 0; index < 8; index += 1) {
    const segment = segmentAt(view, SEGMENTS_OFFSET + index * SEGMENT_BYTES);
    Object.defineProperty(segments, index, {
      enumerable: true,
      get: () => segment,
      set: (value: Segment) => Object.assign(segment, value),
    });
  }
  return segments;
}

function tableAt(view: DataView, at: number): DescriptorTable {
  return {
    get base() {
      return view.getBigUint64(at, true);
    },
    set base(value) {
      view.setBigUint64(at, value, true);
    },
    get limit() {
      return view.getUint32(at + 8, true);
    },
    set limit(value) {
      view.setUint32(at + 8, value, true);
    },
  };
}

/** One segment register in place. */
function segmentAt(view: DataView, at: number): Segment {
  return {
    get base() {
      return view.getBigUint64(at, true);
    },
    set base(value) {
      view.setBigUint64(at, value, true);
    },
    get limit() {
      return view.getUint32(at + 8, true);
    },
    set limit(value) {
      view.setUint32(at + 8, value, true);
    },
    get selector() {
      return view.getUint16(at + 12, true);
    },
    set selector(value) {
      view.setUint16(at + 12, value, true);
    },
    get attributes() {
      return view.getUint16(at + 14, true);
    },
    set attributes(value) {
      view.setUint16(at + 14, value, true);
    },
  };
}

function floatControlAt(view: DataView): FloatControl {
  return {
    get fcw() {
      return view.getUint16(FLOAT_OFFSET, true);
    },
    set fcw(value) {
      view.setUint16(FLOAT_OFFSET, value, true);
    },
    get fsw() {
      return view.getUint16(FLOAT_OFFSET + 2, true);
    },
    set fsw(value) {
      view.setUint16(FLOAT_OFFSET + 2, value, true);
    },
    get ftw() {
      return view.getUint16(FLOAT_OFFSET + 4, true);
    },
    set ftw(value) {
      view.setUint16(FLOAT_OFFSET + 4, value, true);
    },
    get mxcsr() {
      return view.getUint32(FLOAT_OFFSET + 8, true);
    },
    set mxcsr(value) {
      view.setUint32(FLOAT_OFFSET + 8, value, true);
    },
  };
}
