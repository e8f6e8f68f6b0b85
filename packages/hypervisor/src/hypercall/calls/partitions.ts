/** Making, describing and unmaking partitions: 0x40 to 0x47. TLFS, "Partition Management". */

import {
  CreatePartitionFlag,
  CreatePartitionInput,
  CreatePartitionOutput,
  GetNextChildPartitionInput,
  GetNextChildPartitionOutput,
  GetPartitionIdOutput,
  GetPartitionPropertyInput,
  GetPartitionPropertyOutput,
  HV_PARTITION_ID_INVALID,
  HvStatus,
  PartitionIdInput,
  PrivilegeBit,
  SetPartitionPropertyInput,
} from '@viridian/protocols/tlfs';
import type { Partition } from '../../partition/partition.ts';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { childOf, proximityStatus, reservedIsZero, selfOrChildOf } from '../targets.ts';

const KNOWN_FLAGS = CreatePartitionFlag.LAPIC_ENABLED | CreatePartitionFlag.X2APIC_CAPABLE;

const createReserved = reservedIsZero(CreatePartitionInput);
const getReserved = reservedIsZero(GetPartitionPropertyInput);
const setReserved = reservedIsZero(SetPartitionPropertyInput);

// Only the root has children: a partition that was given the privilege all the same is already as deep as it gets.
function createPartition(call: CallContext): HvStatus {
  const input = CreatePartitionInput.read(call.input);
  if ((input.flags & ~KNOWN_FLAGS) !== 0n || !createReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  const proximity = proximityStatus(input.proximity.domainId, input.proximity.flags);
  if (proximity !== HvStatus.SUCCESS) return proximity;
  if (call.partition.parent !== null) return HvStatus.PARTITION_TOO_DEEP;
  const child = call.partition.hypervisor.createChild(call.partition);
  CreatePartitionOutput.write(call.output, 0, { partitionId: child.id });
  return HvStatus.SUCCESS;
}

/** The calls whose only input is a child. */
function onChild(change: (child: Partition) => HvStatus): (call: CallContext) => HvStatus {
  return (call) => {
    const child = childOf(call, PartitionIdInput.read(call.input).partitionId);
    return typeof child === 'number' ? child : change(child);
  };
}

function getProperty(call: CallContext): HvStatus {
  const input = GetPartitionPropertyInput.read(call.input);
  const partition =
    call.partition.parent === null
      ? selfOrChildOf(call, input.partitionId)
      : childOf(call, input.partitionId);
  if (typeof partition === 'number') return partition;
  if (!getReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  const value = partition.properties.get(input.propertyCode);
  if (typeof value === 'number') return value;
  GetPartitionPropertyOutput.write(call.output, 0, { value });
  return HvStatus.SUCCESS;
}

function setProperty(call: CallContext): HvStatus {
  const input = SetPartitionPropertyInput.read(call.input);
  const child = childOf(call, input.partitionId);
  if (typeof child === 'number') return child;
  if (!setReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  const managesCpus = call.partition.hasBit(PrivilegeBit.CpuManagement);
  return child.properties.set(input.propertyCode, input.value, managesCpus);
}

function getNextChild(call: CallContext): HvStatus {
  const input = GetNextChildPartitionInput.read(call.input);
  const parent = selfOrChildOf(call, input.parentId);
  if (typeof parent === 'number') return parent;
  const { children } = parent;
  let next = 0;
  if (input.previousChildId !== HV_PARTITION_ID_INVALID) {
    const previous = children.findIndex((child) => child.id === input.previousChildId);
    if (previous < 0) return HvStatus.INVALID_PARTITION_ID;
    next = previous + 1;
  }
  const nextChildId = children[next]?.id ?? HV_PARTITION_ID_INVALID;
  GetNextChildPartitionOutput.write(call.output, 0, { nextChildId });
  return HvStatus.SUCCESS;
}

/** Handlers of the partition calls. */
export const PARTITION_HANDLERS: HandlerGroup = {
  HvCallCreatePartition: createPartition,
  HvCallInitializePartition: onChild((child) => child.initialize()),
  HvCallFinalizePartition: onChild((child) => child.finalize()),
  HvCallDeletePartition: onChild((child) => child.delete()),
  HvCallGetPartitionProperty: getProperty,
  HvCallSetPartitionProperty: setProperty,
  HvCallGetPartitionId(call) {
    GetPartitionIdOutput.write(call.output, 0, { partitionId: call.partition.id });
    return HvStatus.SUCCESS;
  },
  HvCallGetNextChildPartition: getNextChild,
};
