/** The other end of a guest's connections, in a thread of its own as it would be another process: sends, or takes. */

import { createServer, type Server, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** What the thread is started with. */
export interface TcpPeerData {
  /** Bytes that a connection to the source gets. */
  readonly sourceBytes: number;
}

/** What the thread tells when it listens. */
export interface TcpPeerMessage {
  readonly ports: { readonly source: number; readonly sink: number };
}

const CHUNK_BYTES = 256 * 1024;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function source(socket: Socket, bytes: number): void {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let left = bytes;
  const send = (): void => {
    while (left > 0) {
      const length = Math.min(left, CHUNK_BYTES);
      left -= length;
      if (!socket.write(chunk.subarray(0, length))) return;
    }
    socket.end();
  };
  socket.on('drain', send);
  socket.on('error', () => {});
  socket.resume();
  send();
}

const { sourceBytes } = workerData as TcpPeerData;
const sources = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => source(socket, sourceBytes));
const sinks = createServer((socket) => {
  socket.on('error', () => {});
  socket.resume();
});
const message: TcpPeerMessage = { ports: { source: await listen(sources), sink: await listen(sinks) } };
parentPort?.postMessage(message);
