export {
  GPADL_BODY_QWORDS,
  GPADL_HEADER_QWORDS,
  GpaRangeHeader,
  GpaRangePage,
  LINUX_FIRST_GPADL,
  rangePages,
} from './gpadl.ts';
export type { InterfaceName } from './guids.ts';
export { InstanceId, InterfaceId, InterfaceWire, ideInstanceId } from './guids.ts';
export {
  INTERRUPT_PAGE_GUEST_TO_HOST,
  LINUX_VMBUS_VECTOR,
  LinuxMaxPacketBytes,
  MAX_MESSAGE_BYTES,
  MAX_REL_ID,
  VMBUS_MESSAGE_TYPE,
  VMBUS_SINT,
  VP_INDEX_NO_INTERRUPT,
} from './limits.ts';
export type { ChannelMessageInfo, MessageDirection } from './message-table.ts';
export { CHANNEL_MESSAGES, minimumMessageBytes } from './message-table.ts';
export type { ChannelMessageName } from './message-types.ts';
export { ChannelMessageType } from './message-types.ts';
export {
  ChannelMessageHeader,
  CloseReservedChannel,
  CloseReservedChannelResponse,
  EmptyMessage,
  GpadlBody,
  GpadlCreated,
  GpadlHeader,
  GpadlTeardown,
  GpadlTorndown,
  InitiateContact,
  InitiateContact5,
  InitiateContact6,
  ModifyChannel,
  ModifyChannelResponse,
  ModifyConnection,
  ModifyConnectionResponse,
  OPEN_FLAG_REDIRECT_INTERRUPT,
  OpenChannel,
  OpenChannelExtension,
  OpenChannelResult,
  OpenReservedChannel,
  RelIdMessage,
  TlConnectRequest,
  TlConnectRequest52,
  TlConnectResult,
  VersionResponse,
  VersionResponse6,
  VersionResponse6MonitorPages,
} from './messages.ts';
export {
  MONITOR_COUNT,
  MonitorOffset,
  MonitorPage,
  MonitorParameter,
  MonitorTriggerGroup,
} from './monitor.ts';
export { NtStatus } from './nt-status.ts';
export {
  IDE_OFFER_FLAGS,
  IdeUserData,
  INTERRUPT_DEDICATED,
  MONITOR_ALLOCATED,
  MONITOR_ID_NONE,
  OFFER_BYTES_0_13,
  OfferChannel,
  OfferFlag,
  PipeType,
  PipeUserData,
  USER_DATA_BYTES,
} from './offer.ts';
export {
  GpaDirectHeader,
  PACKET_FLAG_COMPLETION_REQUESTED,
  PacketDescriptor,
  PacketDescriptorHalves,
  PacketType,
  PIPE_MAX_PAYLOAD_BYTES,
  PipeHeader,
  PipePacketType,
  PLAIN_DATA_OFFSET8,
  TransferPageHeader,
  TransferPageRange,
} from './packet.ts';
export {
  PACKET_TRAILER_BYTES,
  RING_ALIGNMENT,
  RING_CONTROL_BYTES,
  RING_FEATURE_PENDING_SEND_SIZE,
  RingControl,
} from './ring.ts';
export type { VersionInfo } from './versions.ts';
export {
  ConnectionState,
  LINUX_VERSIONS,
  VMBUS_VERSIONS,
  VmbusFeature,
  VmbusVersion,
  versionText,
} from './versions.ts';
