/** The host's sockets, by Node. */

import { createSocket } from 'node:dgram';
import { getServers } from 'node:dns';
import { connect, createServer, isIP, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TcpEvents, TcpSocket } from '@viridian/inet';
import type { HostListener, HostSockets, UdpSocket } from '../nat/host-sockets.ts';

/** Sockets for a `NatGateway`. `resolvers` replaces the name servers of the host's configuration. */
export function hostSockets(options: { readonly resolvers?: readonly string[] } = {}): HostSockets {
  return {
    connectTcp: (address, port, events) => {
      const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
      socket.on('connect', () => events.connected());
      return attach(socket, events);
    },
    listenTcp,
    openUdp,
    // A port behind the address, or a zone, is nothing that the gateway knows.
    resolvers: () => options.resolvers ?? getServers().filter((server) => isIP(server) !== 0),
    ownAddresses: () =>
      Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address)),
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

function attach(socket: Socket, events: TcpEvents): TcpSocket {
  socket.on('data', (bytes) => events.received(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)));
  socket.on('end', () => events.ended());
  socket.on('drain', () => events.drained());
  // What went wrong is of no interest: the guest hears that it did.
  socket.on('error', () => {});
  socket.on('close', (hadError) => events.closed(hadError));
  return tcpSocket(socket);
}

function tcpSocket(socket: Socket): TcpSocket {
  return {
    get pendingBytes() {
      return socket.writableLength;
    },
    write: (bytes) => void (socket.writable && socket.write(bytes)),
    end: () => void socket.end(),
    destroy: () => void socket.resetAndDestroy(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}

async function listenTcp(
  address: string,
  port: number,
  accept: (socket: TcpSocket) => TcpEvents | undefined,
): Promise<HostListener> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    const events = accept(tcpSocket(socket));
    if (events === undefined) {
      socket.resetAndDestroy();
      return;
    }
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    attach(socket, events);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  server.unref();
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

function openUdp(
  received: (bytes: Uint8Array, address: string, port: number) => void,
  kind: 'ipv4' | 'ipv6',
): UdpSocket {
  const socket = createSocket(kind === 'ipv4' ? 'udp4' : 'udp6');
  socket.on('message', (bytes, { address, port }) =>
    received(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), address, port),
  );
  // A datagram that cannot be sent is lost, as datagrams are.
  socket.on('error', () => {});
  socket.unref();
  let isOpen = true;
  return {
    send: (bytes, address, port) => {
      if (isOpen) socket.send(bytes, port, address, () => {});
    },
    close: () => {
      isOpen = false;
      socket.close();
    },
  };
}
