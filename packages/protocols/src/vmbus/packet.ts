/** Packets in a ring. VMBus packet format. */

import { halves, pad, struct, u8, u16, u32, u64 } from '@viridian/wire';

/** `type` of a packet descriptor. */
export const PacketType = {
  INVALID: 0,
  SYNCH: 1,
  ADD_TRANSFER_PAGE_SET: 2,
  REMOVE_TRANSFER_PAGE_SET: 3,
  ESTABLISH_GPADL: 4,
  TEAR_DOWN_GPADL: 5,
  DATA_INBAND: 6,
  DATA_USING_TRANSFER_PAGES: 7,
  DATA_USING_GPADL: 8,
  DATA_USING_GPA_DIRECT: 9,
  CANCEL_REQUEST: 10,
  COMPLETION: 11,
  DATA_USING_ADDITIONAL_PACKETS: 12,
  ADDITIONAL_DATA: 13,
} as const;

/** Bit 0 of a descriptor's flags; any other bit is an error. */
export const PACKET_FLAG_COMPLETION_REQUESTED = 1;

/** The 16 bytes in front of each packet. Sizes count quadwords: payload start, and length without trailer. */
export const PacketDescriptor = struct('VMPACKET_DESCRIPTOR', 16, {
  type: u16,
  dataOffset8: u16,
  length8: u16,
  flags: u16,
  transactionId: u64,
});

/** The same descriptor with the id as two halves, for ring code that must not allocate. */
export const PacketDescriptorHalves = struct('VMPACKET_DESCRIPTOR (halves)', 16, {
  type: u16,
  dataOffset8: u16,
  length8: u16,
  flags: u16,
  ...halves('transactionId'),
});

/** What follows the descriptor of a GPA-direct packet; ranges follow. The first word may be garbage. */
export const GpaDirectHeader = struct('VMDATA_GPA_DIRECT', 8, { reserved: pad(4), rangeCount: u32 });

/** What follows the descriptor of a transfer-page packet; `TransferPageRange`s follow. */
export const TransferPageHeader = struct('VMTRANSFER_PAGE_PACKET_HEADER', 8, {
  transferPageSetId: u16,
  senderOwnsSet: u8,
  reserved: pad(1),
  rangeCount: u32,
});

/** One range of a transfer-page packet. */
export const TransferPageRange = struct('VMTRANSFER_PAGE_RANGE', 8, { byteCount: u32, byteOffset: u32 });

/** `dataOffset8` of a packet that has nothing between descriptor and payload. */
export const PLAIN_DATA_OFFSET8 = 2;

/** In front of each payload on pipe channels: integration services, mouse, video and sockets. */
export const PipeHeader = struct('VMPIPE_PROTOCOL_HEADER', 8, { packetType: u32, dataBytes: u32 });

/** `packetType` of a pipe header. */
export const PipePacketType = { DATA: 1, PARTIAL: 2, SETUP_GPA_DIRECT: 3, TEARDOWN_GPA_DIRECT: 4 } as const;

/** Most payload behind one pipe header. */
export const PIPE_MAX_PAYLOAD_BYTES = 16384;
