/** All TCP connections of a gateway. RFC 5382. */

import {
  type IpAddress,
  type PacketEnds,
  resetFor,
  TcpFlag,
  TcpFlow,
  type TcpSegment,
  type TcpSocket,
  tcpPacket,
} from '@viridian/inet';
import { Frame } from '../network/frame.ts';
import { type GatewayCore, MOST_FLOWS } from './gateway-core.ts';
import { addressKey } from './neighbours.ts';

const FIRST_EPHEMERAL_PORT = 49_152;
/** TCP and IP headers without options, of the longer kind. */
const HEADER_BYTES = { 4: 40, 16: 60 } as const;
const MOST_MTU_BYTES = 65_000;
/** A connection on which nothing was heard for so long makes room when there is none. */
const IDLE_MS = 5 * 60_000;

/** The two ends of a connection, the guest's first. */
export interface Connection {
  readonly guest: IpAddress;
  readonly guestPort: number;
  readonly remote: IpAddress;
  readonly remotePort: number;
}

/** Bounded in number; each flow is bounded in bytes. */
export class TcpFlows {
  readonly #core: GatewayCore;
  readonly #now: () => number;
  readonly #flows = new Map<string, { readonly flow: TcpFlow; heard: number }>();
  #nextPort = FIRST_EPHEMERAL_PORT;

  /** `now` in milliseconds from any beginning. */
  constructor(core: GatewayCore, now: () => number) {
    this.#core = core;
    this.#now = now;
  }

  get count(): number {
    return this.#flows.size;
  }

  /** A segment of a guest. */
  segment(connection: Connection, segment: TcpSegment): void {
    const known = this.#flows.get(keyOf(connection));
    if (known !== undefined) {
      known.heard = this.#now();
      known.flow.segment(segment);
      return;
    }
    const isOpening = (segment.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.SYN;
    const { remote, remotePort } = connection;
    const target = isOpening ? this.#core.target('tcp', remote, remotePort) : undefined;
    const ends = this.#ends(connection);
    if (ends === undefined) return;
    if (target === undefined || !this.#hasRoom()) {
      if ((segment.flags & TcpFlag.RST) === 0) this.#send(ends, connection, segment);
      return;
    }
    const flow = this.#open(connection, ends, segment);
    flow.socket = this.#core.settings.sockets.connectTcp(target, remotePort, flow);
  }

  /** A connection of the host to a guest's port, shown as coming from the gateway; undefined when the guest was never heard of. */
  accept(socket: TcpSocket, guest: IpAddress, guestPort: number, gateway: IpAddress): TcpFlow | undefined {
    this.#nextPort = this.#nextPort === 0xffff ? FIRST_EPHEMERAL_PORT : this.#nextPort + 1;
    const connection = { guest, guestPort, remote: gateway, remotePort: this.#nextPort };
    const ends = this.#ends(connection);
    if (ends === undefined || this.#flows.has(keyOf(connection)) || !this.#hasRoom()) return undefined;
    const flow = this.#open(connection, ends, undefined);
    flow.socket = socket;
    flow.start();
    return flow;
  }

  /** Resets all of them. */
  close(): void {
    for (const { flow } of [...this.#flows.values()]) flow.abort();
  }

  #ends({ guest, remote }: Connection): PacketEnds | undefined {
    return this.#core.neighbours.ends(guest.slice(), remote.slice());
  }

  #hasRoom(): boolean {
    if (this.#flows.size < MOST_FLOWS) return true;
    const oldest = [...this.#flows.values()].reduce((one, other) => (other.heard < one.heard ? other : one));
    if (this.#now() - oldest.heard >= IDLE_MS) {
      oldest.flow.abort();
      return true;
    }
    this.#core.counters.flowsRefused += 1;
    return false;
  }

  #open(connection: Connection, ends: PacketEnds, opening: TcpSegment | undefined): TcpFlow {
    const { settings, counters } = this.#core;
    const { guestPort, remotePort } = connection;
    const key = keyOf(connection);
    const headerBytes = ends.from.length === 4 ? HEADER_BYTES[4] : HEADER_BYTES[16];
    const flow = new TcpFlow(
      {
        mss: Math.min(settings.mtuBytes, MOST_MTU_BYTES) - headerBytes,
        emit: (fields, payload, segmentBytes) => {
          const packet = tcpPacket(ends, remotePort, guestPort, fields, payload, segmentBytes);
          settings.send(new Frame(packet.bytes, packet));
        },
        after: settings.sockets.after,
        done: () => {
          this.#flows.delete(key);
        },
      },
      opening,
    );
    this.#flows.set(key, { flow, heard: this.#now() });
    counters.flowsOpened += 1;
    return flow;
  }

  #send(ends: PacketEnds, { guestPort, remotePort }: Connection, answered: TcpSegment): void {
    const packet = tcpPacket(ends, remotePort, guestPort, resetFor(answered), [], 1);
    this.#core.settings.send(new Frame(packet.bytes, packet));
  }
}

function keyOf({ guest, guestPort, remote, remotePort }: Connection): string {
  return addressKey(guest) + addressKey(remote) + String.fromCharCode(guestPort, remotePort);
}
