/** Creating and destroying partitions, and their properties. TLFS, "Partition Management". */

import { bytes, pad, struct, u32, u64, u64capped } from '@viridian/wire';
import { hypercall } from './declaration.ts';

/** HV_PROXIMITY_DOMAIN_INFO; all zero means no preference. */
export const ProximityDomainInfo = struct('HV_PROXIMITY_DOMAIN_INFO', 8, { domainId: u32, flags: u32 });

/** `flags` of the proximity information. */
export const ProximityFlag = { PREFERRED: 1, VALID: 0x8000_0000 } as const;

/** `flags` of a new partition. */
export const CreatePartitionFlag = { LAPIC_ENABLED: 1n << 13n, X2APIC_CAPABLE: 1n << 22n } as const;

/** Input of 0x40; TLFS 2.0 has the first 16 bytes only. */
export const CreatePartitionInput = struct('HV_INPUT_CREATE_PARTITION', 56, {
  flags: u64,
  proximity: ProximityDomainInfo,
  compatibilityVersion: u32,
  reserved0: pad(4),
  disabledProcessorFeatures: bytes(16),
  disabledProcessorXsaveFeatures: u64,
  reserved1: pad(8),
});

/** Output of 0x40. */
export const CreatePartitionOutput = struct('HV_OUTPUT_CREATE_PARTITION', 8, { partitionId: u64 });

/** Input of 0x41, 0x42 and 0x43: the partition. */
export const PartitionIdInput = struct('HV_INPUT_INITIALIZE_PARTITION', 8, { partitionId: u64 });

/** HV_PARTITION_PROPERTY_CODE. */
export const PartitionProperty = {
  PRIVILEGE_FLAGS: 0x0001_0000,
  SUSPEND: 0x0002_0000,
  CPU_RESERVE: 0x0002_0001,
  CPU_CAP: 0x0002_0002,
  CPU_WEIGHT: 0x0002_0003,
  TIME_FREEZE: 0x0003_0003,
  REFERENCE_TIME: 0x0003_0005,
  PROCESSOR_VENDOR: 0x0006_0000,
  /** Read only. */
  GUEST_OS_ID: 0x0007_0000,
} as const;

/** Values of the processor vendor property. */
export const ProcessorVendor = { AMD: 0n, INTEL: 1n } as const;

/** CPU cap that means no cap, and the weight of a new partition. */
export const CPU_CAP_NONE = 0x1_0000n;
export const CPU_WEIGHT_DEFAULT = 100n;

/** Input of 0x44. */
export const GetPartitionPropertyInput = struct('HV_INPUT_GET_PARTITION_PROPERTY', 16, {
  partitionId: u64,
  propertyCode: u32,
  reserved: pad(4),
});

/** Output of 0x44. */
export const GetPartitionPropertyOutput = struct('HV_OUTPUT_GET_PARTITION_PROPERTY', 8, { value: u64 });

/** Input of 0x45. */
export const SetPartitionPropertyInput = struct('HV_INPUT_SET_PARTITION_PROPERTY', 24, {
  partitionId: u64,
  propertyCode: u32,
  reserved: pad(4),
  value: u64,
});

/** Output of 0x46. */
export const GetPartitionIdOutput = struct('HV_OUTPUT_GET_PARTITION_ID', 8, { partitionId: u64 });

/** Input of 0x47; `previousChildId` 0 asks for the first child. */
export const GetNextChildPartitionInput = struct('HV_INPUT_GET_NEXT_CHILD_PARTITION', 16, {
  parentId: u64,
  previousChildId: u64,
});

/** Output of 0x47; 0 ends the list. */
export const GetNextChildPartitionOutput = struct('HV_OUTPUT_GET_NEXT_CHILD_PARTITION', 8, {
  nextChildId: u64,
});

/** Input of 0x48; page numbers follow as elements. */
export const DepositMemoryInput = struct('HV_INPUT_DEPOSIT_MEMORY', 8, { partitionId: u64 });

/** Input of 0x49; page numbers come back as elements. */
export const WithdrawMemoryInput = struct('HV_INPUT_WITHDRAW_MEMORY', 16, {
  partitionId: u64,
  proximity: ProximityDomainInfo,
});

/** One page number, as element. */
export const GpaPageElement = struct('HV_GPA_PAGE_NUMBER', 8, { gpn: u64capped });

/** Input of 0x4A. */
export const GetMemoryBalanceInput = struct('HV_INPUT_GET_MEMORY_BALANCE', 16, {
  partitionId: u64,
  proximity: ProximityDomainInfo,
});

/** Output of 0x4A, in pages. */
export const GetMemoryBalanceOutput = struct('HV_OUTPUT_GET_MEMORY_BALANCE', 16, {
  pagesAvailable: u64capped,
  pagesInUse: u64capped,
});

/** The partition calls. */
export const PARTITION_CALLS = [
  hypercall('HvCallCreatePartition', {
    input: CreatePartitionInput,
    output: CreatePartitionOutput,
    privilege: 'CreatePartitions',
  }),
  hypercall('HvCallInitializePartition', { input: PartitionIdInput, fast: true }),
  hypercall('HvCallFinalizePartition', { input: PartitionIdInput, fast: true }),
  hypercall('HvCallDeletePartition', { input: PartitionIdInput, fast: true }),
  hypercall('HvCallGetPartitionProperty', {
    input: GetPartitionPropertyInput,
    output: GetPartitionPropertyOutput,
  }),
  hypercall('HvCallSetPartitionProperty', { input: SetPartitionPropertyInput }),
  hypercall('HvCallGetPartitionId', { output: GetPartitionIdOutput, privilege: 'AccessPartitionId' }),
  hypercall('HvCallGetNextChildPartition', {
    input: GetNextChildPartitionInput,
    output: GetNextChildPartitionOutput,
  }),
  hypercall('HvCallDepositMemory', {
    input: DepositMemoryInput,
    reps: GpaPageElement,
    privilege: 'AccessMemoryPool',
  }),
  hypercall('HvCallWithdrawMemory', {
    input: WithdrawMemoryInput,
    outputElement: GpaPageElement,
    privilege: 'AccessMemoryPool',
  }),
  hypercall('HvCallGetMemoryBalance', {
    input: GetMemoryBalanceInput,
    output: GetMemoryBalanceOutput,
    privilege: 'AccessMemoryPool',
  }),
] as const;
