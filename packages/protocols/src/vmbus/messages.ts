/** Channel messages except the offer. Channel Management Protocol. Every structure begins with the header. */

import { bytes, guid, pad, struct, u8, u16, u32, u64capped } from '@viridian/wire';

/** What stands in front of each channel message. */
export const ChannelMessageHeader = struct('VMBUS_CHANNEL_MESSAGE_HEADER', 8, {
  type: u32,
  reserved: pad(4),
});

const header = { type: u32, reserved: pad(4) } as const;

/** Messages that are a header only: RequestOffers, AllOffersDelivered, Unload, UnloadResponse, Pause, PauseResponse, Resume. */
export const EmptyMessage = struct('VMBUS_CHANNEL_MESSAGE', 8, header);

/** RescindChannelOffer, CloseChannel, RelIdReleased: header and relid. */
export const RelIdMessage = struct('VMBUS_CHANNEL_RELID_MESSAGE', 12, { ...header, relId: u32 });

/** OpenChannel. `openId` is echoed. */
export const OpenChannel = struct('VMBUS_CHANNEL_OPEN_CHANNEL', 148, {
  ...header,
  relId: u32,
  openId: u32,
  ringGpadl: u32,
  targetVp: u32,
  downstreamPageOffset: u32,
  userData: bytes(120),
});

/** What version 6.0 adds behind OpenChannel: signal parameters that the guest chose. */
export const OpenChannelExtension = struct('VMBUS_CHANNEL_OPEN_CHANNEL (6.0 part)', 8, {
  connectionId: u32,
  eventFlag: u16,
  flags: u16,
});

/** Bit 0 of the extension's flags: redirect the channel's interrupt. */
export const OPEN_FLAG_REDIRECT_INTERRUPT = 1;

/** OpenChannelResult. `status` is an NTSTATUS. */
export const OpenChannelResult = struct('VMBUS_CHANNEL_OPEN_RESULT', 20, {
  ...header,
  relId: u32,
  openId: u32,
  status: u32,
});

/** GpadlHeader, fixed part; range data follow. */
export const GpadlHeader = struct('VMBUS_CHANNEL_GPADL_HEADER', 20, {
  ...header,
  relId: u32,
  gpadl: u32,
  rangeBytes: u16,
  rangeCount: u16,
});

/** GpadlBody, fixed part; more range data follow. Carries no relid; Linux leaves `messageNumber` 0. */
export const GpadlBody = struct('VMBUS_CHANNEL_GPADL_BODY', 16, {
  ...header,
  messageNumber: u32,
  gpadl: u32,
});

/** GpadlCreated. */
export const GpadlCreated = struct('VMBUS_CHANNEL_GPADL_CREATED', 20, {
  ...header,
  relId: u32,
  gpadl: u32,
  status: u32,
});

/** GpadlTeardown. */
export const GpadlTeardown = struct('VMBUS_CHANNEL_GPADL_TEARDOWN', 16, {
  ...header,
  relId: u32,
  gpadl: u32,
});

/** GpadlTorndown: the id alone. */
export const GpadlTorndown = struct('VMBUS_CHANNEL_GPADL_TORNDOWN', 12, { ...header, gpadl: u32 });

/** InitiateContact before 5.0: the guest's interrupt page, and its two monitor pages (both or none). */
export const InitiateContact = struct('VMBUS_CHANNEL_INITIATE_CONTACT', 40, {
  ...header,
  version: u32,
  targetVp: u32,
  interruptPageGpa: u64capped,
  parentToChildMonitorPageGpa: u64capped,
  childToParentMonitorPageGpa: u64capped,
});

/** InitiateContact from 5.0 on: SINT, VTL (5.1) and feature flags (6.0) in place of the interrupt page. */
export const InitiateContact5 = struct('VMBUS_CHANNEL_INITIATE_CONTACT (5.0)', 40, {
  ...header,
  version: u32,
  targetVp: u32,
  targetSint: u8,
  targetVtl: u8,
  reserved1: pad(2),
  featureFlags: u32,
  parentToChildMonitorPageGpa: u64capped,
  childToParentMonitorPageGpa: u64capped,
});

