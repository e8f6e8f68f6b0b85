/** The child's end of VMBus. */

export type { AllocatedPages, GuestTransport } from './guest-transport.ts';
export type {
  ChannelOffer,
  GpadlRangeInput,
  GuestBus,
  GuestChannel,
  OpenOptions,
  SocketRequest,
  VmbusGuestOptions,
} from './guest-types.ts';
export { VmbusError, type VmbusErrorKind } from './vmbus-error.ts';
export { VmbusGuest } from './vmbus-guest.ts';
