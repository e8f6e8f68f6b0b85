/** GPADLs: lists of guest pages. Channel Management Protocol, GPADL messages; also the ranges of GPA-direct packets. */

import { struct, u32, u64capped } from '@viridian/wire';

/** First word of a range; page numbers follow. */
export const GpaRangeHeader = struct('GPA_RANGE', 8, { byteCount: u32, byteOffset: u32 });

/** One page number of a range. */
export const GpaRangePage = struct('GPA_RANGE page', 8, { gpn: u64capped });

/** Quadwords of range data that one GpadlHeader carries. */
export const GPADL_HEADER_QWORDS = 27;

/** Quadwords of range data that one GpadlBody carries. */
export const GPADL_BODY_QWORDS = 28;

/** Pages that a range of `byteCount` bytes from `byteOffset` touches. */
export function rangePages(byteCount: number, byteOffset: number): number {
  return Math.ceil((byteOffset + byteCount) / 4096);
}

/** First GPADL id that Linux hands out. */
export const LINUX_FIRST_GPADL = 0xe1e10;
