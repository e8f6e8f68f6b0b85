/** Memory lent to the hypervisor for a partition: 0x48, 0x49, 0x4A. TLFS, "Partition Memory Pools". */

import {
  DepositMemoryInput,
  GetMemoryBalanceInput,
  GetMemoryBalanceOutput,
  GpaPageElement,
  HvStatus,
  WithdrawMemoryInput,
} from '@viridian/protocols/tlfs';
import { GpaAccess } from '../../partition/gpa-space.ts';
import type { Partition } from '../../partition/partition.ts';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { childOf, proximityStatus, selfOrChildOf } from '../targets.ts';

const element = GpaPageElement.on(new DataView(new ArrayBuffer(GpaPageElement.size)));

/** A page of the caller can be lent when the caller has all rights to it and nobody else any. */
function depositOne(call: CallContext, target: Partition, gpn: number): HvStatus {
  const { gpa, hypervisor } = call.partition;
  if (gpn >= gpa.pageCount) return HvStatus.INVALID_PARAMETER;
  if (gpa.isOverlay(gpn) || gpa.access(gpn) !== GpaAccess.ALL) return HvStatus.OPERATION_DENIED;
  const systemPage = gpa.systemPage(gpn);
  if (hypervisor.owners.mappings(systemPage) > 0) return HvStatus.OPERATION_DENIED;
  hypervisor.moveToPool(systemPage, target);
  return HvStatus.SUCCESS;
}

function deposit(call: CallContext): HvStatus {
  const target = selfOrChildOf(call, DepositMemoryInput.read(call.input).partitionId);
  if (typeof target === 'number') return target;
  // Children's pages are mapped by the root too: only the root can be the sole owner of a page.
  if (call.partition.parent !== null) return HvStatus.OPERATION_DENIED;
  if (target.state !== 'uninitialized' && target.state !== 'active') return HvStatus.INVALID_PARTITION_STATE;
  for (let i = call.repStart; i < call.repCount; i++) {
    element.view = call.input;
    element.at = call.inputElement(i);
    const status = depositOne(call, target, element.gpn);
    if (status !== HvStatus.SUCCESS) return status;
    call.repsDone = i + 1;
  }
  return HvStatus.SUCCESS;
}

function withdraw(call: CallContext): HvStatus {
  const input = WithdrawMemoryInput.read(call.input);
  const target = selfOrChildOf(call, input.partitionId);
  if (typeof target === 'number') return target;
  if (call.partition.parent !== null) return HvStatus.OPERATION_DENIED;
  const proximity = proximityStatus(input.proximity.domainId, input.proximity.flags);
  if (proximity !== HvStatus.SUCCESS) return proximity;
  for (let i = call.repStart; i < call.repCount; i++) {
    const page = call.partition.hypervisor.takeFromPool(target);
    if (page < 0) return HvStatus.NO_RESOURCES;
    element.view = call.output;
    element.at = call.outputElement(i);
    element.gpn = page;
    call.repsDone = i + 1;
  }
  return HvStatus.SUCCESS;
}

function balance(call: CallContext): HvStatus {
  const input = GetMemoryBalanceInput.read(call.input);
  const target =
    call.partition.parent === null
      ? selfOrChildOf(call, input.partitionId)
      : childOf(call, input.partitionId);
  if (typeof target === 'number') return target;
  const proximity = proximityStatus(input.proximity.domainId, input.proximity.flags);
  if (proximity !== HvStatus.SUCCESS) return proximity;
  const { available, inUse } = target.pool;
  GetMemoryBalanceOutput.write(call.output, 0, { pagesAvailable: available, pagesInUse: inUse });
  return HvStatus.SUCCESS;
}

/** Handlers of the memory pool calls. */
export const MEMORY_POOL_HANDLERS: HandlerGroup = {
  HvCallDepositMemory: deposit,
  HvCallWithdrawMemory: withdraw,
  HvCallGetMemoryBalance: balance,
};
