/** RNDIS messages. Remote NDIS specification, control and data messages. Offsets in messages count from byte 8. */

import { pad, struct, u32 } from '@viridian/wire';

/** `type` of a message; a completion has bit 31 as well. */
export const RndisMessageType = {
  RNDIS_PACKET_MSG: 1,
  RNDIS_INITIALIZE_MSG: 2,
  RNDIS_HALT_MSG: 3,
  RNDIS_QUERY_MSG: 4,
  RNDIS_SET_MSG: 5,
  RNDIS_RESET_MSG: 6,
  RNDIS_INDICATE_STATUS_MSG: 7,
  RNDIS_KEEPALIVE_MSG: 8,
  RNDIS_INITIALIZE_CMPLT: 0x8000_0002,
  RNDIS_QUERY_CMPLT: 0x8000_0004,
  RNDIS_SET_CMPLT: 0x8000_0005,
  RNDIS_RESET_CMPLT: 0x8000_0006,
  RNDIS_KEEPALIVE_CMPLT: 0x8000_0008,
} as const;

/** A known message type. */
export type RndisMessageType = (typeof RndisMessageType)[keyof typeof RndisMessageType];

/** `status` of completions and indications. */
export const RndisStatus = {
  SUCCESS: 0,
  FAILURE: 0xc000_0001,
  RESOURCES: 0xc000_009a,
  NOT_SUPPORTED: 0xc000_00bb,
  MEDIA_CONNECT: 0x4001_000b,
  MEDIA_DISCONNECT: 0x4001_000c,
  LINK_SPEED_CHANGE: 0x4001_0013,
  NETWORK_CHANGE: 0x4001_0018,
  TASK_OFFLOAD_CURRENT_CONFIG: 0x4002_0006,
  BAD_VERSION: 0xc001_0004,
  INVALID_LENGTH: 0xc001_0014,
  INVALID_DATA: 0xc001_0015,
} as const;

/** What offsets in messages count from. */
export const RNDIS_OFFSET_BASE = 8;

/** Version of RNDIS that both ends state. */
export const RNDIS_VERSION = { MAJOR: 1, MINOR: 0 } as const;

/** Device flag of INITIALIZE_CMPLT: connectionless. */
export const RNDIS_DF_CONNECTIONLESS = 1;

const header = { type: u32, messageBytes: u32 } as const;
const request = { ...header, requestId: u32 } as const;
const completion = { ...request, status: u32 } as const;

/** In front of every message; `messageBytes` counts it. */
export const RndisHeader = struct('RNDIS_MESSAGE header', 8, header);

/** A frame; per-packet information and the frame follow. */
export const RndisPacket = struct('RNDIS_PACKET_MSG', 44, {
  ...header,
  dataOffset: u32,
  dataBytes: u32,
  oobDataOffset: u32,
  oobDataBytes: u32,
  oobDataCount: u32,
  perPacketInfoOffset: u32,
  perPacketInfoBytes: u32,
  vcHandle: u32,
  reserved: pad(4),
});

/** RNDIS_INITIALIZE_MSG. */
export const RndisInitialize = struct('RNDIS_INITIALIZE_MSG', 24, {
  ...request,
  majorVersion: u32,
  minorVersion: u32,
  maxTransferBytes: u32,
});

/** Its completion. `packetAlignment` is a power of two's exponent. */
export const RndisInitializeComplete = struct('RNDIS_INITIALIZE_CMPLT', 52, {
  ...completion,
  majorVersion: u32,
  minorVersion: u32,
  deviceFlags: u32,
  medium: u32,
  maxPacketsPerTransfer: u32,
  maxTransferBytes: u32,
  packetAlignment: u32,
  addressFamilyListOffset: u32,
  addressFamilyListBytes: u32,
});

/** HALT, KEEPALIVE: nothing but a request. RESET has a reserved word in place of the id. */
export const RndisRequest = struct('RNDIS request', 12, request);

/** QUERY and SET; the information follows. */
export const RndisOidRequest = struct('RNDIS_QUERY_MSG', 28, {
  ...request,
  oid: u32,
  informationBytes: u32,
  informationOffset: u32,
  deviceVcHandle: u32,
});

/** The completion of QUERY; the information follows. */
export const RndisQueryComplete = struct('RNDIS_QUERY_CMPLT', 24, {
  ...completion,
  informationBytes: u32,
  informationOffset: u32,
});

/** The completion of SET and KEEPALIVE. */
export const RndisComplete = struct('RNDIS completion', 16, completion);

/** The completion of RESET. */
export const RndisResetComplete = struct('RNDIS_RESET_CMPLT', 16, {
  ...header,
  status: u32,
  addressingReset: u32,
});

/** An indication; its data follow. */
export const RndisIndicateStatus = struct('RNDIS_INDICATE_STATUS_MSG', 20, {
  ...header,
  status: u32,
  statusBytes: u32,
  statusOffset: u32,
});
