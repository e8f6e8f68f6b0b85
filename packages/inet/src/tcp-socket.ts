/** What stands at the end of a TCP flow: whoever the bytes are for, and from. */

/** What the end of a flow tells it. Nothing is told after `closed`. */
export interface TcpEvents {
  connected(): void;
  /** Bytes for the peer; they are the receiver's to keep. */
  received(bytes: Uint8Array): void;
  /** No more bytes come. */
  ended(): void;
  /** All that was written is on its way: room again. */
  drained(): void;
  /** The end is gone; `refused` when nobody took the connection or it broke. */
  closed(refused: boolean): void;
}

/** The end of a flow, e.g. a connection of the host. */
export interface TcpSocket {
  /** Bytes that were written and have not left. */
  readonly pendingBytes: number;
  /** Bytes of the peer, a view of a packet that nobody changes. */
  write(bytes: Uint8Array): void;
  /** No more will be written; the other direction stays open. */
  end(): void;
  /** Gives up at once, with a reset. */
  destroy(): void;
  /** No bytes are wanted until `resume`. */
  pause(): void;
  resume(): void;
}
