/** Sockets between the parent and a guest. */

export type { SocketConnection } from './socket-connection.ts';
export { SocketError, type SocketErrorKind } from './socket-error.ts';
export {
  type ConnectOptions,
  type SocketBus,
  type SocketListener,
  SocketService,
  type SocketSettings,
} from './socket-service.ts';
