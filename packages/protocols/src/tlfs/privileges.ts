/** Partition privileges. TLFS, "Partition Management", HV_PARTITION_PRIVILEGE_MASK. */

/** Bit of each privilege in the 64-bit mask; CPUID shows bits 31:0 in EAX and 63:32 in EBX of leaf 0x40000003. */
export const PrivilegeBit = {
  AccessVpRunTimeReg: 0,
  AccessPartitionReferenceCounter: 1,
  AccessSynicRegs: 2,
  AccessSyntheticTimerRegs: 3,
  AccessIntrCtrlRegs: 4,
  AccessHypercallMsrs: 5,
  AccessVpIndex: 6,
  AccessResetReg: 7,
  AccessStatsReg: 8,
  AccessPartitionReferenceTsc: 9,
  AccessGuestIdleReg: 10,
  AccessFrequencyRegs: 11,
  AccessDebugRegs: 12,
  AccessReenlightenmentControls: 13,
  AccessRootSchedulerReg: 14,
  AccessTscInvariantControls: 15,
  CreatePartitions: 32,
  AccessPartitionId: 33,
  AccessMemoryPool: 34,
  PostMessages: 36,
  SignalEvents: 37,
  CreatePort: 38,
  ConnectPort: 39,
  AccessStats: 40,
  Debugging: 43,
  CpuManagement: 44,
  AccessVSM: 48,
  AccessVpRegisters: 49,
  EnableExtendedHypercalls: 52,
  StartVirtualProcessor: 53,
  Isolation: 54,
} as const;

/** A privilege by the specification's name. */
export type PrivilegeName = keyof typeof PrivilegeBit;

/** The mask with these privileges. */
export function privilegeMask(...names: readonly PrivilegeName[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(PrivilegeBit[name])), 0n);
}

/** Each privilege as a one-bit mask. */
export const Privilege: Readonly<Record<PrivilegeName, bigint>> = Object.fromEntries(
  Object.entries(PrivilegeBit).map(([name, bit]) => [name, 1n << BigInt(bit)]),
) as Record<PrivilegeName, bigint>;

/** Whether `mask` holds the privilege. */
export function hasPrivilege(mask: bigint, name: PrivilegeName): boolean {
  return ((mask >> BigInt(PrivilegeBit[name])) & 1n) !== 0n;
}

/** The names of the privileges in `mask`, lowest bit first. */
export function privilegeNames(mask: bigint): PrivilegeName[] {
  return (Object.keys(PrivilegeBit) as PrivilegeName[]).filter((name) => hasPrivilege(mask, name));
}

/**
 * What an ordinary child gets. Not in it on purpose: CpuManagement makes Linux a root partition,
 * AccessPartitionId makes Linux 6.1 fault, AccessTscInvariantControls takes the reference TSC page away.
 */
export const CHILD_PRIVILEGES = 0x0000_0030_0000_0effn;
