/** Why there is no connection. */

/**
 * - `not-ready`: the guest has no bus, or one that is too old
 * - `busy`: too many connections, or the port has a listener already
 * - `timeout`: nobody in the guest listens on the port, or it has no driver for sockets
 * - `closed`: the machine came to its end first
 */
export type SocketErrorKind = 'not-ready' | 'busy' | 'timeout' | 'closed';

/** Rejected with by `connect`, thrown by `listen`. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  readonly kind: SocketErrorKind;
  /** The vsock port. */
  readonly port: number;

  constructor(kind: SocketErrorKind, port: number, text: string) {
    super(`port ${port}: ${text}`);
    this.kind = kind;
    this.port = port;
  }
}
