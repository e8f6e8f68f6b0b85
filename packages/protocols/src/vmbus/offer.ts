/** The channel offer. Channel Management Protocol, OfferChannel. */

import { bytes, guid, pad, struct, u8, u16, u32 } from '@viridian/wire';

/** OfferChannel. `subChannelIndex` 0 is a primary channel. */
export const OfferChannel = struct('VMBUS_CHANNEL_OFFER_CHANNEL', 196, {
  type: u32,
  reserved: pad(4),
  interfaceId: guid,
  instanceId: guid,
  reserved1: pad(16),
  flags: u16,
  mmioMegabytes: u16,
  userDefined: bytes(120),
  subChannelIndex: u16,
  mmioMegabytesOptional: u16,
  relId: u32,
  monitorId: u8,
  monitorAllocated: u8,
  interruptFlags: u16,
  connectionId: u32,
});

/** Version 0.13 ends the offer behind `monitorAllocated`. */
export const OFFER_BYTES_0_13 = 190;

/** Bit 0 of `interruptFlags`: the channel has its own event connection. */
export const INTERRUPT_DEDICATED = 1;

/** Bit 0 of `monitorAllocated`. */
export const MONITOR_ALLOCATED = 1;

/** `monitorId` of a channel without one. */
export const MONITOR_ID_NONE = 0xff;

/** Offer flags, with the meaning of current versions. */
export const OfferFlag = {
  ENUMERATE_DEVICE_INTERFACE: 0x1,
  CONFIDENTIAL_RING_BUFFER: 0x2,
  CONFIDENTIAL_EXTERNAL_MEMORY: 0x4,
  PINNED_MEMORY: 0x8,
  NAMED_PIPE_MODE: 0x10,
  LOOPBACK_OFFER: 0x100,
  PARENT_OFFER: 0x200,
  REQUEST_MONITORED_NOTIFICATION: 0x400,
  TLNPI_PROVIDER_OFFER: 0x2000,
} as const;

/** `userDefined` of an offer in pipe mode. */
export const PipeUserData = struct('VMBUS_PIPE_OFFER', 120, {
  pipeType: u32,
  userData: bytes(112),
  pipeFlags: u32,
});

/** `pipeType` of an offer in pipe mode. */
export const PipeType = { BYTE: 0, MESSAGE: 4 } as const;

/** `userDefined` of the IDE accelerator: which drive it speeds up. `flags` is 2. */
export const IdeUserData = struct('VMBUS_IDE_OFFER', 120, {
  reserved0: pad(2),
  path: u8,
  target: u8,
  reserved1: pad(4),
  flags: u32,
  reserved2: pad(108),
});

/** `flags` of an IDE accelerator offer. */
export const IDE_OFFER_FLAGS = 2;

/** Bytes of `userDefined`, and of the user data of OpenChannel. */
export const USER_DATA_BYTES = 120;
