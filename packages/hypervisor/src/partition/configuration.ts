/** What a partition is offered: privileges, features and hints, as its CPUID leaves show them. TLFS, "Feature and Interface Discovery". */

import { CHILD_PRIVILEGES, FeatureEdx, Hint, privilegeMask } from '@viridian/protocols/tlfs';

/** Everything that can be switched per partition before it runs. */
export interface PartitionOffer {
  /** EAX and EBX of leaf 0x40000003: what is off is neither advertised nor callable. */
  readonly privileges: bigint;
  /** EDX of leaf 0x40000003, masks of `FeatureEdx`. */
  readonly features: number;
  /** EAX of leaf 0x40000004, masks of `Hint`. */
  readonly hints: number;
  /** Result of HvExtCallQueryCapabilities, masks of `ExtendedCapability`. */
  readonly extendedCapabilities: bigint;
  /**
   * False hides the hypervisor: no hypervisor bit and leaves in CPUID, its MSRs are #GP, hypercalls #UD. The guest finds
   * a plain PC.
   */
  readonly enlightened: boolean;
  /** The local APIC has its x2APIC mode. */
  readonly x2apic: boolean;
  /** What an access to an MSR leads to that nobody has: #GP, or a read of zero and a write without effect. */
  readonly unknownMsrs: 'fault' | 'zero';
}

const FEATURES =
  FeatureEdx.GUEST_IDLE_STATE |
  FeatureEdx.FREQUENCY_REGISTERS |
  FeatureEdx.CRASH_REGISTERS |
  FeatureEdx.DIRECT_SYNTHETIC_TIMERS;

const HINTS =
  Hint.REMOTE_TLB_FLUSH |
  Hint.APIC_MSRS |
  Hint.RELAXED_TIMING |
  Hint.DEPRECATE_AUTO_EOI |
  Hint.CLUSTER_IPI |
  Hint.EX_PROCESSOR_MASKS;

/** An ordinary child: what suits an unmodified Linux. */
export const CHILD_OFFER: PartitionOffer = {
  privileges: CHILD_PRIVILEGES,
  features: FEATURES,
  hints: HINTS,
  extendedCapabilities: 0n,
  enlightened: true,
  x2apic: false,
  unknownMsrs: 'fault',
};

/** The root: an ordinary child that may also build and run partitions. */
export const ROOT_OFFER: PartitionOffer = {
  ...CHILD_OFFER,
  privileges:
    CHILD_PRIVILEGES |
    privilegeMask(
      'CreatePartitions',
      'AccessPartitionId',
      'AccessMemoryPool',
      'CreatePort',
      'ConnectPort',
      'CpuManagement',
      'AccessVpRegisters',
    ),
};
