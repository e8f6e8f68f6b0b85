/** CPUID as a guest sees it: the processor's own leaves and those of the hypervisor. TLFS, "Feature and Interface Discovery". */

import { CpuidLeaf, LEAF_RANGE_END } from '@viridian/protocols/tlfs';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { baseLeaf } from './base-leaves.ts';
import { hypervisorLeaf } from './hypervisor-leaves.ts';

/** The four result registers, unsigned. */
export interface CpuidRegisters {
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
}

/** Fills `result` with what CPUID gives for a leaf; leaves that do not exist are zero. */
export function cpuidLeaf(vp: VirtualProcessor, leaf: number, subleaf: number, result: CpuidRegisters): void {
  result.eax = result.ebx = result.ecx = result.edx = 0;
  if (leaf >= CpuidLeaf.VENDOR_AND_MAX_FUNCTION && leaf <= LEAF_RANGE_END) {
    if (vp.partition.enlightened) hypervisorLeaf(vp.partition, leaf, result);
  } else {
    baseLeaf(vp, leaf, subleaf, result);
  }
}

/** Sets all four. */
export function setLeaf(result: CpuidRegisters, eax: number, ebx: number, ecx: number, edx: number): void {
  result.eax = eax >>> 0;
  result.ebx = ebx >>> 0;
  result.ecx = ecx >>> 0;
  result.edx = edx >>> 0;
}
