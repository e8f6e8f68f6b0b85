/** TCP/IP on an interface, for programs: addresses, echo, UDP, TCP. RFC 1122, 8200, 4862. */

import {
  ArpOperation,
  addWords,
  advertisedPrefix,
  arpReply,
  discoveredMac,
  discoveryTarget,
  ETHERNET_HEADER_BYTES,
  EtherType,
  foldChecksum,
  formatIp,
  Icmpv6Type,
  type IpAddress,
  IpProtocol,
  icmpPacket,
  interfaceAddress,
  isIcmpv6ChecksumRight,
  isInNetwork,
  isSameIp,
  isTransportChecksumRight,
  linkLocalAddress,
  loadLong,
  loadWord,
  MAC_BYTES,
  neighbourAdvertisement,
  type OutgoingSegment,
  type PacketEnds,
  PacketLayout,
  parseIp,
  readArp,
  readSegment,
  routerSolicitation,
  udpPacket,
} from '@viridian/inet';
import type { ReceivedFrame } from '../network-layer.ts';
import { NeighbourCache } from './neighbour-cache.ts';
import type { TcpConnection } from './tcp-connection.ts';
import { TcpEndpoints } from './tcp-endpoints.ts';
import { TransmitQueue } from './transmit-queue.ts';

/** What a stack stands on: a `NetworkInterface`. */
export interface StackInterface {
  readonly mac: Uint8Array;
  readonly mtuBytes: number;
  readonly largestSegmentBytes: number;
  onReceive: ((frame: ReceivedFrame) => void) | undefined;
  onWritable: (() => void) | undefined;
  send(frame: Uint8Array, segmentBytes?: number): boolean;
}

/** Timers of the kernel. */
export interface StackTimers {
  after(milliseconds: number, callback: () => void): () => void;
}

/** Settings of a stack. */
export interface IpStackOptions {
  /** Address and bits of its network, e.g. `10.0.0.1/24`. Without one there is IPv6 only, until `useAddress`. */
  readonly address?: string;
  /** Where packets for other networks go. */
  readonly gateway?: string;
}

/** A datagram that came. */
export interface ReceivedDatagram {
  readonly from: string;
  readonly fromPort: number;
  readonly payload: Uint8Array;
}

const IP = ETHERNET_HEADER_BYTES;
const LINK_LOCAL = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const ECHO = { 4: { request: 8, reply: 0 }, 16: { request: 128, reply: 129 } } as const;
const PING_TIMEOUT_MS = 5000;

/** One interface, one address of IPv4, and those of IPv6 that it makes itself. */
export class IpStack {
  readonly linkLocal: IpAddress;
  readonly #mac: Uint8Array;
  readonly #queue: TransmitQueue;
  readonly #timers: StackTimers;
  readonly #neighbours: NeighbourCache;
  readonly #tcp: TcpEndpoints;
  readonly #udp = new Map<number, (datagram: ReceivedDatagram) => void>();
  readonly #echoes = new Map<number, () => void>();
  readonly #layout = new PacketLayout();
  #address: IpAddress | undefined;
  #prefixBits = 0;
  #gateway: IpAddress | undefined;
  /** Made from a router's prefix. */
  #global: IpAddress | undefined;
  #router: IpAddress | undefined;
  #nextEcho = 1;

