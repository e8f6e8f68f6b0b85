/** Whom a parent's hypercall means, and whether the caller may. TLFS, "Partition Management". */

import { HvStatus } from '@viridian/protocols/tlfs';
import type { Schema, Struct } from '@viridian/wire';
import type { Partition } from '../partition/partition.ts';
import type { VirtualProcessor } from '../vp/virtual-processor.ts';
import type { CallContext } from './call-context.ts';

/** The child of the caller with this id, or the status that the caller gets. */
export function childOf(call: CallContext, id: bigint): Partition | HvStatus {
  const partition = call.partitionOf(id);
  if (partition === undefined) return HvStatus.INVALID_PARTITION_ID;
  return partition.parent === call.partition ? partition : HvStatus.ACCESS_DENIED;
}

/** The caller itself or a child of it. */
export function selfOrChildOf(call: CallContext, id: bigint): Partition | HvStatus {
  const partition = call.partitionOf(id);
  if (partition === call.partition) return partition;
  return childOf(call, id);
}

/** The child, which must be active. */
export function activeChildOf(call: CallContext, id: bigint): Partition | HvStatus {
  const partition = childOf(call, id);
  if (typeof partition === 'number') return partition;
  return partition.state === 'active' ? partition : HvStatus.INVALID_PARTITION_STATE;
}

/** A VP of an active child. */
export function childVpOf(call: CallContext, id: bigint, index: number): VirtualProcessor | HvStatus {
  const partition = activeChildOf(call, id);
  if (typeof partition === 'number') return partition;
  return call.vpOf(partition, index) ?? HvStatus.INVALID_VP_INDEX;
}

/** Proximity information: no domain, or the only one there is. */
export function proximityStatus(domainId: number, flags: number): HvStatus {
  if ((flags & ~(PROXIMITY_PREFERRED | PROXIMITY_VALID)) !== 0) return HvStatus.INVALID_PROXIMITY_DOMAIN_INFO;
  return domainId === 0 ? HvStatus.SUCCESS : HvStatus.INVALID_PROXIMITY_DOMAIN_INFO;
}

const PROXIMITY_PREFERRED = 1;
const PROXIMITY_VALID = 1 << 31;

/** A test whether all padding of a structure at `at` is zero: reserved fields of an input must be. */
export function reservedIsZero<F extends Schema>(
  layout: Struct<F>,
): (view: DataView, at?: number) => boolean {
  const bytes: number[] = [];
  for (const [name, kind] of Object.entries(layout.fields)) {
    if (!('padding' in kind)) continue;
    const offset = (layout.offsets as Readonly<Record<string, number>>)[name]!;
    for (let i = 0; i < kind.size; i++) bytes.push(offset + i);
  }
  return (view, at = 0) => bytes.every((offset) => view.getUint8(at + offset) === 0);
}
