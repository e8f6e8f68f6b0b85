/** Extended hypercalls. TLFS, "Extended Hypercall Interface"; used by the balloon driver of Linux. */

import { bits, struct, u64 } from '@viridian/wire';
import { hypercall } from './declaration.ts';

/** Output of 0x8001: a mask of `ExtendedCapability`. */
export const ExtQueryCapabilitiesOutput = struct('HV_OUTPUT_EXT_QUERY_CAPABILITIES', 8, {
  capabilities: u64,
});

/** Capabilities of 0x8001. */
export const ExtendedCapability = {
  BOOT_ZEROED_MEMORY: 1n << 0n,
  MEMORY_HEAT_HINT: 1n << 1n,
  MEMORY_COLD_DISCARD_HINT: 1n << 8n,
} as const;

/** Header of 0x8003: the type in bits 1:0. */
export const MemoryHeatHint = bits(u64, { type: [0, 2] });

/** `type` of a heat hint: the pages may be discarded. */
export const HEAT_HINT_COLD_DISCARD = 2;

/** Element of 0x8003: large pages only, `pageSize` 0 stands for 2 MiB. */
export const GpaPageRange2M = bits(u64, {
  additionalPages: [0, 11],
  largePage: [11, 1],
  pageSize: [12, 1],
  pageNumber: [21, 43],
});

/** The extended calls. */
export const EXTENDED_CALLS = [
  hypercall('HvExtCallQueryCapabilities', {
    output: ExtQueryCapabilitiesOutput,
    privilege: 'EnableExtendedHypercalls',
  }),
  hypercall('HvExtCallMemoryHeatHint', {
    input: MemoryHeatHint,
    reps: GpaPageRange2M,
    privilege: 'EnableExtendedHypercalls',
  }),
] as const;
