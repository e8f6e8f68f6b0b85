/** The messages of the network channel. NVSP, messages of versions 1 to 6.1. */

import { pad, struct, u8, u16, u32 } from '@viridian/wire';

/** `type` of a message. */
export const NvspMessageType = {
  NONE: 0,
  INIT: 1,
  INIT_COMPLETE: 2,
  NVSP_MSG1_TYPE_SEND_NDIS_VER: 100,
  NVSP_MSG1_TYPE_SEND_RECV_BUF: 101,
  NVSP_MSG1_TYPE_SEND_RECV_BUF_COMPLETE: 102,
  NVSP_MSG1_TYPE_REVOKE_RECV_BUF: 103,
  NVSP_MSG1_TYPE_SEND_SEND_BUF: 104,
  NVSP_MSG1_TYPE_SEND_SEND_BUF_COMPLETE: 105,
  NVSP_MSG1_TYPE_REVOKE_SEND_BUF: 106,
  NVSP_MSG1_TYPE_SEND_RNDIS_PKT: 107,
  NVSP_MSG1_TYPE_SEND_RNDIS_PKT_COMPLETE: 108,
  NVSP_MSG2_TYPE_SEND_NDIS_CONFIG: 125,
  NVSP_MSG4_TYPE_SEND_VF_ASSOCIATION: 128,
  NVSP_MSG4_TYPE_SWITCH_DATA_PATH: 129,
  NVSP_MSG5_TYPE_OID_QUERY_EX: 131,
  NVSP_MSG5_TYPE_OID_QUERY_EX_COMPLETE: 132,
  NVSP_MSG5_TYPE_SUBCHANNEL: 133,
  NVSP_MSG5_TYPE_SEND_INDIRECTION_TABLE: 134,
  NVSP_MSG6_TYPE_PD_API: 135,
  NVSP_MSG6_TYPE_PD_POST_BATCH: 136,
} as const;

/** A known message type. */
export type NvspMessageType = (typeof NvspMessageType)[keyof typeof NvspMessageType];

/** `status` of completions. */
export const NvspStatus = {
  NONE: 0,
  SUCCESS: 1,
  FAIL: 2,
  PROTOCOL_TOO_NEW: 3,
  PROTOCOL_TOO_OLD: 4,
  INVALID_RNDIS_PACKET: 5,
  BUSY: 6,
  PROTOCOL_UNSUPPORTED: 7,
} as const;

/** The shortest message that a guest of any version reads. */
export const NVSP_MESSAGE_BYTES = 28;

/** Longest packet from its descriptor on that Linux takes on network channels. */
export const NETVSC_MAX_PACKET_BYTES = 4624;

/** Id that Linux gives its receive buffer; transfer page packets name it. */
export const LINUX_RECEIVE_BUFFER_ID = 0xcafe;

/** Transaction id of packets for which Linux expects no answer. */
export const LINUX_NETVSC_NO_REPLY_ID = 0xffff_ffff_ffff_fffdn;

/** `protocolVersion` of an INIT_COMPLETE from version 2 on. */
export const INIT_COMPLETE_NO_VERSION = 0xffff_ffff;

/** `sectionIndex` of a packet that uses no part of the send buffer. */
export const NO_SECTION = 0xffff_ffff;

/** `channelType` of an RNDIS packet. */
export const RndisChannelType = { DATA: 0, CONTROL: 1 } as const;

/** Capability bits of SEND_NDIS_CONFIG, in its low word. */
export const NdisCapability = {
  VMQ: 0x01,
  CHIMNEY: 0x02,
  SRIOV: 0x04,
  IEEE8021Q: 0x08,
  CORRELATION_ID: 0x10,
  TEAMING: 0x20,
  VIRTUAL_SUBNET_ID: 0x40,
  RSC: 0x80,
} as const;

/** In front of every message. */
export const NvspHeader = struct('NVSP_MESSAGE_HEADER', 4, { type: u32 });

/** INIT. */
export const NvspInit = struct('NVSP_MESSAGE_INIT', 12, {
  type: u32,
  minProtocolVersion: u32,
  maxProtocolVersion: u32,
});

/** The completion of INIT. */
export const NvspInitComplete = struct('NVSP_MESSAGE_INIT_COMPLETE', 16, {
  type: u32,
  protocolVersion: u32,
  maximumMdlChainLength: u32,
  status: u32,
});

/** NVSP_MSG1_TYPE_SEND_NDIS_VER. */
export const NvspSendNdisVersion = struct('NVSP_1_MESSAGE_SEND_NDIS_VERSION', 12, {
  type: u32,
  majorVersion: u32,
  minorVersion: u32,
});

