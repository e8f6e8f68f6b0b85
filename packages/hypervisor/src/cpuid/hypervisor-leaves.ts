/** The hypervisor's own CPUID leaves, generated from what the partition is offered. TLFS, "Feature and Interface Discovery". */

import {
  CpuidLeaf,
  INTERFACE_SIGNATURE,
  MAXIMUM_LEAF,
  SPIN_RETRIES_NEVER,
  VENDOR_SIGNATURE,
} from '@viridian/protocols/tlfs';
import type { Partition } from '../partition/partition.ts';
import { MAX_VPS } from '../partition/partition.ts';
import { type CpuidRegisters, setLeaf } from './cpuid.ts';

/** What leaf 0x40000002 tells: the interface generation of TLFS 6, and a build number of our own. */
const VERSION_MAJOR = 10;
const VERSION_MINOR = 0;
const BUILD_NUMBER = 1;

/** Fills `result` for a leaf from 0x40000000 on; the same on every VP. Leaves without contents stay zero. */
export function hypervisorLeaf(partition: Partition, leaf: number, result: CpuidRegisters): void {
  switch (leaf) {
    case CpuidLeaf.VENDOR_AND_MAX_FUNCTION:
      setLeaf(result, MAXIMUM_LEAF, VENDOR_SIGNATURE.ebx, VENDOR_SIGNATURE.ecx, VENDOR_SIGNATURE.edx);
      break;
    case CpuidLeaf.INTERFACE:
      setLeaf(result, INTERFACE_SIGNATURE, 0, 0, 0);
      break;
    case CpuidLeaf.VERSION:
      setLeaf(result, BUILD_NUMBER, (VERSION_MAJOR << 16) | VERSION_MINOR, 0, 0);
      break;
    case CpuidLeaf.FEATURES:
      setLeaf(
        result,
        Number(partition.privileges & 0xffff_ffffn),
        Number(partition.privileges >> 32n),
        0,
        partition.features,
      );
      break;
    case CpuidLeaf.ENLIGHTENMENT_INFO:
      setLeaf(result, partition.hints, SPIN_RETRIES_NEVER, 0, 0);
      break;
    case CpuidLeaf.IMPLEMENTATION_LIMITS:
      setLeaf(result, MAX_VPS, MAX_VPS, 0, 0);
      break;
    default:
      break;
  }
}
