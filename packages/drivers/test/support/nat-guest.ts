/** A guest of a gateway, put together from packets; its TCP is the gateway's own flow, seen from the other side. */

import {
  Frame,
  NatGateway,
  type NatOptions,
  SegmentCutter,
  Switch,
  type SwitchPort,
} from '@viridian/drivers';
import { hostSockets } from '@viridian/drivers/node';
import {
  formatIp,
  icmpPacket,
  loadWord,
  type PacketEnds,
  PacketLayout,
  parseIp,
  readSegment,
  storeLong,
  TcpFlow,
  tcpPacket,
  udpPacket,
} from '@viridian/inet';
import { MAC_A } from './packets.ts';

export const GATEWAY = 0x0a00_0202;
export const GUEST = 0x0a00_020f;
export const GATEWAY_6 = 'fd76:6972:6964::2';
export const GUEST_6 = 'fd76:6972:6964::15';
const GATEWAY_MAC = Uint8Array.of(0x52, 0x55, 0x0a, 0, 2, 2);

/** A connection of the guest. */
export interface GuestConnection {
  readonly flow: TcpFlow;
  readonly received: Uint8Array[];
  /** The gateway sends no more. */
  readonly ended: Promise<void>;
  readonly over: Promise<void>;
  isReset: boolean;
  send(bytes: Uint8Array): void;
  end(): void;
}

export class NatGuest {
  readonly network = new Switch({ mtuBytes: 1500 });
  readonly gateway: NatGateway;
  readonly port: SwitchPort;
  /** Frames that came and are not TCP. */
  readonly heard: Uint8Array[] = [];
  /** Frames that are lost on the way, by their number. */
  loses: (index: number) => boolean = () => false;
  readonly #flows = new Map<string, TcpFlow>();
  readonly #connections = new Map<TcpFlow, GuestConnection>();
  readonly #layout = new PacketLayout();
  readonly #cutter = new SegmentCutter();
  readonly #sockets = hostSockets();
  #index = 0;
  #nextPort = 40_000;
  /** Called for connections to the guest. */
  onConnection: ((connection: GuestConnection) => void) | undefined;

  constructor(options: Partial<NatOptions> = {}) {
    this.gateway = new NatGateway({
      port: this.network.port('gateway'),
      sockets: hostSockets({ resolvers: ['127.0.0.1'] }),
      ...options,
    });
    this.port = this.network.port('guest');
    this.port.connect({
      receive: (frame) => {
        this.#cutter.cut(frame, 1500, (bytes) => this.#take(bytes.slice()));
        return true;
      },
    });
    this.arp();
  }

  get ends(): PacketEnds {
    return this.endsTo(GATEWAY);
  }

  endsTo(to: number | string): PacketEnds {
    const from = typeof to === 'string' && to.includes(':') ? GUEST_6 : GUEST;
    return { fromMac: MAC_A, toMac: GATEWAY_MAC, from: address(from), to: address(to) };
  }

  /** Asks for the gateway's hardware address. */
  arp(target = GATEWAY): void {
    const bytes = new Uint8Array(60);
    bytes.fill(0xff, 0, 6);
    bytes.set(MAC_A, 6);
    bytes.set([8, 6, 0, 1, 8, 0, 6, 4, 0, 1], 12);
    bytes.set(MAC_A, 22);
    const view = new DataView(bytes.buffer);
    view.setUint32(28, GUEST);
    view.setUint32(38, target);
    this.send(bytes);
  }

  send(bytes: Uint8Array): void {
    this.port.send(new Frame(bytes));
  }

  ping(to: number | string, payload: Uint8Array): void {
    const ends = this.endsTo(to);
    this.send(icmpPacket(ends, ends.to.length === 4 ? 8 : 128, 0, 0x1234_0001, payload));
  }

  udp(to: number | string, toPort: number, payload: Uint8Array, fromPort = 5000): void {
    this.send(udpPacket(this.endsTo(to), fromPort, toPort, payload));
  }

  /** Opens a connection. */
  connect(to: number | string, toPort: number): GuestConnection {
    this.#nextPort += 1;
    const connection = this.#open(to, toPort, this.#nextPort, undefined);
    connection.flow.start();
    return connection;
  }

  #open(
    to: number | string,
    toPort: number,
    ownPort: number,
    opening: ReturnType<typeof readSegment> | undefined,
  ): GuestConnection {
    const key = `${ownPort}:${formatIp(address(to))}:${toPort}`;
    const ended = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    const flow = new TcpFlow(
      {
        mss: 1460,
        emit: (fields, payload, segmentBytes) => {
          this.#index += 1;
          if (this.loses(this.#index)) return;
          const packet = tcpPacket(this.endsTo(to), ownPort, toPort, fields, payload, segmentBytes);
          this.port.send(new Frame(packet.bytes, packet));
        },
        after: (milliseconds, callback) => this.#sockets.after(milliseconds, callback),
        done: () => {
          this.#flows.delete(key);
          over.resolve();
        },
      },
      opening,
    );
    const received: Uint8Array[] = [];
    const connection: GuestConnection = {
      flow,
      received,
      ended: ended.promise,
      over: over.promise,
      isReset: false,
      send: (bytes) => flow.received(bytes),
      end: () => flow.ended(),
    };
    flow.socket = {
      pendingBytes: 0,
      write: (bytes) => received.push(bytes.slice()),
      end: () => ended.resolve(),
      destroy: () => {
        connection.isReset = true;
        ended.resolve();
      },
      pause: () => {},
      resume: () => {},
    };
    this.#flows.set(key, flow);
    this.#connections.set(flow, connection);
    return connection;
  }

  #take(bytes: Uint8Array): void {
    if (!this.#layout.find(bytes) || this.#layout.protocol !== 6) {
      this.heard.push(bytes);
      return;
    }
    this.#index += 1;
    if (this.loses(this.#index)) return;
    const segment = readSegment(bytes, this.#layout);
    const { isIpv6, transportOffset } = this.#layout;
    const from = formatIp(isIpv6 ? bytes.subarray(22, 38) : bytes.subarray(26, 30));
    const [fromPort, ownPort] = [loadWord(bytes, transportOffset), loadWord(bytes, transportOffset + 2)];
    const key = `${ownPort}:${from}:${fromPort}`;
    const known = this.#flows.get(key);
    // As from a wire: never within the call that sent it.
    if (known !== undefined) queueMicrotask(() => known.segment(segment));
    else if ((segment.flags & 0x12) === 2 && this.onConnection !== undefined) {
      const connection = this.#open(from, fromPort, ownPort, segment);
      this.onConnection(connection);
      queueMicrotask(() => connection.flow.connected());
    }
  }
}

/** The bytes of an address. */
function address(value: number | string): Uint8Array {
  if (typeof value === 'string') return parseIp(value)!;
  const bytes = new Uint8Array(4);
  storeLong(bytes, 0, value);
  return bytes;
}

/** All bytes of parts. */
export function together(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