/** NVSP_MSG1_TYPE_SEND_RECV_BUF and NVSP_MSG1_TYPE_SEND_SEND_BUF. */
export const NvspSendBuffer = struct('NVSP_1_MESSAGE_SEND_BUFFER', 10, {
  type: u32,
  gpadlHandle: u32,
  id: u16,
});

/** The completion of SEND_RECV_BUF with its only section. */
export const NvspSendReceiveBufferComplete = struct('NVSP_1_MESSAGE_SEND_RECEIVE_BUFFER_COMPLETE', 28, {
  type: u32,
  status: u32,
  sectionCount: u32,
  offset: u32,
  subAllocationBytes: u32,
  subAllocationCount: u32,
  endOffset: u32,
});

/** The completion of SEND_SEND_BUF. */
export const NvspSendSendBufferComplete = struct('NVSP_1_MESSAGE_SEND_SEND_BUFFER_COMPLETE', 12, {
  type: u32,
  status: u32,
  sectionBytes: u32,
});

/** REVOKE_RECV_BUF and REVOKE_SEND_BUF. */
export const NvspRevokeBuffer = struct('NVSP_1_MESSAGE_REVOKE_BUFFER', 6, { type: u32, id: u16 });

/** NVSP_MSG1_TYPE_SEND_RNDIS_PKT, both ways. */
export const NvspSendRndisPacket = struct('NVSP_1_MESSAGE_SEND_RNDIS_PACKET', 16, {
  type: u32,
  channelType: u32,
  sectionIndex: u32,
  sectionBytes: u32,
});

/** The completion of an RNDIS packet, both ways. */
export const NvspSendRndisPacketComplete = struct('NVSP_1_MESSAGE_SEND_RNDIS_PACKET_COMPLETE', 8, {
  type: u32,
  status: u32,
});

/** NVSP_MSG2_TYPE_SEND_NDIS_CONFIG. `mtu` counts the Ethernet header as well. */
export const NvspSendNdisConfig = struct('NVSP_2_MESSAGE_SEND_NDIS_CONFIG', 20, {
  type: u32,
  mtu: u32,
  reserved: pad(4),
  capabilities: u32,
  capabilitiesHigh: u32,
});

/** NVSP_MSG4_TYPE_SEND_VF_ASSOCIATION. */
export const NvspSendVfAssociation = struct('NVSP_4_MESSAGE_SEND_VF_ASSOCIATION', 12, {
  type: u32,
  allocated: u32,
  serial: u32,
});

/** NVSP_MSG4_TYPE_SWITCH_DATA_PATH; its completion has no bytes. */
export const NvspSwitchDataPath = struct('NVSP_4_MESSAGE_SWITCH_DATA_PATH', 8, {
  type: u32,
  activeDataPath: u32,
});

/** NVSP_MSG5_TYPE_OID_QUERY_EX. */
export const NvspOidQueryEx = struct('NVSP_5_MESSAGE_OID_QUERY_EX', 12, {
  type: u32,
  ndisType: u8,
  ndisRevision: u8,
  ndisSize: u16,
  oid: u32,
});

/** The completion of OID_QUERY_EX. */
export const NvspOidQueryExComplete = struct('NVSP_5_MESSAGE_OID_QUERY_EX_COMPLETE', 12, {
  type: u32,
  status: u32,
  informationBytes: u32,
});

/** NVSP_MSG5_TYPE_SUBCHANNEL. */
export const NvspSubchannelRequest = struct('NVSP_5_SUBCHANNEL_REQUEST', 12, {
  type: u32,
  operation: u32,
  subchannelCount: u32,
});

/** `operation` of a sub-channel request: allocate. */
export const NVSP_SUBCHANNEL_ALLOCATE = 1;

/** The completion of a sub-channel request; it has the request's own type. */
export const NvspSubchannelComplete = struct('NVSP_5_SUBCHANNEL_COMPLETE', 12, {
  type: u32,
  status: u32,
  subchannelCount: u32,
});

/** In front of the send indirection table: `count` u32 channel indices at `tableOffset` from the message's start. */
export const NvspSendIndirectionTable = struct('NVSP_5_SEND_INDIRECTION_TABLE', 12, {
  type: u32,
  count: u32,
  tableOffset: u32,
});

/** Entries of the send indirection table. */
export const SEND_INDIRECTION_ENTRIES = 16;

/** What Linux lends, and into what its send buffer is cut. */
export const LinuxNetvscBuffers = {
  RECEIVE_BYTES: 16 << 20,
  SEND_BYTES: 1_044_480,
  SEND_SECTION_BYTES: 6144,
} as const;
