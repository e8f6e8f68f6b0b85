/**
 * A gateway in the process: guests on its network reach the host's network through ordinary sockets, without privileges.
 * RFC 826 (ARP), 791 (IPv4), 792 (ICMP), 2131 (DHCP), 4787 and 5382 (address translation).
 */

import { type Counters, counters, type Inspectable, type InspectNode } from '@viridian/trace';
import { ETHERNET_HEADER_BYTES, Frame, isBroadcast, parseMac } from '../network/frame.ts';
import { addWords, foldChecksum, loadWord } from '../network/internet-checksum.ts';
import type { NetworkPort, NetworkStation } from '../network/network-port.ts';
import { EtherType, IpProtocol, isTransportChecksumRight, PacketLayout } from '../network/packet-layout.ts';
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, DhcpServer } from './dhcp-server.ts';
import type { HostListener, HostSockets } from './host-sockets.ts';
import { formatIpv4, isOutside, parseIpv4 } from './ipv4-address.ts';
import {
  IP_PAYLOAD_OFFSET,
  icmpFrame,
  loadAddress,
  type PacketEnds,
  storeAddress,
  udpFrame,
} from './packet-writer.ts';
import { TcpFlow } from './tcp-flow.ts';
import { readSegment, segmentFrame, TcpFlag, type TcpSegment } from './tcp-segment.ts';
import { UdpFlow } from './udp-flow.ts';

/** A port of the host that leads to a guest. */
export interface PortForward {
  readonly hostPort: number;
  /** 127.0.0.1 when absent. */
  readonly hostAddress?: string;
  readonly guestPort: number;
  /** The first guest's when absent. */
  readonly guestAddress?: string;
}

/** Settings of a gateway. */
export interface NatOptions {
  /** Where it is plugged in, e.g. a port of a switch that guests are on. */
  readonly port: NetworkPort;
  readonly sockets: HostSockets;
  /** Its own address, in a network of 256; 10.0.2.2 when absent. Guests get those from .15 on. */
  readonly address?: string;
  /** False keeps guests from everything but the gateway: DHCP and echo. True when absent. */
  readonly outside?: boolean;
  /** The gateway's address leads to the host's loopback for these ports. None when absent. */
  readonly hostPorts?: readonly number[];
  /** Asked besides the built-in rules, which keep guests from the host's loopback, link-local and multicast addresses. */
  readonly allow?: (protocol: 'tcp' | 'udp', address: string, port: number) => boolean;
}

const GATEWAY_MAC = parseMac('52:55:0a:00:02:02')!;
const BROADCAST_MAC = new Uint8Array(6).fill(0xff);
const NETMASK = 0xffff_ff00;
const BROADCAST_ADDRESS = 0xffff_ffff;
const DNS_PORT = 53;
const LOOPBACK = '127.0.0.1';
const MOST_FLOWS = 1024;
const FIRST_GUEST = 15;
const IP_OFFSET = ETHERNET_HEADER_BYTES;
const FIRST_EPHEMERAL_PORT = 49_152;

/** Ends what guests send and goes on with sockets. Everything is bounded: flows, queues, datagrams. */
export class NatGateway implements NetworkStation, Inspectable {
  readonly counters: Counters<'dropped' | 'blocked' | 'badChecksums' | 'fragments' | 'flowsOpened'> =
    counters({
      dropped: 0,
      blocked: 0,
      badChecksums: 0,
      fragments: 0,
      flowsOpened: 0,
    });
  readonly #options: NatOptions;
  readonly #address: number;
  readonly #dhcp: DhcpServer;
  /** Hardware addresses of guests by their IPv4 address. */
  readonly #neighbours = new Map<number, Uint8Array>();
  readonly #tcp = new Map<string, TcpFlow>();
  readonly #udp = new Map<string, UdpFlow>();
  readonly #listeners: HostListener[] = [];
  readonly #layout = new PacketLayout();
  #nextPort = FIRST_EPHEMERAL_PORT;

