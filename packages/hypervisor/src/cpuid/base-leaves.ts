/**
 * The processor's own CPUID leaves: an x86-64-v2 with fast string operations, the same on every host. Intel SDM volume
 * 2, CPUID. Only what the processor of `@viridian/x86` does is advertised.
 */

import { HYPERVISOR_PRESENT_BIT } from '@viridian/protocols/tlfs';
import { CHILD_ADDRESS_BITS } from '../partition/gpa-space.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import { frequencyLeaf, timeStampLeaf } from './clock-leaves.ts';
import { type CpuidRegisters, setLeaf } from './cpuid.ts';
import { cacheLeaf, processorCount, SHARED_CACHE_KIB, topologyLeaf } from './topology-leaves.ts';

const MAX_BASIC_LEAF = 0x16;
const MAX_EXTENDED_LEAF = 0x8000_0008;

/** "GenuineIntel" in EBX, EDX, ECX: the vendor whose hypercall instruction is VMCALL and whose leaves tell frequencies. */
const VENDOR = { ebx: 0x756e_6547, edx: 0x4965_6e69, ecx: 0x6c65_746e } as const;

/**
 * Family 6, model 1Ch, stepping 10, an in-order processor that never speculated: kernels know that it needs none of the
 * mitigations that would cost an interpreter an address space switch on each entry.
 */
const SIGNATURE = 0x0001_06ca;

/** Leaf 1 EDX: FPU DE PSE TSC MSR PAE CX8 APIC SEP MTRR PGE CMOV PAT PSE36 CLFLUSH MMX FXSR SSE SSE2. No machine check. */
const FEATURES_EDX = bitMask(0, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 15, 16, 17, 19, 23, 24, 25, 26);
/** Leaf 1 ECX: SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT RDRAND. No MONITOR: idle processors execute HLT. */
const FEATURES_ECX = bitMask(0, 9, 13, 19, 20, 23, 30);
const X2APIC = bitMask(21);
const TSC_DEADLINE = bitMask(24);
const HYPERVISOR = bitMask(HYPERVISOR_PRESENT_BIT);
/** Leaf 1 EBX 15:8: CLFLUSH line of 64 bytes, in units of 8. */
const CLFLUSH_LINE = 8 << 8;
/** Leaf 1 EDX: EBX holds the number of logical processors. */
const HTT = bitMask(28);

/**
 * Leaf 2: its only descriptor sends the reader to leaf 4. C libraries ask here first, and without an answer take caches
 * for so small that they copy a few pages with stores past the cache instead of REP MOVSB.
 */
const CACHES_IN_LEAF_4 = 0x00ff_0001;
/** Leaf 6 EAX: the local APIC's timer always runs. */
const ARAT = bitMask(2);
/** Leaf 7 EBX: FSGSBASE, TSC_ADJUST, fast REP MOVSB and STOSB; EDX: also for short ones. */
const STRUCTURED_EBX = bitMask(0, 1, 9);
const STRUCTURED_EDX = bitMask(4);
/** Leaf 80000001: LAHF in 64-bit mode; SYSCALL, NX, pages of 1 GiB, RDTSCP, long mode. */
const EXTENDED_ECX = bitMask(0);
const EXTENDED_EDX = bitMask(11, 20, 26, 27, 29);
/** Leaf 80000007 EDX: the time-stamp counter's rate never changes. */
const INVARIANT_TSC = bitMask(8);
/** Leaf 80000006 ECX: 16 ways, lines of 64 bytes. */
const SECOND_LEVEL_CACHE = (8 << 12) | 64;

const BRAND = 'Viridian virtual processor';
const BRAND_FIRST_LEAF = 0x8000_0002;
const BRAND_LAST_LEAF = 0x8000_0004;
const LINEAR_ADDRESS_BITS = 48;

/** Fills `result` for a basic or extended leaf; what is not there stays zero. */
export function baseLeaf(vp: VirtualProcessor, leaf: number, subleaf: number, result: CpuidRegisters): void {
  if (leaf >= 0x8000_0000) {
    extendedLeaf(leaf, result);
    return;
  }
  switch (leaf) {
    case 0:
      setLeaf(result, MAX_BASIC_LEAF, VENDOR.ebx, VENDOR.ecx, VENDOR.edx);
      break;
    case 1:
      processorLeaf(vp, result);
      break;
    case 2:
      setLeaf(result, CACHES_IN_LEAF_4, 0, 0, 0);
      break;
    case 4:
      cacheLeaf(vp, subleaf, result);
      break;
    case 6:
      setLeaf(result, ARAT, 0, 0, 0);
      break;
    case 7:
      if (subleaf === 0) setLeaf(result, 0, STRUCTURED_EBX, 0, STRUCTURED_EDX);
      break;
    case 0xb:
      topologyLeaf(vp, subleaf, result);
      break;
    case 0x15:
      timeStampLeaf(vp.reference, result);
      break;
    case 0x16:
      frequencyLeaf(vp.reference, result);
      break;
    default:
  }
}

function extendedLeaf(leaf: number, result: CpuidRegisters): void {
  switch (leaf) {
    case 0x8000_0000:
      setLeaf(result, MAX_EXTENDED_LEAF, 0, 0, 0);
      break;
    case 0x8000_0001:
      setLeaf(result, 0, 0, EXTENDED_ECX, EXTENDED_EDX);
      break;
    case 0x8000_0006:
      setLeaf(result, 0, 0, (SHARED_CACHE_KIB << 16) | SECOND_LEVEL_CACHE, 0);
      break;
    case 0x8000_0007:
      setLeaf(result, 0, 0, 0, INVARIANT_TSC);
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
  const { enlightened, x2apic } = vp.partition;
  const count = processorCount(vp);
  const ebx = (vp.apic.id << 24) | (Math.min(count, 255) << 16) | CLFLUSH_LINE;
  let ecx = FEATURES_ECX;
  if (x2apic) ecx |= X2APIC;
  // Enlightened guests have synthetic timers; the TLFS environment has no TSC deadline.
  ecx |= enlightened ? HYPERVISOR : TSC_DEADLINE;
  setLeaf(result, SIGNATURE, ebx, ecx, count > 1 ? FEATURES_EDX | HTT : FEATURES_EDX);
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
