/** Virtual processor registers by name, and the layouts of their values. TLFS, "Virtual Processor Management". */

import { bits, pad, struct, u16, u32, u64 } from '@viridian/wire';

/** HV_REGISTER_NAME. */
export const HvRegister = {
  ExplicitSuspend: 0x0000_0000,
  InterceptSuspend: 0x0000_0001,
  PendingInterruption: 0x0001_0002,
  InterruptState: 0x0001_0003,
  Rax: 0x0002_0000,
  Rcx: 0x0002_0001,
  Rdx: 0x0002_0002,
  Rbx: 0x0002_0003,
  Rsp: 0x0002_0004,
  Rbp: 0x0002_0005,
  Rsi: 0x0002_0006,
  Rdi: 0x0002_0007,
  R8: 0x0002_0008,
  R9: 0x0002_0009,
  R10: 0x0002_000a,
  R11: 0x0002_000b,
  R12: 0x0002_000c,
  R13: 0x0002_000d,
  R14: 0x0002_000e,
  R15: 0x0002_000f,
  Rip: 0x0002_0010,
  Rflags: 0x0002_0011,
  Xmm0: 0x0003_0000,
  Xmm15: 0x0003_000f,
  FpMmx0: 0x0003_0010,
  FpMmx7: 0x0003_0017,
  FpControlStatus: 0x0003_0018,
  XmmControlStatus: 0x0003_0019,
  Cr0: 0x0004_0000,
  Cr2: 0x0004_0001,
  Cr3: 0x0004_0002,
  Cr4: 0x0004_0003,
  Cr8: 0x0004_0004,
  Xfem: 0x0004_0005,
  Dr0: 0x0005_0000,
  Dr1: 0x0005_0001,
  Dr2: 0x0005_0002,
  Dr3: 0x0005_0003,
  Dr6: 0x0005_0004,
  Dr7: 0x0005_0005,
  Es: 0x0006_0000,
  Cs: 0x0006_0001,
  Ss: 0x0006_0002,
  Ds: 0x0006_0003,
  Fs: 0x0006_0004,
  Gs: 0x0006_0005,
  Ldtr: 0x0006_0006,
  Tr: 0x0006_0007,
  Idtr: 0x0007_0000,
  Gdtr: 0x0007_0001,
  Tsc: 0x0008_0000,
  Efer: 0x0008_0001,
  KernelGsBase: 0x0008_0002,
  ApicBase: 0x0008_0003,
  Pat: 0x0008_0004,
  SysenterCs: 0x0008_0005,
  SysenterRip: 0x0008_0006,
  SysenterRsp: 0x0008_0007,
  Star: 0x0008_0008,
  Lstar: 0x0008_0009,
  Cstar: 0x0008_000a,
  Sfmask: 0x0008_000b,
  InitialApicId: 0x0008_000c,
  MtrrCap: 0x0008_000d,
  MtrrDefType: 0x0008_000e,
  MtrrPhysBase0: 0x0008_0010,
  MtrrPhysMask0: 0x0008_0040,
  MtrrFix64k00000: 0x0008_0070,
  MtrrFix4kF8000: 0x0008_007a,
  VpRuntime: 0x0009_0000,
  Hypercall: 0x0009_0001,
  GuestOsId: 0x0009_0002,
  VpIndex: 0x0009_0003,
  TimeRefCount: 0x0009_0004,
  Eoi: 0x0009_0010,
  Icr: 0x0009_0011,
  Tpr: 0x0009_0012,
  VpAssistPage: 0x0009_0013,
  ReferenceTsc: 0x0009_0017,
  Sint0: 0x000a_0000,
  Sint15: 0x000a_000f,
  Scontrol: 0x000a_0010,
  Sversion: 0x000a_0011,
  Siefp: 0x000a_0012,
  Simp: 0x000a_0013,
  Eom: 0x000a_0014,
  Stimer0Config: 0x000b_0000,
  Stimer0Count: 0x000b_0001,
  Stimer1Config: 0x000b_0002,
  Stimer1Count: 0x000b_0003,
  Stimer2Config: 0x000b_0004,
  Stimer2Count: 0x000b_0005,
  Stimer3Config: 0x000b_0006,
  Stimer3Count: 0x000b_0007,
  CrashP0: 0x0000_0210,
  CrashP1: 0x0000_0211,
  CrashP2: 0x0000_0212,
  CrashP3: 0x0000_0213,
  CrashP4: 0x0000_0214,
  CrashCtl: 0x0000_0215,
} as const;

/** HV_REGISTER_VALUE: 16 bytes; registers of up to 64 bits use the low half, the high one is zero. */
export const RegisterValue = struct('HV_REGISTER_VALUE', 16, { low: u64, high: u64 });

/** Attributes of a segment register. */
export const SegmentAttributes = bits(u16, {
  type: [0, 4],
  nonSystem: [4, 1],
  dpl: [5, 2],
  present: [7, 1],
  available: [12, 1],
  long: [13, 1],
  default: [14, 1],
  granularity: [15, 1],
});

/** HV_X64_SEGMENT_REGISTER. TLFS 2.0 printed the last two fields the other way round. `attributes` is
 * the raw word of `SegmentAttributes`. */
export const SegmentRegister = struct('HV_X64_SEGMENT_REGISTER', 16, {
  base: u64,
  limit: u32,
  selector: u16,
  attributes: u16,
});

/** HV_X64_TABLE_REGISTER: IDTR and GDTR. */
export const TableRegister = struct('HV_X64_TABLE_REGISTER', 16, { reserved: pad(6), limit: u16, base: u64 });

/** ExplicitSuspend register. */
export const ExplicitSuspend = bits(u64, { suspended: [0, 1] });

/** InterceptSuspend register; both bits can only be cleared by the parent. */
export const InterceptSuspend = bits(u64, { suspended: [0, 1], tlbFlushInhibit: [1, 1] });

/** PendingInterruption register. */
export const PendingInterruption = bits(u64, {
  pending: [0, 1],
  type: [1, 3],
  deliverErrorCode: [4, 1],
  instructionLength: [5, 4],
  vector: [16, 16],
  errorCode: [32, 32],
});

/** `type` of a pending interruption. */
export const PendingInterruptionType = { INTERRUPT: 0, NMI: 2, EXCEPTION: 3, SOFTWARE_INTERRUPT: 4 } as const;

/** InterruptState register. */
export const InterruptState = bits(u64, { interruptShadow: [0, 1], nmiMasked: [1, 1] });
