/** What a gateway needs of the host: sockets and timers. `@viridian/drivers/node` has them. */

/** What a TCP connection of the host tells. Nothing is told after `closed`. */
export interface TcpEvents {
  connected(): void;
  /** Bytes came; they are the receiver's to keep. */
  received(bytes: Uint8Array): void;
  /** The other end sends no more. */
  ended(): void;
  /** All that was written is on its way: room again. */
  drained(): void;
  /** The connection is gone; `refused` when nobody took it or it broke. */
  closed(refused: boolean): void;
}

/** A TCP connection of the host. */
export interface TcpSocket {
  /** Bytes that were written and have not left. */
  readonly pendingBytes: number;
  write(bytes: Uint8Array): void;
  /** No more will be written; the other direction stays open. */
  end(): void;
  /** Gives up at once, with a reset. */
  destroy(): void;
  /** No bytes are wanted until `resume`. */
  pause(): void;
  resume(): void;
}

/** A UDP socket of the host. */
export interface UdpSocket {
  send(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

/** Something that listens. */
export interface HostListener {
  /** The port it got. */
  readonly port: number;
  close(): void;
}

/** The host's network. Addresses are IPv4 in text. */
export interface HostSockets {
  connectTcp(address: string, port: number, events: TcpEvents): TcpSocket;
  /** `accept` gives the events of each connection, or undefined to refuse it. Rejects when the port cannot be had. */
  listenTcp(
    address: string,
    port: number,
    accept: (socket: TcpSocket) => TcpEvents | undefined,
  ): Promise<HostListener>;
  openUdp(received: (bytes: Uint8Array, address: string, port: number) => void): UdpSocket;
  /** Name servers that the host itself uses. */
  resolvers(): readonly string[];
  /** Calls back later; the result cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}
