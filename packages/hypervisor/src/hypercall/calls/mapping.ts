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

/** Whether a page of the caller may be mapped into a child, or why not. */
function statusOf(call: CallContext, sourceGpn: number, access: number): HvStatus {
  const { gpa } = call.partition;
  if (sourceGpn >= gpa.pageCount) return HvStatus.INVALID_PARAMETER;
  // A child cannot get rights that the caller does not have; deposited pages are mapped nowhere.
  const isLent = gpa.mappedPage(sourceGpn) >= 0 && (access & ~gpa.mappedAccess(sourceGpn)) === 0;
  return isLent ? HvStatus.SUCCESS : HvStatus.OPERATION_DENIED;
}

function mapPages(call: CallContext): HvStatus {
  const input = MapGpaPagesInput.read(call.input);
  const target = activeChildOf(call, input.targetPartitionId);
  if (typeof target === 'number') return target;
  const access = accessOf(input.mapFlags);
  if (access < 0 || !mapReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  if (input.targetGpnBase + call.repCount > target.gpa.pageCount) return HvStatus.INVALID_PARAMETER;
  // Pages in a row are mapped in one piece: listeners look at each piece.
  let first = call.repStart;
  let firstPage = -1;
  let status: HvStatus = HvStatus.SUCCESS;
  let i = call.repStart;
  for (; i < call.repCount; i++) {
    source.view = call.input;
    source.at = call.inputElement(i);
    const { gpn } = source;
    status = statusOf(call, gpn, access);
    if (status !== HvStatus.SUCCESS) break;
    const systemPage = call.partition.gpa.mappedPage(gpn);
    if (systemPage === firstPage + (i - first)) continue;
    if (i > first) target.gpa.mapRange(input.targetGpnBase + first, firstPage, i - first, access);
    first = i;
    firstPage = systemPage;
  }
  if (i > first) target.gpa.mapRange(input.targetGpnBase + first, firstPage, i - first, access);
  call.repsDone = i;
  return status;
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
    const { targetGpn, sourceGpn } = pair;
    if (targetGpn >= target.gpa.pageCount) return HvStatus.INVALID_PARAMETER;
    const status = statusOf(call, sourceGpn, access);
    if (status !== HvStatus.SUCCESS) return status;
    target.gpa.map(targetGpn, call.partition.gpa.mappedPage(sourceGpn), access);
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