  /** Throws RangeError when the address is none. */
  constructor(options: NatOptions) {
    this.#options = options;
    const { address = '10.0.2.2', port } = options;
    const own = parseIpv4(address);
    if (own === undefined) throw new RangeError(`'${address}' is no address like 10.0.2.2`);
    this.#address = own;
    this.#dhcp = new DhcpServer({
      gateway: own,
      netmask: NETMASK,
      firstAddress: ((own & NETMASK) >>> 0) + FIRST_GUEST,
      addressCount: 200,
      mtuBytes: Math.min(port.mtuBytes, 1500),
    });
    port.connect(this);
  }

  /** Opens a port of the host that leads to a guest. Gives the port it got; rejects when it cannot be had. */
  async forward(forward: PortForward): Promise<number> {
    const { hostAddress = LOOPBACK, hostPort, guestPort, guestAddress } = forward;
    const first = formatIpv4(((this.#address & NETMASK) >>> 0) + FIRST_GUEST);
    const guest = parseIpv4(guestAddress ?? first);
    if (guest === undefined) throw new RangeError(`'${guestAddress}' is no address of a guest`);
    const listener = await this.#options.sockets.listenTcp(hostAddress, hostPort, (socket) => {
      if (!this.#neighbours.has(guest) || this.#tcp.size >= MOST_FLOWS) return undefined;
      this.#nextPort = this.#nextPort === 0xffff ? FIRST_EPHEMERAL_PORT : this.#nextPort + 1;
      const flow = this.#openFlow(guest, guestPort, this.#address, this.#nextPort, undefined);
      flow.socket = socket;
      flow.start();
      return flow;
    });
    this.#listeners.push(listener);
    return listener.port;
  }

  /** Closes all sockets and pulls the gateway out of its port. */
  close(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const flow of [...this.#tcp.values()]) flow.abort();
    for (const flow of this.#udp.values()) flow.close();
    this.#udp.clear();
    this.#options.port.disconnect();
  }

  receive(frame: Frame): boolean {
    const { bytes } = frame;
    if (bytes.length < IP_PAYLOAD_OFFSET) return this.#drop();
    const type = loadWord(bytes, 12);
    if (type === EtherType.ARP) this.#arp(bytes);
    else if (type === EtherType.IPV4 && (isBroadcast(bytes, 0) || isSame(bytes, GATEWAY_MAC)))
      this.#ipv4(frame);
    return true;
  }

  inspect(): InspectNode {
    return {
      address: formatIpv4(this.#address),
      guests: this.#neighbours.size,
      tcpFlows: this.#tcp.size,
      udpFlows: this.#udp.size,
      counters: this.counters,
    };
  }

  /** Answers for its own address, and learns who asks: guests find one another by themselves. */
  #arp(bytes: Uint8Array): void {
    if (bytes.length < 42 || loadWord(bytes, 20) !== 1) return;
    const sender = loadAddress(bytes, 28);
    const target = loadAddress(bytes, 38);
    if (sender !== 0) this.#learn(sender, bytes.slice(22, 28));
    if (target !== this.#address) return;
    const answer = bytes.slice(0, 42);
    answer.set(bytes.subarray(6, 12));
    answer.set(GATEWAY_MAC, 6);
    answer[21] = 2;
    answer.copyWithin(32, 22, 32);
    answer.set(GATEWAY_MAC, 22);
    storeAddress(answer, 28, this.#address);
    this.#send(new Frame(answer));
  }

  #ipv4(frame: Frame): void {
    const { bytes } = frame;
    const headerBytes = (bytes[IP_OFFSET]! & 15) * 4;
    if (bytes[IP_OFFSET]! >>> 4 !== 4 || headerBytes < 20 || IP_OFFSET + headerBytes > bytes.length) {
      this.#drop();
      return;
    }
    if ((loadWord(bytes, IP_OFFSET + 6) & 0x3fff) !== 0) {
      this.counters.fragments += 1;
      return;
    }
    if (!frame.verified && foldChecksum(addWords(bytes, IP_OFFSET, IP_OFFSET + headerBytes, 0)) !== 0) {
      this.counters.badChecksums += 1;
      return;
    }
    const source = loadAddress(bytes, IP_OFFSET + 12);
    if (source !== 0) this.#learn(source, bytes.slice(6, 12));
    if (bytes[IP_OFFSET + 9] === IpProtocol.ICMP) this.#icmp(bytes, headerBytes);
    else if (this.#layout.find(bytes)) this.#transport(frame);
    else this.#drop();
  }

  #transport(frame: Frame): void {
    const { bytes } = frame;
    const layout = this.#layout;
    if (!frame.verified && !isTransportChecksumRight(bytes, layout)) {
      this.counters.badChecksums += 1;
      return;
    }
    const at = layout.transportOffset;
    const from = loadAddress(bytes, IP_OFFSET + 12);
    const to = loadAddress(bytes, IP_OFFSET + 16);
    const fromPort = loadWord(bytes, at);
    const toPort = loadWord(bytes, at + 2);
    if (layout.protocol === IpProtocol.TCP) {
      this.#tcpSegment(from, fromPort, to, toPort, readSegment(bytes, layout));
      return;
    }
    const payload = bytes.subarray(layout.payloadOffset, layout.endOffset);
    const isHere = to === this.#address || to === BROADCAST_ADDRESS;
    if (isHere && toPort === DHCP_SERVER_PORT) this.#answerDhcp(bytes, payload);
    else this.#udpDatagram(bytes, { from, fromPort, to, toPort, payload });
  }

  #icmp(bytes: Uint8Array, headerBytes: number): void {
    const at = IP_OFFSET + headerBytes;
    const end = IP_OFFSET + loadWord(bytes, IP_OFFSET + 2);
    const isEcho = at + 8 <= end && end <= bytes.length && bytes[at] === 8;
    if (!isEcho || loadAddress(bytes, IP_OFFSET + 16) !== this.#address) {
      this.#drop();
      return;
    }
    const payload = bytes.subarray(at + 8, end);
    const ends = this.#endsTo(loadAddress(bytes, IP_OFFSET + 12), this.#address);
    if (ends !== undefined) this.#send(new Frame(icmpFrame(ends, 0, 0, loadAddress(bytes, at + 4), payload)));
  }

  #answerDhcp(bytes: Uint8Array, payload: Uint8Array): void {
    const answer = this.#dhcp.answer(payload);
    if (answer === undefined) return;
    const toMac = answer.broadcast ? BROADCAST_MAC : bytes.slice(6, 12);
    const to = answer.broadcast ? BROADCAST_ADDRESS : answer.address;
    const ends = { fromMac: GATEWAY_MAC, toMac, from: this.#address, to };
    this.#send(
      new Frame(udpFrame(ends, DHCP_SERVER_PORT, DHCP_CLIENT_PORT, answer.message), { verified: true }),
    );
  }

  #udpDatagram(
    bytes: Uint8Array,
    datagram: { from: number; fromPort: number; to: number; toPort: number; payload: Uint8Array },
  ): void {
    const { from, fromPort, to, toPort, payload } = datagram;
    const target = this.#target('udp', to, toPort);
    if (target === undefined) {
      this.#refuse(bytes, from, to);
      return;
    }
    const key = `${from}:${fromPort}`;
    let flow = this.#udp.get(key);
    if (flow === undefined) {
      if (this.#udp.size >= MOST_FLOWS) {
        this.#drop();
        return;
      }
      flow = new UdpFlow({
        sockets: this.#options.sockets,
        deliver: (answer, address, port) => this.#deliverUdp(from, fromPort, answer, address, port),
        idle: () => {
          this.#udp.get(key)?.close();
          this.#udp.delete(key);
        },
      });
      this.#udp.set(key, flow);
      this.counters.flowsOpened += 1;
    }
    flow.send(payload, target, toPort);
  }

  /** What stands behind the gateway's address for the guest is shown under it. */
  #deliverUdp(to: number, toPort: number, payload: Uint8Array, address: string, port: number): void {
    const isBehindGateway =
      address === LOOPBACK || (port === DNS_PORT && this.#options.sockets.resolvers().includes(address));
    const from = isBehindGateway ? this.#address : parseIpv4(address);
    const ends = from === undefined ? undefined : this.#endsTo(to, from);
    const isTooLong = payload.length + 28 > this.#options.port.mtuBytes;
    if (ends === undefined || isTooLong) this.#drop();
    else this.#send(new Frame(udpFrame(ends, port, toPort, payload), { verified: true }));
  }

  #tcpSegment(from: number, fromPort: number, to: number, toPort: number, segment: TcpSegment): void {
    const key = `${from}:${fromPort}:${to}:${toPort}`;
    const known = this.#tcp.get(key);
    if (known !== undefined) {
      known.segment(segment);
      return;
    }
    const isOpening = (segment.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.SYN;
    const target = isOpening ? this.#target('tcp', to, toPort) : undefined;
    if (target === undefined || this.#tcp.size >= MOST_FLOWS) {
      if ((segment.flags & TcpFlag.RST) === 0) this.#reset(from, fromPort, to, toPort, segment);
      return;
    }
    const flow = this.#openFlow(from, fromPort, to, toPort, segment);
    flow.socket = this.#options.sockets.connectTcp(target, toPort, flow);
  }

  #openFlow(
    guest: number,
    guestPort: number,
    remote: number,
    remotePort: number,
    opening: TcpSegment | undefined,
  ): TcpFlow {
    const key = `${guest}:${guestPort}:${remote}:${remotePort}`;
    const flow = new TcpFlow(
      {
        mss: Math.min(this.#options.port.mtuBytes, 65_000) - 40,
        emit: (fields, payload, segmentBytes) => {
          const ends = this.#endsTo(guest, remote);
          if (ends === undefined) return;
          this.#send(segmentFrame(ends, remotePort, guestPort, fields, payload, segmentBytes));
        },
        after: (milliseconds, callback) => this.#options.sockets.after(milliseconds, callback),
        done: () => {
          this.#tcp.delete(key);
        },
      },
      opening,
    );
    this.#tcp.set(key, flow);
    this.counters.flowsOpened += 1;
    return flow;
  }

  /** The host's address for what the guest wants to reach; undefined when it may not. */
  #target(protocol: 'tcp' | 'udp', to: number, port: number): string | undefined {
    const { outside = true, hostPorts = [], allow } = this.#options;
    if (to === this.#address) {
      if (hostPorts.includes(port)) return LOOPBACK;
      return port === DNS_PORT && outside ? this.#options.sockets.resolvers()[0] : undefined;
    }
    const isInside = ((to ^ this.#address) & NETMASK) === 0;
    const address = formatIpv4(to);
    if (outside && !isInside && isOutside(to) && (allow?.(protocol, address, port) ?? true)) return address;
    this.counters.blocked += 1;
    return undefined;
  }

  #reset(from: number, fromPort: number, to: number, toPort: number, segment: TcpSegment): void {
    const ends = this.#endsTo(from, to);
    if (ends === undefined) return;
    const length =
      segment.payload.length + (segment.flags & TcpFlag.SYN ? 1 : 0) + (segment.flags & TcpFlag.FIN);
    const hasAck = (segment.flags & TcpFlag.ACK) !== 0;
    const fields = {
      flags: TcpFlag.RST | (hasAck ? 0 : TcpFlag.ACK),
      sequence: hasAck ? segment.acknowledgement : 0,
      acknowledgement: hasAck ? 0 : (segment.sequence + length) % 2 ** 32,
      window: 0,
    };
    this.#send(segmentFrame(ends, toPort, fromPort, fields, [], 1));
  }

  /** ICMP: the port is not to be reached, with the beginning of the packet. */
  #refuse(bytes: Uint8Array, from: number, to: number): void {
    const ends = this.#endsTo(from, to);
    // Not for what went to several.
    if (ends === undefined || isBroadcast(bytes, 0) || !isOutside(to)) return;
    const beginning = bytes.subarray(IP_OFFSET, Math.min(bytes.length, IP_OFFSET + 28));
    this.#send(new Frame(icmpFrame({ ...ends, from: this.#address }, 3, 3, 0, beginning)));
  }

  #endsTo(guest: number, from: number): PacketEnds | undefined {
    const toMac = this.#neighbours.get(guest);
    return toMac === undefined ? undefined : { fromMac: GATEWAY_MAC, toMac, from, to: guest };
  }

  #learn(address: number, mac: Uint8Array): void {
    const isGuest = ((address ^ this.#address) & NETMASK) === 0 && address !== this.#address;
    if (isGuest) this.#neighbours.set(address, mac);
  }

  #send(frame: Frame): void {
    this.#options.port.send(frame);
  }

  #drop(): boolean {
    this.counters.dropped += 1;
    return true;
  }
}

function isSame(bytes: Uint8Array, mac: Uint8Array): boolean {
  return mac.every((byte, i) => bytes[i] === byte);
}
