/** The parent's end of VMBus. */

export type { ChannelReport } from './channel-ledger.ts';
export type { HostTransport, SignalConnection } from './host-transport.ts';
export type {
  GpadlRange,
  HostChannel,
  NtStatus,
  Offer,
  OfferedDevice,
  OpenRequest,
  SocketRequest,
} from './offered-device.ts';
export { VmbusHost, type VmbusHostOptions } from './vmbus-host.ts';
