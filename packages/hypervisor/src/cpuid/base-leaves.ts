/**
 * The processor's own CPUID leaves: a plain x86-64 of the first 64-bit generation, the same on every host, as far as
 * guests look. Intel SDM volume 2, CPUID. Leaf 1 says that a hypervisor is present.
 */

import { HYPERVISOR_PRESENT_BIT } from '@viridian/protocols/tlfs';
import { CHILD_ADDRESS_BITS } from '../partition/gpa-space.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { type CpuidRegisters, setLeaf } from './cpuid.ts';

const MAX_BASIC_LEAF = 7;
const MAX_EXTENDED_LEAF = 0x8000_0008;

/** "GenuineIntel" in EBX, EDX, ECX: the vendor whose hypercall instruction is VMCALL. */
const VENDOR = { ebx: 0x756e_6547, edx: 0x4965_6e69, ecx: 0x6c65_746e } as const;

/** Family 6, model 15, stepping 1. */
const SIGNATURE = 0x6f1;

/** Leaf 1 EDX: FPU DE PSE TSC MSR PAE CX8 APIC SEP MTRR PGE CMOV PAT CLFLUSH MMX FXSR SSE SSE2. */
const FEATURES_EDX = bitMask(0, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 15, 16, 19, 23, 24, 25, 26);
/** Leaf 1 ECX: SSE3, CMPXCHG16B, hypervisor present. Neither x2APIC nor TSC deadline. */
const FEATURES_ECX = bitMask(0, 13, HYPERVISOR_PRESENT_BIT);
/** Leaf 1 EBX 15:8: CLFLUSH line of 64 bytes, in units of 8. */
const CLFLUSH_LINE = 8 << 8;
/** Leaf 1 EDX: EBX holds the number of logical processors. */
const HTT = bitMask(28);

/** Leaf 6 EAX: the local APIC's timer always runs. */
const ARAT = bitMask(2);
/** Leaf 80000001: LAHF in 64-bit mode; SYSCALL, NX, RDTSCP, long mode. */
const EXTENDED_ECX = bitMask(0);
const EXTENDED_EDX = bitMask(11, 20, 27, 29);

const BRAND = 'Viridian virtual processor';
const BRAND_FIRST_LEAF = 0x8000_0002;
const BRAND_LAST_LEAF = 0x8000_0004;
const LINEAR_ADDRESS_BITS = 48;

/** Fills `result` for a basic or extended leaf; what is not there stays zero. */
export function baseLeaf(vp: VirtualProcessor, leaf: number, _subleaf: number, result: CpuidRegisters): void {
  switch (leaf) {
    case 0:
      setLeaf(result, MAX_BASIC_LEAF, VENDOR.ebx, VENDOR.ecx, VENDOR.edx);
      break;
    case 1:
      processorLeaf(vp, result);
      break;
    case 6:
      setLeaf(result, ARAT, 0, 0, 0);
      break;
    case 0x8000_0000:
      setLeaf(result, MAX_EXTENDED_LEAF, 0, 0, 0);
      break;
    case 0x8000_0001:
      setLeaf(result, 0, 0, EXTENDED_ECX, EXTENDED_EDX);
      break;
    case 0x8000_0008:
      setLeaf(result, CHILD_ADDRESS_BITS | (LINEAR_ADDRESS_BITS << 8), 0, 0, 0);
      break;
    default:
      if (leaf >= BRAND_FIRST_LEAF && leaf <= BRAND_LAST_LEAF) brandLeaf(leaf, result);
  }
}

/** Leaf 1. With more than one processor HTT is set and EBX counts them: a guest without ACPI tables has no other way. */
function processorLeaf(vp: VirtualProcessor, result: CpuidRegisters): void {
  const count = vp.partition.vps.reduce((sum, one) => sum + (one === undefined ? 0 : 1), 0);
  const ebx = (vp.apic.id << 24) | (Math.min(count, 255) << 16) | CLFLUSH_LINE;
  setLeaf(result, SIGNATURE, ebx, FEATURES_ECX, count > 1 ? FEATURES_EDX | HTT : FEATURES_EDX);
}

/** Sixteen characters of the brand string. */
function brandLeaf(leaf: number, result: CpuidRegisters): void {
  const first = (leaf - BRAND_FIRST_LEAF) * 16;
  const word = (at: number): number => {
    let value = 0;
    for (let byte = 3; byte >= 0; byte -= 1) {
      const code = BRAND.charCodeAt(first + at * 4 + byte);
      value = value * 256 + (Number.isNaN(code) ? 0 : code);
    }
    return value;
  };
  setLeaf(result, word(0), word(1), word(2), word(3));
}

function bitMask(...bits: readonly number[]): number {
  return bits.reduce((mask, bit) => mask + 2 ** bit, 0);
}
