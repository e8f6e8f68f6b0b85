/**
 * Platform detection: is there a hypervisor of this interface under us, and what does it offer?
 *
 * TLFS, "Feature and Interface Discovery". The order of the checks is the one a Linux kernel follows.
 */

import {
  CpuidLeaf,
  FeatureEdx,
  Hint,
  HYPERVISOR_PRESENT_BIT,
  hasPrivilege,
  LEAF_RANGE_END,
  type PrivilegeName,
  VENDOR_SIGNATURE,
} from '@viridian/protocols/tlfs';
import type { Cpu } from '../cpu.ts';

/** What the hypervisor's CPUID leaves say. */
export interface Platform {
  /** Privileges of this partition: leaf 0x40000003, EBX:EAX. */
  readonly privileges: bigint;
  /** Features: leaf 0x40000003, EDX. */
  readonly features: number;
  /** Recommendations: leaf 0x40000004, EAX. */
  readonly hints: number;
  readonly maxVirtualProcessors: number;
  readonly maxLeaf: number;
  /** `major.minor.build`. */
  readonly version: string;
}

/** The platform, or undefined where no such hypervisor answers. */
export function detectPlatform(cpu: Cpu): Platform | undefined {
  if (cpu.cpuid(1).ecx >>> HYPERVISOR_PRESENT_BIT === 0) return undefined;
  const vendor = cpu.cpuid(CpuidLeaf.VENDOR_AND_MAX_FUNCTION);
  const isOurs =
    vendor.ebx === VENDOR_SIGNATURE.ebx &&
    vendor.ecx === VENDOR_SIGNATURE.ecx &&
    vendor.edx === VENDOR_SIGNATURE.edx &&
    vendor.eax >= CpuidLeaf.IMPLEMENTATION_LIMITS &&
    vendor.eax <= LEAF_RANGE_END;
  if (!isOurs) return undefined;
  const features = cpu.cpuid(CpuidLeaf.FEATURES);
  const privileges = (BigInt(features.ebx) << 32n) | BigInt(features.eax);
  const mandatory: PrivilegeName[] = ['AccessHypercallMsrs', 'AccessVpIndex'];
  if (!mandatory.every((name) => hasPrivilege(privileges, name))) return undefined;
  const version = cpu.cpuid(CpuidLeaf.VERSION);
  return {
    privileges,
    features: features.edx,
    hints: cpu.cpuid(CpuidLeaf.ENLIGHTENMENT_INFO).eax,
    maxVirtualProcessors: cpu.cpuid(CpuidLeaf.IMPLEMENTATION_LIMITS).eax,
    maxLeaf: vendor.eax,
    version: `${version.ebx >>> 16}.${version.ebx & 0xffff}.${version.eax}`,
  };
}

/** The lines that a booting kernel prints about its platform. */
export function describePlatform(platform: Platform): string[] {
  const low = Number(platform.privileges & 0xffff_ffffn);
  const high = Number(platform.privileges >> 32n);
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const lines = [
    'Hypervisor detected: Microsoft Hyper-V',
    `Hyper-V: privilege flags low ${hex(low)}, high ${hex(high)}, hints ${hex(platform.hints)}, misc ${hex(platform.features)}`,
    `Hyper-V: Host Build ${platform.version}, at most ${platform.maxVirtualProcessors} virtual processors`,
  ];
  if ((platform.hints & Hint.REMOTE_TLB_FLUSH) !== 0)
    lines.push('Hyper-V: Using hypercall for remote TLB flush');
  if ((platform.hints & Hint.CLUSTER_IPI) !== 0) lines.push('Hyper-V: Using IPI hypercalls');
  if ((platform.features & FeatureEdx.DIRECT_SYNTHETIC_TIMERS) !== 0) {
    lines.push('Hyper-V: Synthetic timers interrupt directly');
  }
  return lines;
}
