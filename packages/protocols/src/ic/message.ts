/** The frame of every integration message: pipe header, then IC header. Integration Services, Message Format. */

import { pad, struct, u8, u16, u32 } from '@viridian/wire';

/** Bytes in front of the payload: pipe header and IC header. */
export const IC_HEADER_BYTES = 28;

/** Bytes of the pipe header; `pipeBytes` counts what follows it. */
export const IC_PIPE_HEADER_BYTES = 8;

/** `messageType` of a message. */
export const IcMessageType = {
  NEGOTIATE: 0,
  HEARTBEAT: 1,
  KVP_EXCHANGE: 2,
  SHUTDOWN: 3,
  TIME_SYNC: 4,
  VSS: 5,
  FILE_COPY: 7,
} as const;

/** A known message type. */
export type IcMessageType = (typeof IcMessageType)[keyof typeof IcMessageType];

/** `flags` of a message: a request has TRANSACTION and REQUEST, its answer TRANSACTION and RESPONSE. */
export const IcFlag = { TRANSACTION: 1, REQUEST: 2, RESPONSE: 4 } as const;

/** `status` of an answer: HRESULTs. */
export const IcStatus = {
  OK: 0,
  FAIL: 0x8000_4005,
  NOT_FOUND: 0x8004_1002,
  NOT_SUPPORTED: 0x8007_0032,
  ALREADY_EXISTS: 0x8007_0050,
  INVALID_ARGUMENT: 0x8007_0057,
  DISK_FULL: 0x8007_0070,
  NO_MORE_ITEMS: 0x8007_0103,
  NOT_CONNECTED: 0x8007_048f,
  MACHINE_LOCKED: 0x8007_04f7,
} as const;

/** A known status. */
export type IcStatus = (typeof IcStatus)[keyof typeof IcStatus];

/** In front of every payload. `payloadBytes` is what the sender means of the payload, not checked by Linux. */
export const IcMessage = struct('VMPIPE header, ICMSG header', 28, {
  pipeType: u32,
  pipeBytes: u32,
  frameworkMajor: u16,
  frameworkMinor: u16,
  messageType: u16,
  versionMajor: u16,
  versionMinor: u16,
  payloadBytes: u16,
  status: u32,
  transactionId: u8,
  flags: u8,
  reserved: pad(2),
});
