/** Pages shared with the guest: reference TSC page and VP assist page. TLFS, "Timers" and "Virtual Interrupt Control". */

import { bytes, pad, s64, struct, u8, u32, u64 } from '@viridian/wire';

/**
 * HV_REFERENCE_TSC_PAGE, first 24 bytes; the rest of the page is zero.
 * time = ((tsc * scale) >> 64) + offset while the sequence is valid.
 */
export const ReferenceTscPage = struct('HV_REFERENCE_TSC_PAGE', 24, {
  tscSequence: u32,
  reserved: pad(4),
  tscScale: u64,
  tscOffset: s64,
});

/** Sequence that sends readers to HV_X64_MSR_TIME_REF_COUNT instead. */
export const TSC_SEQUENCE_INVALID = 0;

/** Ticks of reference time per second. */
export const REFERENCE_TIME_HZ = 10_000_000;

/** HV_VP_ASSIST_PAGE, the defined part. */
export const VpAssistPage = struct('HV_VP_ASSIST_PAGE', 56, {
  apicAssist: u32,
  reserved0: pad(4),
  vtlControl: bytes(24),
  nestedEnlightenmentsControl: u64,
  enlightenVmEntry: u8,
  reserved1: pad(7),
  currentNestedVmcs: u64,
});

/** Bit 0 of `apicAssist`: the next EOI need not be written. */
export const APIC_ASSIST_NO_EOI = 1;
