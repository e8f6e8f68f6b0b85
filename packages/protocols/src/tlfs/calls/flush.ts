/** Flushing virtual address translations. TLFS, "Virtual MMU and Caching". */

import { bits, halves, struct, u64, u64capped } from '@viridian/wire';
import { hypercall } from './declaration.ts';

/** HV_FLUSH_FLAGS; all other bits are an invalid parameter. */
export const FlushFlag = {
  /** The processor mask is ignored. */
  ALL_PROCESSORS: 1 << 0,
  /** The address space is ignored. */
  ALL_VIRTUAL_ADDRESS_SPACES: 1 << 1,
  /** Not for lists. */
  NON_GLOBAL_MAPPINGS_ONLY: 1 << 2,
  /** Needs the extended GVA range feature. */
  USE_EXTENDED_RANGE_FORMAT: 1 << 3,
} as const;

/** Input of 0x02, header of 0x03. `addressSpace` is a CR3 value; the mask names VP indexes. */
export const FlushVirtualAddressInput = struct('HV_INPUT_FLUSH_VIRTUAL_ADDRESS_SPACE', 24, {
  addressSpace: u64capped,
  ...halves('flags'),
  ...halves('processorMask'),
});

/** Fixed header of 0x13 and 0x14; banks follow as variable header. */
export const FlushVirtualAddressExInput = struct('HV_INPUT_FLUSH_VIRTUAL_ADDRESS_SPACE_EX', 32, {
  addressSpace: u64capped,
  ...halves('flags'),
  vpSetFormat: u64capped,
  ...halves('bankMask'),
});

/** Element of the list calls: a page and how many further pages follow it. */
export const GvaRange = bits(u64, { additionalPages: [0, 12], pageNumber: [12, 52] });

/** The flush calls. */
export const FLUSH_CALLS = [
  hypercall('HvCallFlushVirtualAddressSpace', { input: FlushVirtualAddressInput }),
  hypercall('HvCallFlushVirtualAddressList', { input: FlushVirtualAddressInput, reps: GvaRange }),
  hypercall('HvCallFlushVirtualAddressSpaceEx', { input: FlushVirtualAddressExInput, variableHeader: true }),
  hypercall('HvCallFlushVirtualAddressListEx', {
    input: FlushVirtualAddressExInput,
    reps: GvaRange,
    variableHeader: true,
  }),
] as const;
