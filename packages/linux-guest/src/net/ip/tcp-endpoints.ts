/** The TCP connections of a stack: who listens, and which flow a segment belongs to. RFC 9293. */

import {
  formatIp,
  type IpAddress,
  type OutgoingSegment,
  type PacketEnds,
  resetFor,
  TcpFlag,
  TcpFlow,
  type TcpSegment,
  tcpPacket,
} from '@viridian/inet';
import { TcpConnection } from './tcp-connection.ts';

/** What the connections need of their stack. */
export interface TcpEndpointSettings {
  readonly mtuBytes: number;
  /** Payload of the largest segment that the adapter cuts; 0 when it cuts none. */
  readonly largestSegmentBytes: number;
  /** The segment is the caller's again when this returns. */
  readonly send: (segment: OutgoingSegment) => void;
  readonly after: (milliseconds: number, callback: () => void) => () => void;
}

/** A segment, and from whom to whom it came; the ends are seen from our side. */
export interface Arrival {
  readonly ends: PacketEnds;
  readonly ownPort: number;
  readonly peerPort: number;
}

type Accept = (connection: TcpConnection) => void;

const MOST_CONNECTIONS = 1024;
const FIRST_PORT = 49_152;

/** Of one stack. */
export class TcpEndpoints {
  readonly #settings: TcpEndpointSettings;
  readonly #flows = new Map<string, TcpFlow>();
  readonly #listeners = new Map<number, Accept>();
  #nextPort = FIRST_PORT;
  readonly #scratch = new Uint8Array(0x1_0000);

  constructor(settings: TcpEndpointSettings) {
    this.#settings = settings;
  }

  /** Takes connections to a port until the result is called. Throws when somebody listens there. */
  listen(port: number, accept: Accept): () => void {
    if (this.#listeners.has(port)) throw new Error(`somebody listens on port ${port}`);
    this.#listeners.set(port, accept);
    return () => this.#listeners.delete(port);
  }

  /** Begins a connection; its `opened` tells how that went. Throws when there are too many. */
  connect(ends: PacketEnds, port: number): TcpConnection {
    const arrival = { ends, ownPort: this.#freePort(ends, port), peerPort: port };
    if (this.#flows.size >= MOST_CONNECTIONS) throw new Error('too many connections');
    const flow = this.#open(arrival, undefined);
    const connection = new TcpConnection(flow);
    flow.start();
    return connection;
  }

  /** A segment came. */
  segment(arrival: Arrival, segment: TcpSegment): void {
    const flow = this.#flows.get(keyOf(arrival));
    if (flow !== undefined) {
      flow.segment(segment);
      return;
    }
    const isOpening = (segment.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.SYN;
    const accept = isOpening ? this.#listeners.get(arrival.ownPort) : undefined;
    if (accept !== undefined && this.#flows.size < MOST_CONNECTIONS) {
      const opened = this.#open(arrival, segment);
      accept(new TcpConnection(opened));
      opened.connected();
    } else if ((segment.flags & TcpFlag.RST) === 0) {
      const { ends, ownPort, peerPort } = arrival;
      this.#settings.send(tcpPacket(ends, ownPort, peerPort, resetFor(segment), [], 1));
    }
  }

  /** Resets all connections. */
  close(): void {
    this.#listeners.clear();
    for (const flow of [...this.#flows.values()]) flow.abort();
  }

  #open(arrival: Arrival, opening: TcpSegment | undefined): TcpFlow {
    const { mtuBytes, largestSegmentBytes, send, after } = this.#settings;
    const { ends, ownPort, peerPort } = arrival;
    const key = keyOf(arrival);
    const mss = mtuBytes - (ends.from.length === 4 ? 40 : 60);
    const flow = new TcpFlow(
      {
        mss,
        largestSegmentBytes: Math.max(mss, largestSegmentBytes),
        emit: (fields, payload, segmentBytes) =>
          send(tcpPacket(ends, ownPort, peerPort, fields, payload, segmentBytes, this.#scratch)),
        after,
        done: () => {
          this.#flows.delete(key);
        },
      },
      opening,
    );
    this.#flows.set(key, flow);
    return flow;
  }

  #freePort(ends: PacketEnds, peerPort: number): number {
    for (;;) {
      const ownPort = this.#nextPort;
      this.#nextPort = ownPort === 0xffff ? FIRST_PORT : ownPort + 1;
      if (!this.#flows.has(keyOf({ ends, ownPort, peerPort }))) return ownPort;
    }
  }
}

function keyOf({ ends, ownPort, peerPort }: Arrival): string {
  return `${ownPort} ${formatIp(ends.to as IpAddress)} ${peerPort}`;
}
