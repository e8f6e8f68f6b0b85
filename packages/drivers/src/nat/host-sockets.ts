/** What a gateway needs of the host: sockets and timers. `@viridian/drivers/node` has them. */

import type { TcpEvents, TcpSocket } from '@viridian/inet';

export type { TcpEvents, TcpSocket };

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

/** The host's network. Addresses are IPv4 or IPv6 in text. */
export interface HostSockets {
  connectTcp(address: string, port: number, events: TcpEvents): TcpSocket;
  /** `accept` gives the events of each connection, or undefined to refuse it. Rejects when the port cannot be had. */
  listenTcp(
    address: string,
    port: number,
    accept: (socket: TcpSocket) => TcpEvents | undefined,
  ): Promise<HostListener>;
  /** A socket for one kind of addresses. */
  openUdp(
    received: (bytes: Uint8Array, address: string, port: number) => void,
    kind: 'ipv4' | 'ipv6',
  ): UdpSocket;
  /** Name servers that the host itself uses. */
  resolvers(): readonly string[];
  /** All addresses that are the host's own. */
  ownAddresses(): readonly string[];
  /** Calls back later; the result cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}