/** InitiateContact of 6.0 with the client id feature. */
export const InitiateContact6 = struct('VMBUS_CHANNEL_INITIATE_CONTACT (6.0)', 56, {
  ...header,
  version: u32,
  targetVp: u32,
  targetSint: u8,
  targetVtl: u8,
  reserved1: pad(2),
  featureFlags: u32,
  parentToChildMonitorPageGpa: u64capped,
  childToParentMonitorPageGpa: u64capped,
  clientId: guid,
});

/**
 * VersionResponse. `versionOrConnectionId` is the version before 5.0, from 5.0 on the connection for all
 * further messages. Linux drops anything shorter and ignores `connectionState`.
 */
export const VersionResponse = struct('VMBUS_CHANNEL_VERSION_RESPONSE', 16, {
  ...header,
  versionSupported: u8,
  connectionState: u8,
  reserved1: pad(2),
  versionOrConnectionId: u32,
});

/** VersionResponse of 6.0. */
export const VersionResponse6 = struct('VMBUS_CHANNEL_VERSION_RESPONSE (6.0)', 20, {
  ...header,
  versionSupported: u8,
  connectionState: u8,
  reserved1: pad(2),
  versionOrConnectionId: u32,
  supportedFeatures: u32,
});

/** VersionResponse of 6.0 with monitor pages of the server. */
export const VersionResponse6MonitorPages = struct(
  'VMBUS_CHANNEL_VERSION_RESPONSE (6.0, monitor pages)',
  40,
  {
    ...header,
    versionSupported: u8,
    connectionState: u8,
    reserved1: pad(2),
    versionOrConnectionId: u32,
    supportedFeatures: u32,
    reserved2: pad(4),
    parentToChildMonitorPageGpa: u64capped,
    childToParentMonitorPageGpa: u64capped,
  },
);

/** OpenReservedChannel. */
export const OpenReservedChannel = struct('VMBUS_CHANNEL_OPEN_RESERVED_CHANNEL', 28, {
  ...header,
  relId: u32,
  targetVp: u32,
  targetSint: u32,
  ringGpadl: u32,
  downstreamPageOffset: u32,
});

/** CloseReservedChannel. */
export const CloseReservedChannel = struct('VMBUS_CHANNEL_CLOSE_RESERVED_CHANNEL', 20, {
  ...header,
  relId: u32,
  targetVp: u32,
  targetSint: u32,
});

/** CloseReservedChannelResponse. */
export const CloseReservedChannelResponse = struct('VMBUS_CHANNEL_CLOSE_RESERVED_RESPONSE', 12, {
  ...header,
  relId: u32,
});

/** TlConnectRequest: a guest socket wants to reach a host service. */
export const TlConnectRequest = struct('VMBUS_CHANNEL_TL_CONNECT_REQUEST', 40, {
  ...header,
  endpointId: guid,
  serviceId: guid,
});

/** TlConnectRequest of 5.2 with a silo id. */
export const TlConnectRequest52 = struct('VMBUS_CHANNEL_TL_CONNECT_REQUEST (5.2)', 56, {
  ...header,
  endpointId: guid,
  serviceId: guid,
  siloId: guid,
});

/** ModifyChannel: another target VP. */
export const ModifyChannel = struct('VMBUS_CHANNEL_MODIFY_CHANNEL', 16, {
  ...header,
  relId: u32,
  targetVp: u32,
});

/** TlConnectResult. */
export const TlConnectResult = struct('VMBUS_CHANNEL_TL_CONNECT_RESULT', 44, {
  ...header,
  endpointId: guid,
  serviceId: guid,
  status: u32,
});

/** ModifyChannelResponse, from 5.3 on. */
export const ModifyChannelResponse = struct('VMBUS_CHANNEL_MODIFY_CHANNEL_RESPONSE', 16, {
  ...header,
  relId: u32,
  status: u32,
});

/** ModifyConnection: other monitor pages. */
export const ModifyConnection = struct('VMBUS_CHANNEL_MODIFY_CONNECTION', 24, {
  ...header,
  parentToChildMonitorPageGpa: u64capped,
  childToParentMonitorPageGpa: u64capped,
});

/** ModifyConnectionResponse. */
export const ModifyConnectionResponse = struct('VMBUS_CHANNEL_MODIFY_CONNECTION_RESPONSE', 9, {
  ...header,
  connectionState: u8,
});
