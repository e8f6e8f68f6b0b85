/** Bit layouts of synthetic MSR values. TLFS, chapters of the respective registers. */

import { bits, u32, u64 } from '@viridian/wire';

/** HV_X64_MSR_HYPERCALL. `gpn` is the page number of the hypercall page. */
export const HypercallMsr = bits(u64, { enable: [0, 1], locked: [1, 1], gpn: [12, 52] });

/** HV_X64_MSR_SIMP, SIEFP, REFERENCE_TSC, VP_ASSIST_PAGE: an enable bit and the page number of an overlay. */
export const OverlayPageMsr = bits(u64, { enable: [0, 1], gpn: [12, 52] });

/** HV_X64_MSR_SCONTROL. */
export const ScontrolMsr = bits(u64, { enable: [0, 1] });

/** HV_X64_MSR_SINTn. */
export const SintMsr = bits(u64, { vector: [0, 8], masked: [16, 1], autoEoi: [17, 1], polling: [18, 1] });

/** Value of SINTn after reset: masked, vector 0. */
export const SINT_RESET = 0x1_0000;

/** Lowest vector that an unmasked SINT may have. */
export const SINT_LOWEST_VECTOR = 16;

/** HV_X64_MSR_SVERSION reads this. */
export const SYNIC_VERSION = 1;

/** HV_X64_MSR_RESET: writing 1 to `reset` resets the partition. */
export const ResetMsr = bits(u64, { reset: [0, 1] });

/** HV_X64_MSR_STIMERn_CONFIG. `apicVector` counts in direct mode only, `sint` in message mode only. */
export const StimerConfig = bits(u64, {
  enable: [0, 1],
  periodic: [1, 1],
  lazy: [2, 1],
  autoEnable: [3, 1],
  apicVector: [4, 8],
  direct: [12, 1],
  sint: [16, 4],
});

/** The low half of HV_X64_MSR_STIMERn_CONFIG, all that is defined, for paths without bigint. */
export const StimerConfigLow = bits(u32, StimerConfig.layout);

/** Synthetic timers per VP. */
export const STIMER_COUNT = 4;

/** CONFIG that Linux writes for a direct stimer0: auto-enable, direct, vector 0xED; enable follows by COUNT. */
export const STIMER_CONFIG_LINUX_DIRECT = 0x1ed9;

/** HV_X64_MSR_CRASH_CTL. */
export const CrashControl = { CRASH_MESSAGE: 1n << 62n, CRASH_NOTIFY: 1n << 63n } as const;

/** What HV_X64_MSR_CRASH_CTL reads: both ways of reporting are offered. */
export const CRASH_CTL_CAPABILITIES = 0xc000_0000_0000_0000n;

/** Crash parameter registers P0..P4. */
export const CRASH_PARAMETER_COUNT = 5;

/** Longest crash text that P4 may announce. */
export const CRASH_MESSAGE_MAX_BYTES = 4096;

/** HV_X64_MSR_GUEST_OS_ID as Linux composes it: open-source bit, OS type 1, version in 47:16. */
export const GUEST_OS_ID_LINUX = 0x8100_0000_0000_0000n;
