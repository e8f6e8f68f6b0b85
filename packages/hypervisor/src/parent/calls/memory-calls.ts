/** The calls that give a child its memory and look into it. TLFS, "Guest Physical Address Spaces". */

import {
  ACCESS_GPA_MAX_BYTES,
  AccessGpaResult,
  GpaPageElement,
  HypercallCode,
  MapGpaPagesInput,
  ReadGpaInput,
  ReadGpaOutput,
  TranslateVirtualAddressInput,
  TranslateVirtualAddressOutput,
  UnmapGpaPagesInput,
  WriteGpaInput,
  WriteGpaOutput,
} from '@viridian/protocols/tlfs';
import { PAGE_BYTES } from '@viridian/x86';
import { demand } from '../hypercall-error.ts';
import type { HypercallGate } from '../hypercall-gate.ts';

/** Elements of one HvCallMapGpaPages: what fits behind the header. */
const MAP_ELEMENTS = 509;
/** Largest rep count that the input value can say. */
const MOST_REPS = 4095;

/** A run of pages to be mapped: source pages are ours, page numbers in a row on both sides. */
export interface PageRun {
  readonly targetGpn: number;
  readonly sourceGpn: number;
  readonly pageCount: number;
}

/** HvCallMapGpaPages as often as it takes. `flags` are bits of `MapGpaFlag`. */
export function mapGpaPages(
  gate: HypercallGate,
  targetPartitionId: bigint,
  run: PageRun,
  mapFlags: number,
): void {
  const call = HypercallCode.HvCallMapGpaPages;
  for (let done = 0; done < run.pageCount; ) {
    const count = Math.min(MAP_ELEMENTS, run.pageCount - done);
    MapGpaPagesInput.write(gate.input, 0, {
      targetPartitionId,
      targetGpnBase: run.targetGpn + done,
      mapFlags,
    });
    const element = GpaPageElement.on(gate.input, MapGpaPagesInput.size);
    for (let index = 0; index < count; index += 1, element.at += GpaPageElement.size) {
      element.gpn = run.sourceGpn + done + index;
    }
    demand(call, gate.rep(call, count), done + gate.repsDone);
    done += count;
  }
}

/** HvCallUnmapGpaPages as often as it takes. */
export function unmapGpaPages(
  gate: HypercallGate,
  targetPartitionId: bigint,
  firstGpn: number,
  pageCount: number,
): void {
  const call = HypercallCode.HvCallUnmapGpaPages;
  for (let done = 0; done < pageCount; ) {
    const count = Math.min(MOST_REPS, pageCount - done);
    UnmapGpaPagesInput.write(gate.input, 0, { targetPartitionId, targetGpnBase: firstGpn + done });
    demand(call, gate.rep(call, count), done + gate.repsDone);
    done += count;
  }
}

/** Where a guest-virtual address leads. */
export interface GvaTranslation {
  /** One of `TranslateGvaResult`. */
  readonly resultCode: number;
  /** Guest-physical page number; means something with success only. */
  readonly gpn: number;
}

/** HvCallTranslateVirtualAddress. `flags` are bits of `TranslateGvaFlag`; `gvaPage` is a virtual page number. */
export function translateVirtualAddress(
  gate: HypercallGate,
  partitionId: bigint,
  vpIndex: number,
  flags: number,
  gvaPage: number,
): GvaTranslation {
  return gate.withoutInterrupts(() => {
    TranslateVirtualAddressInput.write(gate.input, 0, {
      partitionId,
      vpIndex,
      controlFlagsLow: flags,
      gvaPage,
    });
    const call = HypercallCode.HvCallTranslateVirtualAddress;
    demand(call, gate.slow(call));
    const { resultCode, gpn } = TranslateVirtualAddressOutput.read(gate.output);
    return { resultCode, gpn };
  });
}

/** HvCallReadGpa for up to 16 bytes within one page. Undefined when the page cannot be read by a plain access. */
export function readGpa(
  gate: HypercallGate,
  partitionId: bigint,
  vpIndex: number,
  baseGpa: number,
  byteCount: number,
): Uint8Array | undefined {
  checkAccess(baseGpa, byteCount);
  return gate.withoutInterrupts(() => {
    ReadGpaInput.write(gate.input, 0, { partitionId, vpIndex, byteCount, baseGpa });
    const call = HypercallCode.HvCallReadGpa;
    demand(call, gate.slow(call));
    const { resultCode, data } = ReadGpaOutput.read(gate.output);
    return resultCode === AccessGpaResult.SUCCESS ? data.subarray(0, byteCount) : undefined;
  });
}

/** HvCallWriteGpa for up to 16 bytes within one page. False when the page cannot be written by a plain access. */
export function writeGpa(
  gate: HypercallGate,
  partitionId: bigint,
  vpIndex: number,
  baseGpa: number,
  data: Uint8Array,
): boolean {
  checkAccess(baseGpa, data.length);
  return gate.withoutInterrupts(() => {
    WriteGpaInput.write(gate.input, 0, { partitionId, vpIndex, byteCount: data.length, baseGpa, data });
    const call = HypercallCode.HvCallWriteGpa;
    demand(call, gate.slow(call));
    return WriteGpaOutput.read(gate.output).resultCode === AccessGpaResult.SUCCESS;
  });
}

function checkAccess(gpa: number, byteCount: number): void {
  const withinPage = (gpa % PAGE_BYTES) + byteCount <= PAGE_BYTES;
  if (byteCount < 1 || byteCount > ACCESS_GPA_MAX_BYTES || !withinPage) {
    throw new RangeError(`1 to ${ACCESS_GPA_MAX_BYTES} bytes within a page, not ${byteCount} at ${gpa}`);
  }
}
