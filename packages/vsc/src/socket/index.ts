/** Sockets between a guest and its parent. */

export { GuestSocket } from './guest-socket.ts';
export {
  type GuestConnectOptions,
  type GuestListener,
  type GuestSocketSettings,
  GuestSockets,
  isSocketOffer,
} from './guest-sockets.ts';
export { SocketError, type SocketErrorKind } from './socket-error.ts';
