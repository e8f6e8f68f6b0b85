/** The messages of the memory channel: raw packets without completions. Dynamic Memory Protocol. */

import { bits, pad, struct, u16, u32, u64 } from '@viridian/wire';

/** `type` of a message. */
export const BalloonMessageType = {
  ERROR: 0,
  VERSION_REQUEST: 1,
  VERSION_RESPONSE: 2,
  CAPABILITIES_REPORT: 3,
  CAPABILITIES_RESPONSE: 4,
  STATUS_REPORT: 5,
  BALLOON_REQUEST: 6,
  BALLOON_RESPONSE: 7,
  UNBALLOON_REQUEST: 8,
  UNBALLOON_RESPONSE: 9,
  HOT_ADD_REQUEST: 10,
  HOT_ADD_RESPONSE: 11,
  INFO: 12,
} as const;

/** Protocol versions: major in the high half, minor in the low one. */
export const BalloonVersion = { WIN7: 0x0000_0003, WIN8: 0x0001_0000, WIN10: 0x0002_0000 } as const;

/** Longest message either way. */
export const BALLOON_MESSAGE_BYTES = 4096;

/** Ranges that fit into a message of that length. */
export const BALLOON_MOST_RANGES = 510;

const header = { type: u16, messageBytes: u16, transactionId: u32 } as const;

/** In front of every message; the guest counts its transactions. */
export const BalloonHeader = struct('DM_HEADER', 8, header);

/** A run of guest pages. */
export const BalloonPageRange = bits(u64, { firstPage: [0, 40], pageCount: [40, 24] });

/** Most pages of one range. */
export const BALLOON_RANGE_PAGES = 2 ** 24 - 1;

/** The guest asks for a version. */
export const BalloonVersionRequest = struct('DM_VERSION_REQUEST', 16, {
  ...header,
  version: u32,
  isLastAttempt: u32,
});

/** Answer to version request and capabilities report. */
export const BalloonAcceptance = struct('DM_VERSION_RESPONSE', 16, {
  ...header,
  isAccepted: u32,
  reserved: pad(4),
});

/** What the guest can do; `hotAddAlignment` is n of 2^n MiB. */
export const BalloonCapabilities = struct('DM_CAPABILITIES', 32, {
  ...header,
  capabilities: bits(u64, { balloon: [0, 1], hotAdd: [1, 1], hotAddAlignment: [2, 4] }),
  minimumPages: u64,
  maximumPage: u64,
});

/** How the guest is off, in pages; not answered. */
export const BalloonStatus = struct('DM_STATUS', 48, {
  ...header,
  availablePages: u64,
  committedPages: u64,
  pageFilePages: u64,
  zeroFreePages: u64,
  pageFileWrites: u32,
  ioDifference: u32,
});

/** The host wants so many pages. */
export const BalloonRequest = struct('DM_BALLOON', 16, { ...header, pageCount: u32, reserved: pad(4) });

/** Pages that the guest gives up; `rangeCount` ranges follow. One message after the other until `more` is 0. */
export const BalloonResponse = struct('DM_BALLOON_RESPONSE', 16, {
  ...header,
  reserved: pad(4),
  ranges: bits(u32, { more: [0, 1], rangeCount: [1, 31] }),
});

/** Pages that the guest gets back; `rangeCount` ranges follow. Answered once, after `more` was 0. */
export const UnballoonRequest = struct('DM_UNBALLOON_REQUEST', 16, {
  ...header,
  more: u32,
  rangeCount: u32,
});

/** The guest has all of them. */
export const UnballoonResponse = struct('DM_UNBALLOON_RESPONSE', 8, header);
