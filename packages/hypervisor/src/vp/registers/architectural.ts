/** The processor's registers by name. TLFS, "Virtual Processor Management", x64 registers. */

import { HvRegister } from '@viridian/protocols/tlfs';
import { type DescriptorTable, Reg, type RegisterFile, Seg } from '@viridian/x86';
import { MTRR_CAP, type MtrrState } from '../mtrr-state.ts';
import { highHalf, lowHalf, type NamedRegister, unsigned64, type VpRegister } from './register.ts';

const MASK_16 = 0xffffn;
const MASK_32 = 0xffff_ffffn;
const MASK_64 = 0xffff_ffff_ffff_ffffn;
const X87_BYTES = 16;
const XMM_BYTES = 16;
/** A table register: 6 bytes of padding, limit, base. */
const TABLE_LIMIT_SHIFT = 48n;

/** A 64-bit register of the register file. */
function qword(register: number): VpRegister {
  return {
    bits: 64,
    get: (vp) => vp.processor.registers.qwords[register]!,
    set: (vp, value) => {
      vp.processor.registers.qwords[register] = value;
      return true;
    },
  };
}

/** Sixteen bytes of the register file. */
function octaword(bytesOf: (registers: RegisterFile) => Uint8Array, offset: number): VpRegister {
  return {
    bits: 128,
    get: (vp) => {
      const bytes = bytesOf(vp.processor.registers);
      let value = 0n;
      for (let at = 15; at >= 0; at -= 1) value = (value << 8n) | BigInt(bytes[offset + at]!);
      return value;
    },
    set: (vp, value) => {
      const bytes = bytesOf(vp.processor.registers);
      for (let at = 0; at < 16; at += 1) bytes[offset + at] = Number((value >> BigInt(8 * at)) & 0xffn);
      return true;
    },
  };
}

/** HV_X64_SEGMENT_REGISTER: base, limit, selector, attributes. */
function segment(index: number): VpRegister {
  return {
    bits: 128,
    get: (vp) => {
      const { base, limit, selector, attributes } = vp.processor.registers.segments[index]!;
      const upper = BigInt(limit >>> 0) | (BigInt(selector) << 32n) | (BigInt(attributes) << 48n);
      return BigInt.asUintN(64, base) | (upper << 64n);
    },
    set: (vp, value) => {
      const into = vp.processor.registers.segments[index]!;
      into.base = value & MASK_64;
      into.limit = Number((value >> 64n) & MASK_32);
      into.selector = Number((value >> 96n) & MASK_16);
      into.attributes = Number((value >> 112n) & MASK_16);
      return true;
    },
  };
}

/** HV_X64_TABLE_REGISTER. */
function table(tableOf: (registers: RegisterFile) => DescriptorTable): VpRegister {
  return {
    bits: 128,
    get: (vp) => {
      const { base, limit } = tableOf(vp.processor.registers);
      return (BigInt(limit) << TABLE_LIMIT_SHIFT) | (BigInt.asUintN(64, base) << 64n);
    },
    set: (vp, value) => {
      const into = tableOf(vp.processor.registers);
      into.limit = Number((value >> TABLE_LIMIT_SHIFT) & MASK_16);
      into.base = (value >> 64n) & MASK_64;
      return true;
    },
  };
}

/** A memory type register. */
function mtrr(storeOf: (mtrrs: MtrrState) => Uint32Array, at: number): VpRegister {
  return {
    bits: 64,
    get: ({ mtrrs }) => unsigned64(storeOf(mtrrs)[at]!, storeOf(mtrrs)[at + 1]!),
    set: ({ mtrrs }, value) => {
      storeOf(mtrrs)[at] = lowHalf(value);
      storeOf(mtrrs)[at + 1] = highHalf(value);
      return true;
    },
  };
}

/** x87 state: control word, status word, tag word; the last instruction's address is not kept. */
const FP_CONTROL: VpRegister = {
  bits: 128,
  get: (vp) => {
    const { fcw, fsw, ftw } = vp.processor.registers.floatControl;
    return BigInt(fcw) | (BigInt(fsw) << 16n) | (BigInt(ftw & 0xff) << 32n);
  },
  set: (vp, value) => {
    const { floatControl } = vp.processor.registers;
    floatControl.fcw = Number(value & MASK_16);
    floatControl.fsw = Number((value >> 16n) & MASK_16);
    floatControl.ftw = Number((value >> 32n) & 0xffn);
    return true;
  },
};

/** MXCSR and the mask of its writable bits, behind the address of the last operand, which is not kept. */
const XMM_CONTROL: VpRegister = {
  bits: 128,
  get: (vp) => (BigInt(vp.processor.registers.floatControl.mxcsr) << 64n) | (0xffffn << 96n),
  set: (vp, value) => {
    vp.processor.registers.floatControl.mxcsr = Number((value >> 64n) & MASK_32);
    return true;
  },
};

