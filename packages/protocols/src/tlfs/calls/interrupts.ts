/** Interrupts asked for by hypercall. TLFS, "Virtual Interrupt Control"; pci-hyperv for the retarget call. */

import { halves, pad, struct, u8, u32, u64, u64capped } from '@viridian/wire';
import { hypercall } from './declaration.ts';

/** Input of 0x0B. Always fixed delivery, edge, by VP index; vector 0x10..0xFF. */
export const SendSyntheticClusterIpiInput = struct('HV_INPUT_SEND_SYNTHETIC_CLUSTER_IPI', 16, {
  vector: u32,
  targetVtl: u8,
  reserved0: u8,
  reserved1: u8,
  reserved2: u8,
  ...halves('processorMask'),
});

/** Fixed header of 0x15; banks follow as variable header. */
export const SendSyntheticClusterIpiExInput = struct('HV_INPUT_SEND_SYNTHETIC_CLUSTER_IPI_EX', 24, {
  vector: u32,
  targetVtl: u8,
  reserved0: u8,
  reserved1: u8,
  reserved2: u8,
  vpSetFormat: u64capped,
  ...halves('bankMask'),
});

/** Lowest and highest vector of a synthetic cluster IPI. */
export const IPI_VECTORS = { LOWEST: 0x10, HIGHEST: 0xff } as const;

/** Input of 0x08. */
export const NotifyLongSpinWaitInput = struct('HV_INPUT_NOTIFY_LONG_SPIN_WAIT', 8, {
  spinCount: u32,
  reserved: pad(4),
});

/** Interrupt source of a retarget call: MSI. */
export const INTERRUPT_SOURCE_MSI = 1;

/** `targetFlags` of a retarget call. */
export const RetargetFlag = { MULTICAST: 1, PROCESSOR_SET: 2 } as const;

/**
 * Fixed header of 0x7E. With PROCESSOR_SET the last quadword is a set format and the variable header holds
 * bank mask and banks, otherwise it is a VP mask.
 */
export const RetargetDeviceInterruptInput = struct('HV_INPUT_RETARGET_DEVICE_INTERRUPT', 56, {
  partitionId: u64,
  deviceId: u64,
  interruptSource: u32,
  reserved0: pad(4),
  msiAddress: u32,
  msiData: u32,
  reserved1: pad(8),
  vector: u32,
  targetFlags: u32,
  ...halves('maskOrFormat'),
});

/** Type of an asserted virtual interrupt. */
export const VirtualInterruptType = {
  FIXED: 0,
  LOWEST_PRIORITY: 1,
  NMI: 4,
  INIT: 5,
  SIPI: 6,
  EXTINT: 7,
} as const;

/** `flags` of an asserted virtual interrupt. */
export const VirtualInterruptFlag = { LEVEL: 1, LOGICAL_DESTINATION: 2 } as const;

/** Vector that takes a level-triggered line back. */
export const VIRTUAL_INTERRUPT_DEASSERT = 0xffff_ffff;

/** Input of 0x94. */
export const AssertVirtualInterruptInput = struct('HV_INPUT_ASSERT_VIRTUAL_INTERRUPT', 32, {
  partitionId: u64,
  interruptType: u32,
  flags: u32,
  destination: u64capped,
  vector: u32,
  targetVtl: u8,
  reserved: pad(3),
});

/** Input of 0x56. */
export const ClearVirtualInterruptInput = struct('HV_INPUT_CLEAR_VIRTUAL_INTERRUPT', 8, { partitionId: u64 });

/** The interrupt calls. */
export const INTERRUPT_CALLS = [
  hypercall('HvCallNotifyLongSpinWait', { input: NotifyLongSpinWaitInput, fast: true }),
  hypercall('HvCallSendSyntheticClusterIpi', { input: SendSyntheticClusterIpiInput, fast: true }),
  hypercall('HvCallSendSyntheticClusterIpiEx', {
    input: SendSyntheticClusterIpiExInput,
    variableHeader: true,
  }),
  hypercall('HvCallRetargetDeviceInterrupt', { input: RetargetDeviceInterruptInput, variableHeader: true }),
  hypercall('HvCallAssertVirtualInterrupt', { input: AssertVirtualInterruptInput }),
  hypercall('HvCallClearVirtualInterrupt', { input: ClearVirtualInterruptInput, fast: true }),
] as const;
