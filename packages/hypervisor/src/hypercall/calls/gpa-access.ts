/** Looking into a child's memory: 0x52, 0x53, 0x54. TLFS, "Guest Physical Address Spaces" and "Virtual MMU and Caching". */

import {
  ACCESS_GPA_MAX_BYTES,
  AccessGpaResult,
  CACHE_TYPE_WRITE_BACK,
  HvStatus,
  ReadGpaInput,
  ReadGpaOutput,
  TRANSLATE_GVA_OVERLAY_PAGE,
  TranslateGvaFlag,
  TranslateGvaResult,
  TranslateVirtualAddressInput,
  TranslateVirtualAddressOutput,
  WriteGpaInput,
  WriteGpaOutput,
} from '@viridian/protocols/tlfs';
import { AccessKind, PAGE_BYTES, PAGE_SHIFT } from '@viridian/x86';
import { GpaAccess, type GpaSpace } from '../../partition/gpa-space.ts';
import type { VirtualProcessor } from '../../vp/virtual-processor.ts';
import type { CallContext } from '../call-context.ts';
import type { HandlerGroup } from '../hypercall-table.ts';
import { childVpOf, reservedIsZero } from '../targets.ts';

const VALIDATE =
  TranslateGvaFlag.VALIDATE_READ | TranslateGvaFlag.VALIDATE_WRITE | TranslateGvaFlag.VALIDATE_EXECUTE;
const KNOWN_CONTROL =
  VALIDATE |
  TranslateGvaFlag.PRIVILEGE_EXEMPT |
  TranslateGvaFlag.SET_PAGE_TABLE_BITS |
  TranslateGvaFlag.TLB_FLUSH_INHIBIT;
/** Virtual page numbers have 52 bits. */
const MOST_GVA_PAGES = 2 ** 52;
const CACHE_TYPE_MASK = 0xff;
const USER = 3;

const translateReserved = reservedIsZero(TranslateVirtualAddressInput);

/** Each access to be validated, with the control flag that asks for it. */
const ACCESSES: readonly (readonly [flag: number, kind: AccessKind])[] = [
  [TranslateGvaFlag.VALIDATE_READ, AccessKind.READ],
  [TranslateGvaFlag.VALIDATE_WRITE, AccessKind.WRITE],
  [TranslateGvaFlag.VALIDATE_EXECUTE, AccessKind.EXECUTE],
];

/** The walk for every access asked for: its first failure, or the page. */
function walk(vp: VirtualProcessor, gvaPage: bigint, control: number): { resultCode: number; gpn: number } {
  const supervisor =
    (control & TranslateGvaFlag.PRIVILEGE_EXEMPT) !== 0 || vp.processor.registers.cpl !== USER;
  const setAccessed = (control & TranslateGvaFlag.SET_PAGE_TABLE_BITS) !== 0;
  const gva = BigInt.asUintN(64, gvaPage << BigInt(PAGE_SHIFT));
  let gpn = 0;
  for (const [flag, kind] of ACCESSES) {
    if ((control & flag) === 0) continue;
    const found = vp.processor.translate(gva, kind, supervisor, setAccessed);
    if (found.code !== TranslateGvaResult.SUCCESS) return { resultCode: found.code, gpn: 0 };
    gpn = Math.floor(found.gpa / PAGE_BYTES);
  }
  return { resultCode: gpaResult(vp.partition.gpa, gpn, control), gpn };
}

/** Whether the page that was reached allows what is asked. */
function gpaResult(gpa: GpaSpace, gpn: number, control: number): number {
  if (gpa.systemPage(gpn) < 0) return TranslateGvaResult.GPA_UNMAPPED;
  const access = gpa.access(gpn);
  if ((control & TranslateGvaFlag.VALIDATE_WRITE) !== 0 && (access & GpaAccess.WRITE) === 0) {
    return gpa.isOverlay(gpn)
      ? TranslateGvaResult.GPA_ILLEGAL_OVERLAY_ACCESS
      : TranslateGvaResult.GPA_NO_WRITE_ACCESS;
  }
  return (access & GpaAccess.READ) === 0 ? TranslateGvaResult.GPA_NO_READ_ACCESS : TranslateGvaResult.SUCCESS;
}

