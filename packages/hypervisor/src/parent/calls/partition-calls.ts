/** The calls that make, describe and unmake partitions. TLFS, "Partition Management" and "Memory Pool". */

import {
  CreatePartitionInput,
  CreatePartitionOutput,
  DepositMemoryInput,
  GetMemoryBalanceInput,
  GetMemoryBalanceOutput,
  GetNextChildPartitionInput,
  GetNextChildPartitionOutput,
  GetPartitionIdOutput,
  GetPartitionPropertyInput,
  GetPartitionPropertyOutput,
  GpaPageElement,
  HvStatus,
  HypercallCode,
  SetPartitionPropertyInput,
  WithdrawMemoryInput,
} from '@viridian/protocols/tlfs';
import { demand } from '../hypercall-error.ts';
import type { HypercallGate } from '../hypercall-gate.ts';

/** Elements of one deposit: what fits behind the header. */
const DEPOSIT_ELEMENTS = 511;
/** Elements of one withdrawal: a page of output. */
const WITHDRAW_ELEMENTS = 512;

const MASK_32 = 0xffff_ffffn;

/** HvCallCreatePartition: the id of a new, uninitialized child. */
export function createPartition(gate: HypercallGate, flags: bigint): bigint {
  return gate.withoutInterrupts(() => {
    CreatePartitionInput.write(gate.input, 0, { flags });
    demand(HypercallCode.HvCallCreatePartition, gate.slow(HypercallCode.HvCallCreatePartition));
    return CreatePartitionOutput.read(gate.output).partitionId;
  });
}

/** HvCallInitializePartition, HvCallFinalizePartition or HvCallDeletePartition. */
export function changeState(
  gate: HypercallGate,
  call:
    | typeof HypercallCode.HvCallInitializePartition
    | typeof HypercallCode.HvCallFinalizePartition
    | typeof HypercallCode.HvCallDeletePartition,
  partitionId: bigint,
): void {
  demand(call, gate.fast(call, Number(partitionId & MASK_32), Number(partitionId >> 32n)));
}

/** HvCallGetPartitionProperty. */
export function getProperty(gate: HypercallGate, partitionId: bigint, propertyCode: number): bigint {
  return gate.withoutInterrupts(() => {
    GetPartitionPropertyInput.write(gate.input, 0, { partitionId, propertyCode });
    const call = HypercallCode.HvCallGetPartitionProperty;
    demand(call, gate.slow(call));
    return GetPartitionPropertyOutput.read(gate.output).value;
  });
}

/** HvCallSetPartitionProperty. */
export function setProperty(
  gate: HypercallGate,
  partitionId: bigint,
  propertyCode: number,
  value: bigint,
): void {
  SetPartitionPropertyInput.write(gate.input, 0, { partitionId, propertyCode, value });
  const call = HypercallCode.HvCallSetPartitionProperty;
  demand(call, gate.slow(call));
}

/** HvCallGetPartitionId: our own id. */
export function getPartitionId(gate: HypercallGate): bigint {
  return gate.withoutInterrupts(() => {
    const call = HypercallCode.HvCallGetPartitionId;
    demand(call, gate.slow(call));
    return GetPartitionIdOutput.read(gate.output).partitionId;
  });
}

/** HvCallGetNextChildPartition: the child after `previousChildId` (0n for the first), 0n at the end. */
export function nextChild(gate: HypercallGate, parentId: bigint, previousChildId: bigint): bigint {
  return gate.withoutInterrupts(() => {
    GetNextChildPartitionInput.write(gate.input, 0, { parentId, previousChildId });
    const call = HypercallCode.HvCallGetNextChildPartition;
    demand(call, gate.slow(call));
    return GetNextChildPartitionOutput.read(gate.output).nextChildId;
  });
}

/** HvCallDepositMemory: the pages leave our reach and enter the child's pool. */
export function depositMemory(gate: HypercallGate, partitionId: bigint, gpns: readonly number[]): void {
  const call = HypercallCode.HvCallDepositMemory;
  for (let first = 0; first < gpns.length; first += DEPOSIT_ELEMENTS) {
    const part = gpns.slice(first, first + DEPOSIT_ELEMENTS);
    DepositMemoryInput.write(gate.input, 0, { partitionId });
    part.forEach((gpn, index) => {
      GpaPageElement.write(gate.input, DepositMemoryInput.size + index * GpaPageElement.size, { gpn });
    });
    demand(call, gate.rep(call, part.length), gate.repsDone);
  }
}

/** HvCallWithdrawMemory until the pool has no free page: the pages that came back, zeroed. */
export function withdrawAllMemory(gate: HypercallGate, partitionId: bigint): number[] {
  const call = HypercallCode.HvCallWithdrawMemory;
  const gpns: number[] = [];
  for (;;) {
    const status = gate.withoutInterrupts(() => {
      WithdrawMemoryInput.write(gate.input, 0, { partitionId });
      const answer = gate.rep(call, WITHDRAW_ELEMENTS);
      for (let index = 0; index < gate.repsDone; index += 1) {
        gpns.push(GpaPageElement.read(gate.output, index * GpaPageElement.size).gpn);
      }
      return answer;
    });
    if (status === HvStatus.NO_RESOURCES) return gpns;
    demand(call, status, gate.repsDone);
  }
}

/** Pages of a partition's pool. */
export interface MemoryBalance {
  readonly pagesAvailable: number;
  readonly pagesInUse: number;
}

/** HvCallGetMemoryBalance. */
export function getMemoryBalance(gate: HypercallGate, partitionId: bigint): MemoryBalance {
  return gate.withoutInterrupts(() => {
    GetMemoryBalanceInput.write(gate.input, 0, { partitionId });
    const call = HypercallCode.HvCallGetMemoryBalance;
    demand(call, gate.slow(call));
    return GetMemoryBalanceOutput.read(gate.output);
  });
}
