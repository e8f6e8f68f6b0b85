/** A child's guest-physical address space: 0x4B, 0x4C, 0x6E. TLFS, "Guest Physical Address Spaces". */

import {
  GpaPageElement,
  HvStatus,
  MapGpaFlag,
  MapGpaPagesInput,
  MapSparseGpaPagesInput,
  SparseGpaPageElement,
  UnmapGpaPagesInput,
} from '@viridian/protocols/tlfs';
import { GpaAccess } from '../../partition/gpa-space.ts';
import type { Partition } from '../../partition/partition.ts';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { activeChildOf, reservedIsZero } from '../targets.ts';

const R = MapGpaFlag.READABLE;
const W = MapGpaFlag.WRITABLE;
const X = MapGpaFlag.KERNEL_EXECUTABLE;

const mapReserved = reservedIsZero(MapGpaPagesInput);
const unmapReserved = reservedIsZero(UnmapGpaPagesInput);
const sparseReserved = reservedIsZero(MapSparseGpaPagesInput);
const source = GpaPageElement.on(new DataView(new ArrayBuffer(GpaPageElement.size)));
const pair = SparseGpaPageElement.on(new DataView(new ArrayBuffer(SparseGpaPageElement.size)));

/** Rights that map flags give, or -1: only none, R, RW, RX and RWX are legal. */
function accessOf(mapFlags: number): number {
  const flags = mapFlags & ~MapGpaFlag.USER_EXECUTABLE;
  switch (flags >>> 0) {
    // User execution alone would be a right without reading.
    case 0:
      return mapFlags === 0 ? GpaAccess.NONE : -1;
    case R:
    case R | W:
      return mapFlags === flags ? flags : -1;
    case R | X:
    case R | W | X:
      return flags;
    default:
      return -1;
  }
}

/** Maps one page of the caller into a child, or says why not. */
function mapOne(
  call: CallContext,
  target: Partition,
  gpn: number,
  sourceGpn: number,
  access: number,
): HvStatus {
  const { gpa } = call.partition;
  if (gpn >= target.gpa.pageCount || sourceGpn >= gpa.pageCount) return HvStatus.INVALID_PARAMETER;
  const systemPage = gpa.mappedPage(sourceGpn);
  // A child cannot get rights that the caller does not have; deposited pages are mapped nowhere.
  if (systemPage < 0 || (access & ~gpa.mappedAccess(sourceGpn)) !== 0) return HvStatus.OPERATION_DENIED;
  target.gpa.map(gpn, systemPage, access);
  return HvStatus.SUCCESS;
}

function mapPages(call: CallContext): HvStatus {
  const input = MapGpaPagesInput.read(call.input);
  const target = activeChildOf(call, input.targetPartitionId);
  if (typeof target === 'number') return target;
  const access = accessOf(input.mapFlags);
  if (access < 0 || !mapReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  if (input.targetGpnBase + call.repCount > target.gpa.pageCount) return HvStatus.INVALID_PARAMETER;
  for (let i = call.repStart; i < call.repCount; i++) {
    source.view = call.input;
    source.at = call.inputElement(i);
    const status = mapOne(call, target, input.targetGpnBase + i, source.gpn, access);
    if (status !== HvStatus.SUCCESS) return status;
    call.repsDone = i + 1;
  }
  return HvStatus.SUCCESS;
}

function mapSparsePages(call: CallContext): HvStatus {
  const input = MapSparseGpaPagesInput.read(call.input);
  const target = activeChildOf(call, input.targetPartitionId);
  if (typeof target === 'number') return target;
  const access = accessOf(input.mapFlags);
  if (access < 0 || !sparseReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  for (let i = call.repStart; i < call.repCount; i++) {
    pair.view = call.input;
    pair.at = call.inputElement(i);
    const status = mapOne(call, target, pair.targetGpn, pair.sourceGpn, access);
    if (status !== HvStatus.SUCCESS) return status;
    call.repsDone = i + 1;
  }
  return HvStatus.SUCCESS;
}

function unmapPages(call: CallContext): HvStatus {
  const input = UnmapGpaPagesInput.read(call.input);
  const target = activeChildOf(call, input.targetPartitionId);
  if (typeof target === 'number') return target;
  if (input.unmapFlags !== 0 || !unmapReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  if (input.targetGpnBase + call.repCount > target.gpa.pageCount) return HvStatus.INVALID_PARAMETER;
  target.gpa.unmapRange(input.targetGpnBase + call.repStart, call.repCount - call.repStart);
  call.repsDone = call.repCount;
  return HvStatus.SUCCESS;
}

/** Handlers of the mapping calls. */
export const MAPPING_HANDLERS: HandlerGroup = {
  HvCallMapGpaPages: mapPages,
  HvCallUnmapGpaPages: unmapPages,
  HvCallMapSparseGpaPages: mapSparsePages,
};