/** CR8 is the upper half of the task priority. */
const CR8: VpRegister = {
  bits: 4,
  get: ({ apic }) => BigInt(apic.taskPriority >> 4),
  set: ({ apic }, value) => {
    apic.taskPriority = Number(value) << 4;
    return true;
  },
};

const APIC_BASE: VpRegister = {
  bits: 64,
  get: ({ apicBase }) => unsigned64(apicBase.low, apicBase.high),
  set: ({ apicBase, partition }, value) => apicBase.set(lowHalf(value), highHalf(value), partition.x2apic),
};

function row(first: number, count: number, register: (index: number) => VpRegister): NamedRegister[] {
  return Array.from({ length: count }, (_, index) => [first + index, register(index)] as const);
}

const QWORDS: readonly (readonly [name: number, register: number])[] = [
  [HvRegister.Rip, Reg.RIP],
  [HvRegister.Rflags, Reg.RFLAGS],
  [HvRegister.Cr0, Reg.CR0],
  [HvRegister.Cr2, Reg.CR2],
  [HvRegister.Cr3, Reg.CR3],
  [HvRegister.Cr4, Reg.CR4],
  [HvRegister.Xfem, Reg.XCR0],
  [HvRegister.Dr0, Reg.DR0],
  [HvRegister.Dr1, Reg.DR1],
  [HvRegister.Dr2, Reg.DR2],
  [HvRegister.Dr3, Reg.DR3],
  [HvRegister.Dr6, Reg.DR6],
  [HvRegister.Dr7, Reg.DR7],
  [HvRegister.Efer, Reg.EFER],
  [HvRegister.KernelGsBase, Reg.KERNEL_GS_BASE],
  [HvRegister.Pat, Reg.PAT],
  [HvRegister.SysenterCs, Reg.SYSENTER_CS],
  [HvRegister.SysenterRip, Reg.SYSENTER_EIP],
  [HvRegister.SysenterRsp, Reg.SYSENTER_ESP],
  [HvRegister.Star, Reg.STAR],
  [HvRegister.Lstar, Reg.LSTAR],
  [HvRegister.Cstar, Reg.CSTAR],
  [HvRegister.Sfmask, Reg.SFMASK],
];

/** In the order of their names. */
const SEGMENTS = [Seg.ES, Seg.CS, Seg.SS, Seg.DS, Seg.FS, Seg.GS, Seg.LDTR, Seg.TR] as const;

/** General, floating-point, control, debug, segment and model-specific registers. */
export const ARCHITECTURAL_REGISTERS: readonly NamedRegister[] = [
  ...row(HvRegister.Rax, 16, (index) => qword(Reg.RAX + index)),
  ...QWORDS.map(([name, register]) => [name, qword(register)] as const),
  ...row(HvRegister.Xmm0, 16, (index) => octaword((registers) => registers.xmm, index * XMM_BYTES)),
  ...row(HvRegister.FpMmx0, 8, (index) => octaword((registers) => registers.x87, index * X87_BYTES)),
  [HvRegister.FpControlStatus, FP_CONTROL],
  [HvRegister.XmmControlStatus, XMM_CONTROL],
  [HvRegister.Cr8, CR8],
  ...row(HvRegister.Es, 8, (index) => segment(SEGMENTS[index]!)),
  [HvRegister.Idtr, table((registers) => registers.idtr)],
  [HvRegister.Gdtr, table((registers) => registers.gdtr)],
  // One counter serves all VPs and the reference page: it cannot be set for one of them.
  [HvRegister.Tsc, { bits: 64, get: ({ reference }) => BigInt.asUintN(64, reference.tsc()) }],
  [HvRegister.ApicBase, APIC_BASE],
  [HvRegister.InitialApicId, { bits: 32, get: ({ apic }) => BigInt(apic.id) }],
  [HvRegister.MtrrCap, { bits: 64, get: () => BigInt(MTRR_CAP) }],
  [HvRegister.MtrrDefType, mtrr((mtrrs) => mtrrs.defType, 0)],
  ...row(HvRegister.MtrrPhysBase0, MTRR_CAP & 0xff, (index) => mtrr((mtrrs) => mtrrs.bases, 2 * index)),
  ...row(HvRegister.MtrrPhysMask0, MTRR_CAP & 0xff, (index) => mtrr((mtrrs) => mtrrs.masks, 2 * index)),
  ...row(HvRegister.MtrrFix64k00000, 11, (index) => mtrr((mtrrs) => mtrrs.fixed, 2 * index)),
];
