/** Hypercall numbers. TLFS, appendix "Hypercall Code Reference". */

/** Call code by name. Unlisted codes are answered HV_STATUS_INVALID_HYPERCALL_CODE. */
export const HypercallCode = {
  HvCallFlushVirtualAddressSpace: 0x0002,
  HvCallFlushVirtualAddressList: 0x0003,
  HvCallNotifyLongSpinWait: 0x0008,
  HvCallSendSyntheticClusterIpi: 0x000b,
  HvCallFlushVirtualAddressSpaceEx: 0x0013,
  HvCallFlushVirtualAddressListEx: 0x0014,
  HvCallSendSyntheticClusterIpiEx: 0x0015,
  HvCallCreatePartition: 0x0040,
  HvCallInitializePartition: 0x0041,
  HvCallFinalizePartition: 0x0042,
  HvCallDeletePartition: 0x0043,
  HvCallGetPartitionProperty: 0x0044,
  HvCallSetPartitionProperty: 0x0045,
  HvCallGetPartitionId: 0x0046,
  HvCallGetNextChildPartition: 0x0047,
  HvCallDepositMemory: 0x0048,
  HvCallWithdrawMemory: 0x0049,
  HvCallGetMemoryBalance: 0x004a,
  HvCallMapGpaPages: 0x004b,
  HvCallUnmapGpaPages: 0x004c,
  HvCallInstallIntercept: 0x004d,
  HvCallCreateVp: 0x004e,
  HvCallDeleteVp: 0x004f,
  HvCallGetVpRegisters: 0x0050,
  HvCallSetVpRegisters: 0x0051,
  HvCallTranslateVirtualAddress: 0x0052,
  HvCallReadGpa: 0x0053,
  HvCallWriteGpa: 0x0054,
  HvCallClearVirtualInterrupt: 0x0056,
  HvCallDeletePort: 0x0058,
  HvCallGetPortProperty: 0x005a,
  HvCallDisconnectPort: 0x005b,
  HvCallPostMessage: 0x005c,
  HvCallSignalEvent: 0x005d,
  HvCallMapSparseGpaPages: 0x006e,
  HvCallSetPortProperty: 0x0070,
  HvCallRetargetDeviceInterrupt: 0x007e,
  HvCallAssertVirtualInterrupt: 0x0094,
  HvCallCreatePort: 0x0095,
  HvCallConnectPort: 0x0096,
  HvCallSignalEventDirect: 0x00c0,
  HvExtCallQueryCapabilities: 0x8001,
  HvExtCallMemoryHeatHint: 0x8003,
} as const;

/** A hypercall by the specification's name. */
export type HypercallName = keyof typeof HypercallCode;

/** Extended hypercalls begin here; EnableExtendedHypercalls guards them. */
export const EXTENDED_HYPERCALL_BASE = 0x8000;