  /** Throws RangeError for an address that is none. The interface is the stack's from then on. */
  constructor(device: StackInterface, timers: StackTimers, options: IpStackOptions = {}) {
    this.#mac = device.mac;
    this.#timers = timers;
    this.#queue = new TransmitQueue(device);
    this.linkLocal = linkLocalAddress(device.mac);
    const after = timers.after.bind(timers);
    this.#neighbours = new NeighbourCache({
      mac: device.mac,
      sourceFor: (target) => this.#sourceFor(target),
      send: (frame) => this.#queue.send(frame),
      after,
    });
    this.#tcp = new TcpEndpoints({
      mtuBytes: device.mtuBytes,
      largestSegmentBytes: device.largestSegmentBytes,
      send: (segment) => this.#sendSegment(segment),
      after,
    });
    if (options.address !== undefined) this.useAddress(options.address, options.gateway);
    device.onReceive = (frame) => this.#receive(frame);
    device.onWritable = () => this.#queue.flush();
    this.#queue.send(routerSolicitation(device.mac, this.linkLocal));
  }

  /** All addresses, as text. */
  get addresses(): readonly string[] {
    return [this.#address, this.#global, this.linkLocal].flatMap((address) =>
      address === undefined ? [] : [formatIp(address)],
    );
  }

  /** Takes an address of IPv4, e.g. `10.0.0.1/24`, in place of an earlier one. Throws RangeError for one that is none. */
  useAddress(text: string, gateway?: string): void {
    const [address = '', bits = '24'] = text.split('/');
    const own = parseIp(address);
    const router = gateway === undefined ? undefined : parseIp(gateway);
    if (own?.length !== 4 || !(Number(bits) >= 1 && Number(bits) <= 32)) {
      throw new RangeError(`'${text}' is no address like 10.0.0.1/24`);
    }
    if (gateway !== undefined && router?.length !== 4)
      throw new RangeError(`'${gateway}' is no address of a gateway`);
    this.#address = own;
    this.#prefixBits = Number(bits);
    this.#gateway = router;
  }

  /** Milliseconds until an echo of `payloadBytes` came back; undefined when none came. Throws when there is no way there. */
  async ping(address: string, payloadBytes = 56): Promise<number | undefined> {
    const ends = await this.#endsTo(parse(address));
    const id = this.#nextEcho;
    this.#nextEcho = (id % 0xffff_ffff) + 1;
    const started = performance.now();
    return await new Promise((resolve) => {
      const cancel = this.#timers.after(PING_TIMEOUT_MS, () => {
        this.#echoes.delete(id);
        resolve(undefined);
      });
      this.#echoes.set(id, () => {
        cancel();
        this.#echoes.delete(id);
        resolve(performance.now() - started);
      });
      const { request } = ECHO[ends.from.length as 4 | 16];
      this.#queue.send(icmpPacket(ends, request, 0, id, new Uint8Array(payloadBytes).fill(0x61)));
    });
  }

  /** Connects to a port. Rejects with an error when there is no way there, or with a `ConnectionError`. */
  async connect(address: string, port: number): Promise<TcpConnection> {
    const connection = this.#tcp.connect(await this.#endsTo(parse(address)), port);
    await connection.opened;
    return connection;
  }

  /** Takes connections to a port until the result is called. Throws when somebody listens there. */
  listen(port: number, accept: (connection: TcpConnection) => void): () => void {
    return this.#tcp.listen(port, accept);
  }

  /** Hears datagrams for a port until the result is called; replaces who heard them before. */
  onDatagram(port: number, hear: (datagram: ReceivedDatagram) => void): () => void {
    this.#udp.set(port, hear);
    return () => this.#udp.delete(port);
  }

  /** Sends a datagram. Rejects when there is no way there. */
  async sendDatagram(fromPort: number, address: string, port: number, payload: Uint8Array): Promise<void> {
    this.#queue.send(udpPacket(await this.#endsTo(parse(address)), fromPort, port, payload));
  }

  /** Sends a frame as it is: for protocols that come before addresses. */
  sendFrame(frame: Uint8Array): void {
    this.#queue.send(frame);
  }

  /** Resets all connections. The interface is free again. */
  close(): void {
    this.#tcp.close();
    this.#queue.close();
  }

  #sourceFor(target: IpAddress): IpAddress | undefined {
    if (target.length === 4) return this.#address;
    return isInNetwork(target, LINK_LOCAL, 10) ? this.linkLocal : (this.#global ?? this.linkLocal);
  }

  /** Who is asked for, on the link, to get a packet to an address. */
  #nextHop(target: IpAddress): IpAddress | undefined {
    if (target.length === 4) {
      const isHere = this.#address !== undefined && isInNetwork(target, this.#address, this.#prefixBits);
      return isHere ? target : this.#gateway;
    }
    const isHere = isInNetwork(target, LINK_LOCAL, 10) || isInNetwork(target, this.#global ?? LINK_LOCAL, 64);
    return isHere ? target : this.#router;
  }

  async #endsTo(target: IpAddress): Promise<PacketEnds> {
    const from = this.#sourceFor(target);
    const hop = this.#nextHop(target);
    const toMac = hop === undefined || from === undefined ? undefined : await this.#neighbours.resolve(hop);
    if (from === undefined || toMac === undefined) throw new Error(`no way to ${formatIp(target)}`);
    return { fromMac: this.#mac, toMac, from, to: target };
  }

  #sendSegment({ bytes, segmentBytes }: OutgoingSegment): void {
    this.#queue.send(bytes, segmentBytes);
  }

  #receive({ bytes, verified }: ReceivedFrame): void {
    if (bytes.length < IP + 20) return;
    const type = loadWord(bytes, 12);
    if (type === EtherType.ARP) this.#arp(bytes);
    else if (type === EtherType.IPV4) this.#ipv4(bytes, verified);
    else if (type === EtherType.IPV6) this.#ipv6(bytes, verified);
  }

  #arp(bytes: Uint8Array): void {
    const packet = readArp(bytes);
    if (packet === undefined) return;
    this.#neighbours.learn(packet.sender, packet.senderMac);
    const own = this.#address;
    const isForUs = own !== undefined && isSameIp(packet.target, own);
    if (isForUs && packet.operation === ArpOperation.REQUEST) {
      this.#queue.send(arpReply(this.#mac, own, packet));
    }
  }

  #ipv4(bytes: Uint8Array, verified: boolean): void {
    const headerBytes = (bytes[IP]! & 15) * 4;
    const end = IP + loadWord(bytes, IP + 2);
    if (bytes[IP]! >>> 4 !== 4 || headerBytes < 20 || IP + headerBytes > end || end > bytes.length) return;
    if (!verified && foldChecksum(addWords(bytes, IP, IP + headerBytes, 0)) !== 0) return;
    const [from, to] = [bytes.subarray(IP + 12, IP + 16), bytes.subarray(IP + 16, IP + 20)];
    const isOurs = this.#address !== undefined && isSameIp(to, this.#address);
    if (isOurs && bytes[IP + 9] === IpProtocol.ICMP) this.#echo(bytes, from, to, IP + headerBytes, end);
    else this.#transport(bytes, verified, from, to, isOurs);
  }

  #ipv6(bytes: Uint8Array, verified: boolean): void {
    if (bytes.length < IP + 40 || bytes[IP]! >>> 4 !== 6) return;
    const [from, to] = [bytes.subarray(IP + 8, IP + 24), bytes.subarray(IP + 24, IP + 40)];
    const isOurs = this.#isOwn(to);
    if (bytes[IP + 6] !== IpProtocol.ICMPV6) {
      this.#transport(bytes, verified, from, to, isOurs);
      return;
    }
    const at = IP + 40;
    const end = at + loadWord(bytes, IP + 4);
    if (end > bytes.length || end - at < 8) return;
    if (!verified && !isIcmpv6ChecksumRight(bytes, at, end)) return;
    if (isOurs) this.#echo(bytes, from, to, at, end);
    if (bytes[IP + 7] === 255) this.#discovery(bytes, from, at, end);
  }

  /** Messages of neighbours and routers, which no router has passed on. */
  #discovery(bytes: Uint8Array, from: IpAddress, at: number, end: number): void {
    const mac = discoveredMac(bytes, at, end) ?? bytes.subarray(MAC_BYTES, 2 * MAC_BYTES);
    const target = discoveryTarget(bytes, at, end);
    if (bytes[at] === Icmpv6Type.ROUTER_ADVERTISEMENT) {
      const prefix = advertisedPrefix(bytes, at, end);
      if (prefix !== undefined) this.#global = interfaceAddress(prefix, this.#mac);
      this.#router = from.slice();
    } else if (bytes[at] === Icmpv6Type.NEIGHBOUR_ADVERTISEMENT && target !== undefined) {
      this.#neighbours.learn(target, mac);
    } else if (
      bytes[at] === Icmpv6Type.NEIGHBOUR_SOLICITATION &&
      target !== undefined &&
      this.#isOwn(target)
    ) {
      const ends = { fromMac: this.#mac, toMac: mac.slice(), from: target.slice(), to: from.slice() };
      const answer = { isRouter: false, isSolicited: true };
      this.#queue.send(neighbourAdvertisement(ends, target, answer));
    }
  }

  #echo(bytes: Uint8Array, from: IpAddress, to: IpAddress, at: number, end: number): void {
    if (end - at < 8) return;
    const { request, reply } = ECHO[from.length as 4 | 16];
    if (bytes[at] === reply) this.#echoes.get(loadLong(bytes, at + 4))?.();
    if (bytes[at] !== request) return;
    const toMac = bytes.slice(MAC_BYTES, 2 * MAC_BYTES);
    const ends = { fromMac: this.#mac, toMac, from: to.slice(), to: from.slice() };
    this.#queue.send(icmpPacket(ends, reply, 0, loadLong(bytes, at + 4), bytes.subarray(at + 8, end)));
  }

  #transport(bytes: Uint8Array, verified: boolean, from: IpAddress, to: IpAddress, isOurs: boolean): void {
    const layout = this.#layout;
    if (!layout.find(bytes) || !(verified || isTransportChecksumRight(bytes, layout))) return;
    const at = layout.transportOffset;
    const [peerPort, ownPort] = [loadWord(bytes, at), loadWord(bytes, at + 2)];
    if (layout.protocol === IpProtocol.UDP) {
      // Broadcasts and groups as well: who listens knows.
      const payload = bytes.subarray(layout.payloadOffset, layout.endOffset);
      this.#udp.get(ownPort)?.({ from: formatIp(from), fromPort: peerPort, payload });
    } else if (isOurs) {
      const toMac = bytes.slice(MAC_BYTES, 2 * MAC_BYTES);
      const ends = { fromMac: this.#mac, toMac, from: to.slice(), to: from.slice() };
      this.#tcp.segment({ ends, ownPort, peerPort }, readSegment(bytes, layout));
    }
  }

  #isOwn(address: IpAddress): boolean {
    return (
      isSameIp(address, this.linkLocal) || (this.#global !== undefined && isSameIp(address, this.#global))
    );
  }
}

function parse(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new RangeError(`'${text}' is no address like 10.0.0.1 or fd00::1`);
  return address;
}
