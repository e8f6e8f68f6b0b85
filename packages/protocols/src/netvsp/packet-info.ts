/** Per-packet information of RNDIS_PACKET_MSG. NDIS, net buffer list information. */

import { bits, struct, u8, u16, u32 } from '@viridian/wire';

/** `type` of an entry. */
export const PerPacketInfoType = {
  TCPIP_CHECKSUM: 0,
  IPSEC: 1,
  LARGE_SEND: 2,
  CLASSIFICATION: 3,
  SCATTER_GATHER: 5,
  IEEE_8021Q: 6,
  ORIGINAL_PACKET: 7,
  HASH_VALUE: 8,
  /** Host to guest: which part of a coalesced segment this is. */
  PACKET_ID: 0x8000_0001,
} as const;

/** In front of each entry. `entryBytes` counts header and value, `valueOffset` is where the value begins in the entry. */
export const PerPacketInfo = struct('RNDIS_PER_PACKET_INFO', 12, {
  entryBytes: u32,
  type: u32,
  valueOffset: u32,
});

/** An entry of one word, as all that are written here. */
export const PER_PACKET_WORD_BYTES = 16;

/** Checksum entry from the guest: what is to be filled in. */
export const TransmitChecksum = bits(u32, {
  ipv4: [0, 1],
  ipv6: [1, 1],
  tcp: [2, 1],
  udp: [3, 1],
  ipHeader: [4, 1],
  transportOffset: [16, 10],
});

/** Checksum entry to the guest: what was verified. */
export const ReceiveChecksum = bits(u32, {
  tcpFailed: [0, 1],
  udpFailed: [1, 1],
  ipFailed: [2, 1],
  tcpSucceeded: [3, 1],
  udpSucceeded: [4, 1],
  ipSucceeded: [5, 1],
  loopback: [6, 1],
  tcpValueInvalid: [7, 1],
  ipValueInvalid: [8, 1],
});

/** Large send entry, version 2. `segmentBytes` is the payload of each segment. */
export const LargeSendV2 = bits(u32, {
  segmentBytes: [0, 20],
  transportOffset: [20, 10],
  isV2: [30, 1],
  isIpv6: [31, 1],
});

/** 802.1Q entry, both ways; the frame itself has no tag. */
export const Ieee8021q = bits(u32, { priority: [0, 3], canonicalFormat: [3, 1], vlanId: [4, 12] });

/** Packet id entry. */
export const PacketId = struct('RNDIS packet id', 4, { version: u8, flags: u8, packetId: u16 });

/** `flags` of a packet id. */
export const PacketIdFlag = { SUB_ALLOCATION: 1, FIRST: 2, LAST: 4 } as const;
