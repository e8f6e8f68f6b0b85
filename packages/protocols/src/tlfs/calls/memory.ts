/** Mapping and touching guest physical memory. TLFS, "Guest Physical Address Spaces". */

import { bytes, halves, pad, struct, u32, u64, u64capped } from '@viridian/wire';
import { hypercall } from './declaration.ts';
import { GpaPageElement } from './partitions.ts';

/** HV_MAP_GPA_FLAGS. Legal combinations of access: none, R, RW, RX, RWX. */
export const MapGpaFlag = {
  READABLE: 1,
  WRITABLE: 2,
  KERNEL_EXECUTABLE: 4,
  USER_EXECUTABLE: 8,
  LARGE_PAGE: 0x8000_0000,
} as const;

/** Header of 0x4B; source page numbers follow as elements. */
export const MapGpaPagesInput = struct('HV_INPUT_MAP_GPA_PAGES', 24, {
  targetPartitionId: u64,
  targetGpnBase: u64capped,
  mapFlags: u32,
  reserved: pad(4),
});

/** Header of 0x4C; no elements, the rep count is the number of pages. */
export const UnmapGpaPagesInput = struct('HV_INPUT_UNMAP_GPA_PAGES', 24, {
  targetPartitionId: u64,
  targetGpnBase: u64capped,
  unmapFlags: u32,
  reserved: pad(4),
});

/** Header of 0x6E. */
export const MapSparseGpaPagesInput = struct('HV_INPUT_MAP_SPARSE_GPA_PAGES', 16, {
  targetPartitionId: u64,
  mapFlags: u32,
  reserved: pad(4),
});

/** Element of 0x6E. */
export const SparseGpaPageElement = struct('HV_SPARSE_GPA_PAGE_MAPPING', 16, {
  targetGpn: u64capped,
  sourceGpn: u64capped,
});

/** `controlFlags` of a translation; at least one of the first three. */
export const TranslateGvaFlag = {
  VALIDATE_READ: 1 << 0,
  VALIDATE_WRITE: 1 << 1,
  VALIDATE_EXECUTE: 1 << 2,
  PRIVILEGE_EXEMPT: 1 << 3,
  SET_PAGE_TABLE_BITS: 1 << 4,
  TLB_FLUSH_INHIBIT: 1 << 5,
} as const;

/** Input of 0x52. `gvaPage` is a virtual page number. */
export const TranslateVirtualAddressInput = struct('HV_INPUT_TRANSLATE_VIRTUAL_ADDRESS', 32, {
  partitionId: u64,
  vpIndex: u32,
  reserved: pad(4),
  ...halves('controlFlags'),
  gvaPage: u64capped,
});

/** HV_TRANSLATE_GVA_RESULT_CODE. */
export const TranslateGvaResult = {
  SUCCESS: 0,
  PAGE_NOT_PRESENT: 1,
  PRIVILEGE_VIOLATION: 2,
  INVALID_PAGE_TABLE_FLAGS: 3,
  GPA_UNMAPPED: 4,
  GPA_NO_READ_ACCESS: 5,
  GPA_NO_WRITE_ACCESS: 6,
  GPA_ILLEGAL_OVERLAY_ACCESS: 7,
} as const;

/** Output of 0x52. `attributes`: bits 7:0 cache type, bit 8 the page is an overlay. */
export const TranslateVirtualAddressOutput = struct('HV_OUTPUT_TRANSLATE_VIRTUAL_ADDRESS', 16, {
  resultCode: u32,
  attributes: u32,
  gpn: u64capped,
});

/** Set in `attributes` of a translation that ends on an overlay page. */
export const TRANSLATE_GVA_OVERLAY_PAGE = 0x100;

/** Input of 0x53. `byteCount` 1 to 16, within one page. `control`: bits 7:0 cache type. */
export const ReadGpaInput = struct('HV_INPUT_READ_GPA', 32, {
  partitionId: u64,
  vpIndex: u32,
  byteCount: u32,
  baseGpa: u64capped,
  ...halves('control'),
});

/** HV_ACCESS_GPA_RESULT_CODE. */
export const AccessGpaResult = {
  SUCCESS: 0,
  GPA_UNMAPPED: 1,
  GPA_READ_INTERCEPT: 2,
  GPA_WRITE_INTERCEPT: 3,
  GPA_ILLEGAL_OVERLAY_ACCESS: 4,
} as const;

/** Output of 0x53. */
export const ReadGpaOutput = struct('HV_OUTPUT_READ_GPA', 24, {
  resultCode: u32,
  reserved: pad(4),
  data: bytes(16),
});

/** Input of 0x54. */
export const WriteGpaInput = struct('HV_INPUT_WRITE_GPA', 48, {
  partitionId: u64,
  vpIndex: u32,
  byteCount: u32,
  baseGpa: u64capped,
  ...halves('control'),
  data: bytes(16),
});

/** Output of 0x54. */
export const WriteGpaOutput = struct('HV_OUTPUT_WRITE_GPA', 8, { resultCode: u32, reserved: pad(4) });

/** Most bytes that one 0x53 or 0x54 moves. */
export const ACCESS_GPA_MAX_BYTES = 16;

/** The memory calls. */
export const MEMORY_CALLS = [
  hypercall('HvCallMapGpaPages', { input: MapGpaPagesInput, reps: GpaPageElement }),
  hypercall('HvCallUnmapGpaPages', { input: UnmapGpaPagesInput, reps: null }),
  hypercall('HvCallMapSparseGpaPages', { input: MapSparseGpaPagesInput, reps: SparseGpaPageElement }),
  hypercall('HvCallTranslateVirtualAddress', {
    input: TranslateVirtualAddressInput,
    output: TranslateVirtualAddressOutput,
  }),
  hypercall('HvCallReadGpa', { input: ReadGpaInput, output: ReadGpaOutput }),
  hypercall('HvCallWriteGpa', { input: WriteGpaInput, output: WriteGpaOutput }),
] as const;
