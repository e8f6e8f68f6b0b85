/** The packets of the storage channel. StorVSP protocol, vstor packet. */

import { bytes, pad, struct, u8, u16, u32 } from '@viridian/wire';

/** `operation` of a packet. */
export const VstorOperation = {
  COMPLETE_IO: 1,
  REMOVE_DEVICE: 2,
  EXECUTE_SRB: 3,
  RESET_LUN: 4,
  RESET_ADAPTER: 5,
  RESET_BUS: 6,
  BEGIN_INITIALIZATION: 7,
  END_INITIALIZATION: 8,
  QUERY_PROTOCOL_VERSION: 9,
  QUERY_PROPERTIES: 10,
  ENUMERATE_BUS: 11,
  FCHBA_DATA: 12,
  CREATE_SUB_CHANNELS: 13,
  EVENT_NOTIFICATION: 14,
} as const;

/** A known operation. */
export type VstorOperation = (typeof VstorOperation)[keyof typeof VstorOperation];

/** Bit 0 of a packet's flags: the sender wants a completion. */
export const VSTOR_FLAG_REQUEST_COMPLETION = 1;

/** Bytes of a packet since protocol 5.1, and the most that an answer has. */
export const VSTOR_PACKET_BYTES = 64;

/** Bytes of a packet up to protocol 4.2. */
export const VSTOR_PACKET_BYTES_WIN7 = 48;

/** The operation-specific part begins here. */
export const VSTOR_PAYLOAD_OFFSET = 12;

const header = { operation: u32, flags: u32, status: u32 } as const;

const srb = {
  length: u16,
  srbStatus: u8,
  scsiStatus: u8,
  portNumber: u8,
  pathId: u8,
  targetId: u8,
  lun: u8,
  cdbLength: u8,
  senseLength: u8,
  dataIn: u8,
  properties: u8,
  dataTransferLength: u32,
  cdbOrSense: bytes(20),
} as const;

const srbWin8 = {
  reserved: pad(2),
  queueTag: u8,
  queueAction: u8,
  srbFlags: u32,
  timeoutSeconds: u32,
  queueSortKey: u32,
} as const;

/** In front of every packet. `status` is an NTSTATUS, meant in completions. */
export const VstorPacketHeader = struct('VSTOR_PACKET header', 12, header);

/** A packet whose payload is not looked into. */
export const VstorPacket = struct('VSTOR_PACKET', 64, { ...header, payload: bytes(52) });

/** The SRB as payload, protocol 5.1 and later. A request carries a CDB of 16 bytes, a completion the sense data. */
export const VmscsiRequest = struct('VMSCSI_REQUEST', 52, { ...srb, ...srbWin8 });

/** The SRB as payload, up to protocol 4.2. */
export const VmscsiRequestWin7 = struct('VMSCSI_REQUEST (Windows 7)', 36, srb);

/** A whole EXECUTE_SRB packet, or the completion of one. */
export const VstorSrbPacket = struct('VSTOR_PACKET (SRB)', 64, { ...header, ...srb, ...srbWin8 });

/** Payload of QUERY_PROTOCOL_VERSION. `majorMinor` has the major number in 15:8. */
export const VmstorageProtocolVersion = struct('VMSTORAGE_PROTOCOL_VERSION', 4, {
  majorMinor: u16,
  build: u16,
});

/** Payload of the completion of QUERY_PROPERTIES. `maxTransferBytes` is a non-zero multiple of 4096. */
export const VmstorageChannelProperties = struct('VMSTORAGE_CHANNEL_PROPERTIES', 24, {
  reserved0: pad(4),
  maxSubChannels: u16,
  reserved1: pad(2),
  flags: u32,
  maxTransferBytes: u32,
  reserved2: pad(8),
});

/** Bit 0 of the properties' flags: several channels per adapter. */
export const PROPERTIES_FLAG_MULTI_CHANNEL = 1;

/** Payload of CREATE_SUB_CHANNELS. */
export const VmstorageSubChannels = struct('VMSTORAGE_CREATE_SUB_CHANNELS', 2, { subChannelCount: u16 });

/** Payload of the completion of FCHBA_DATA: world wide names as raw bytes. */
export const VmfcHbaData = struct('HV_FC_WWN_PACKET', 36, {
  primaryActive: u8,
  reserved: pad(3),
  primaryPortName: bytes(8),
  primaryNodeName: bytes(8),
  secondaryPortName: bytes(8),
  secondaryNodeName: bytes(8),
});
