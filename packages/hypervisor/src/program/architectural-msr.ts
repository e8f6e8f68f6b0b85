/** The MSRs that are the processor's own: they name registers. Intel SDM volume 4, "Architectural MSRs". */

import { Reg, type RegisterFile, Seg } from '@viridian/x86';

/** IA32_TIME_STAMP_COUNTER, which is not in the register file. */
export const IA32_TSC = 0x10;

const QWORD_OF: ReadonlyMap<number, number> = new Map([
  [0x174, Reg.SYSENTER_CS],
  [0x175, Reg.SYSENTER_ESP],
  [0x176, Reg.SYSENTER_EIP],
  [0x277, Reg.PAT],
  [0xc000_0080, Reg.EFER],
  [0xc000_0081, Reg.STAR],
  [0xc000_0082, Reg.LSTAR],
  [0xc000_0083, Reg.CSTAR],
  [0xc000_0084, Reg.SFMASK],
  [0xc000_0102, Reg.KERNEL_GS_BASE],
  [0xc000_0103, Reg.TSC_AUX],
]);

const SEGMENT_OF: ReadonlyMap<number, number> = new Map([
  [0xc000_0100, Seg.FS],
  [0xc000_0101, Seg.GS],
]);

/** The value of a register that is also an MSR; undefined for any other index. */
export function readOwnMsr(registers: RegisterFile, index: number): bigint | undefined {
  const qword = QWORD_OF.get(index);
  if (qword !== undefined) return registers.qwords[qword]!;
  const segment = SEGMENT_OF.get(index);
  return segment === undefined ? undefined : registers.segments[segment]!.base;
}

/** Sets a register that is also an MSR; false for any other index. */
export function writeOwnMsr(registers: RegisterFile, index: number, value: bigint): boolean {
  const qword = QWORD_OF.get(index);
  if (qword !== undefined) {
    registers.qwords[qword] = value;
    return true;
  }
  const segment = SEGMENT_OF.get(index);
  if (segment === undefined) return false;
  registers.segments[segment]!.base = value;
  return true;
}