function translate(call: CallContext): HvStatus {
  const input = TranslateVirtualAddressInput.read(call.input);
  const vp = childVpOf(call, input.partitionId, input.vpIndex);
  if (typeof vp === 'number') return vp;
  const control = input.controlFlagsLow;
  if (input.controlFlagsHigh !== 0 || (control & ~KNOWN_CONTROL) !== 0 || (control & VALIDATE) === 0) {
    return HvStatus.INVALID_PARAMETER;
  }
  if (input.gvaPage >= MOST_GVA_PAGES || !translateReserved(call.input)) return HvStatus.INVALID_PARAMETER;
  const { resultCode, gpn } = walk(vp, BigInt(input.gvaPage), control);
  const isOverlay = vp.partition.gpa.isOverlay(gpn);
  if (resultCode === TranslateGvaResult.SUCCESS && (control & TranslateGvaFlag.TLB_FLUSH_INHIBIT) !== 0) {
    vp.tlbFlushInhibit = true;
  }
  TranslateVirtualAddressOutput.write(call.output, 0, {
    resultCode,
    attributes: CACHE_TYPE_WRITE_BACK | (isOverlay ? TRANSLATE_GVA_OVERLAY_PAGE : 0),
    gpn,
  });
  return HvStatus.SUCCESS;
}

/** 1 to 16 bytes within one page of the space, with a cache type and nothing else. */
function rangeIsValid(
  gpa: GpaSpace,
  input: { baseGpa: number; byteCount: number; controlLow: number; controlHigh: number },
): boolean {
  if (input.byteCount < 1 || input.byteCount > ACCESS_GPA_MAX_BYTES) return false;
  if ((input.controlLow & ~CACHE_TYPE_MASK) !== 0 || input.controlHigh !== 0) return false;
  return (
    input.baseGpa < gpa.pageCount * PAGE_BYTES && (input.baseGpa % PAGE_BYTES) + input.byteCount <= PAGE_BYTES
  );
}

function readGpa(call: CallContext): HvStatus {
  const input = ReadGpaInput.read(call.input);
  const vp = childVpOf(call, input.partitionId, input.vpIndex);
  if (typeof vp === 'number') return vp;
  const { gpa } = vp.partition;
  if (!rangeIsValid(gpa, input)) return HvStatus.INVALID_PARAMETER;
  const data = new Uint8Array(input.byteCount);
  let resultCode: number = AccessGpaResult.SUCCESS;
  if (gpa.systemPage(Math.floor(input.baseGpa / PAGE_BYTES)) < 0) resultCode = AccessGpaResult.GPA_UNMAPPED;
  else if (!gpa.read(input.baseGpa, data)) resultCode = AccessGpaResult.GPA_READ_INTERCEPT;
  ReadGpaOutput.write(call.output, 0, { resultCode, data });
  return HvStatus.SUCCESS;
}

function writeGpa(call: CallContext): HvStatus {
  const input = WriteGpaInput.read(call.input);
  const vp = childVpOf(call, input.partitionId, input.vpIndex);
  if (typeof vp === 'number') return vp;
  const { gpa } = vp.partition;
  if (!rangeIsValid(gpa, input)) return HvStatus.INVALID_PARAMETER;
  const gpn = Math.floor(input.baseGpa / PAGE_BYTES);
  let resultCode: number = AccessGpaResult.SUCCESS;
  if (gpa.systemPage(gpn) < 0) resultCode = AccessGpaResult.GPA_UNMAPPED;
  else if (!gpa.write(input.baseGpa, input.data.subarray(0, input.byteCount))) {
    resultCode = gpa.isOverlay(gpn)
      ? AccessGpaResult.GPA_ILLEGAL_OVERLAY_ACCESS
      : AccessGpaResult.GPA_WRITE_INTERCEPT;
  }
  WriteGpaOutput.write(call.output, 0, { resultCode });
  return HvStatus.SUCCESS;
}

/** Handlers of the calls that translate, read and write. */
export const GPA_ACCESS_HANDLERS: HandlerGroup = {
  HvCallTranslateVirtualAddress: translate,
  HvCallReadGpa: readGpa,
  HvCallWriteGpa: writeGpa,
};
