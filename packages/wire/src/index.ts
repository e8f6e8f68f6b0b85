export type { BitLayout, Bits, BitValues, LiveBits } from './bits.ts';
export { bits } from './bits.ts';
export { array, bytes, pad } from './bytes.ts';
export { formatGuid, GUID_ZERO, guid, guidEquals, parseGuid } from './guid.ts';
export { i8, i16, i32, u8, u16, u16be, u32, u32be } from './integers.ts';
export type { Halves } from './integers64.ts';
export {
  cappedFromHalves,
  halves,
  s64,
  safeFromHalves,
  U64_CAP,
  u64,
  u64be,
  u64capped,
  u64cappedBe,
  u64safe,
  u64safeBe,
} from './integers64.ts';
export type { AnyKind, Cursor, Infer, InferInit, InferLive, Kind, PadKind, WireErrorKind } from './kind.ts';
export { clear, copyBytes, WireError } from './kind.ts';
export type { LiveArray } from './live.ts';
export type { OpenEnum, ValueIn } from './open-enum.ts';
export { nameOf } from './open-enum.ts';
export type { Schema, Snapshot, Struct, StructInit, StructLive, StructValue } from './struct.ts';
export { nested, struct } from './struct.ts';
export { ascii, utf16 } from './text.ts';
