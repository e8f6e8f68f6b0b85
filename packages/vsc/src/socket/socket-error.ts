/** Why there is no connection. */

/**
 * - `refused`: nobody in the parent listens on the port, or it serves no sockets
 * - `timeout`: the parent did not answer in time
 * - `busy`: the port has a listener already
 * - `closed`: the bus or the connection is gone
 */
export type SocketErrorKind = 'refused' | 'timeout' | 'busy' | 'closed';

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
