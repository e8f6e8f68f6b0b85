/**
 * A gateway in the process: guests on its network reach the host's network through ordinary sockets, without privileges.
 * RFC 826 (ARP), 791 (IPv4), 792 (ICMP), 8200 (IPv6), 2131 (DHCP), 4787 and 5382 (address translation).
 */

import {
  addWords,
  arpReply,
  BROADCAST_MAC,
  ETHERNET_HEADER_BYTES,
  EtherType,
  foldChecksum,
  formatIp,
  IpProtocol,
  icmpPacket,
  isBroadcast,
  isGroupAddress,
  isSameIp,
  isTransportChecksumRight,
  linkLocalAddress,
  loadLong,
  loadWord,
  MAC_BYTES,
  PacketLayout,
  parseIp,
  parseMac,
  readArp,
  readSegment,
  udpPacket,
} from '@viridian/inet';
import type { Inspectable, InspectNode } from '@viridian/trace';
import { Frame } from '../network/frame.ts';
import type { NetworkPort, NetworkStation } from '../network/network-port.ts';
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, DhcpServer } from './dhcp-server.ts';
import { GatewayCore, type GatewayCounters, LOOPBACK } from './gateway-core.ts';
import type { HostListener, HostSockets } from './host-sockets.ts';
import { Ipv6Router } from './ipv6-router.ts';
import { TcpFlows } from './tcp-flows.ts';
import { UdpFlows } from './udp-flows.ts';

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
  /** False for a network without IPv6. Else guests make addresses of their own in fd76:6972:6964::/64, and ::2 there is the gateway. */
  readonly ipv6?: boolean;
  /** False keeps guests from everything but the gateway: addresses and echo. True when absent. */
  readonly outside?: boolean;
  /**
   * True lets guests reach the networks that the host is on, and the host by its addresses there, not only the Internet.
   * False when absent.
   */
  readonly localNetworks?: boolean;
  /** The gateway's addresses lead to the host's 127.0.0.1 for these ports. None when absent. */
  readonly hostPorts?: readonly number[];
  /** Asked besides the built-in rules, which keep guests from the host's loopback, link-local and multicast addresses. */
  readonly allow?: (protocol: 'tcp' | 'udp', address: string, port: number) => boolean;
}

const GATEWAY_MAC = parseMac('52:55:0a:00:02:02')!;
const GATEWAY_IPV6 = parseIp('fd76:6972:6964::2')!;
const NETMASK = 0xffff_ff00;
const IPV4_BROADCAST = new Uint8Array(4).fill(0xff);
const FIRST_GUEST = 15;
const MOST_ADDRESSES = 200;
const ORDINARY_MTU_BYTES = 1500;
const IP_OFFSET = ETHERNET_HEADER_BYTES;
const SHORTEST_BYTES = 34;
const ECHO_REQUEST = 8;

/** Ends what guests send and goes on with sockets. Everything is bounded: flows, queues, datagrams. */
export class NatGateway implements NetworkStation, Inspectable {
  readonly counters: GatewayCounters;
  readonly #port: NetworkPort;
  readonly #hasIpv6: boolean;
  readonly #core: GatewayCore;
  readonly #dhcp: DhcpServer;
  readonly #router: Ipv6Router;
  readonly #tcp: TcpFlows;
  readonly #udp: UdpFlows;
  readonly #listeners: HostListener[] = [];
  readonly #layout = new PacketLayout();

  /** Throws RangeError when the address is none. */
  constructor(options: NatOptions) {
    const { address = '10.0.2.2', port, sockets, outside = true, localNetworks = false } = options;
    const ipv4 = parseIp(address);
    if (ipv4?.length !== 4) throw new RangeError(`'${address}' is no address like 10.0.2.2`);
    this.#port = port;
    this.#hasIpv6 = options.ipv6 ?? true;
    this.#core = new GatewayCore({
      addresses: { mac: GATEWAY_MAC, ipv4, ipv6: GATEWAY_IPV6, linkLocal: linkLocalAddress(GATEWAY_MAC) },
      sockets,
      reach: { outside, localNetworks, ownAddresses: sockets.ownAddresses },
      hostPorts: options.hostPorts ?? [],
      allow: options.allow ?? (() => true),
      mtuBytes: port.mtuBytes,
      send: (frame) => port.send(frame),
    });
    this.counters = this.#core.counters;
    this.#dhcp = new DhcpServer({
      gateway: loadLong(ipv4, 0),
      netmask: NETMASK,
      firstAddress: ((loadLong(ipv4, 0) & NETMASK) >>> 0) + FIRST_GUEST,
      addressCount: MOST_ADDRESSES,
      mtuBytes: Math.min(port.mtuBytes, ORDINARY_MTU_BYTES),
    });
    this.#router = new Ipv6Router(this.#core);
    this.#tcp = new TcpFlows(this.#core, () => performance.now());
    this.#udp = new UdpFlows(this.#core);
    port.connect(this);
  }

  /** Opens a port of the host that leads to a guest. Gives the port it got; rejects when it cannot be had. */
  async forward(forward: PortForward): Promise<number> {
    const { hostAddress = LOOPBACK, hostPort, guestPort, guestAddress } = forward;
    const { addresses, sockets } = this.#core.settings;
    const first = Uint8Array.of(...addresses.ipv4.subarray(0, 3), FIRST_GUEST);
    const guest = guestAddress === undefined ? first : parseIp(guestAddress);
    if (guest === undefined) throw new RangeError(`'${guestAddress}' is no address of a guest`);
    const own = guest.length === 4 ? addresses.ipv4 : addresses.ipv6;
    const listener = await sockets.listenTcp(hostAddress, hostPort, (socket) =>
      this.#tcp.accept(socket, guest, guestPort, own),
    );
    this.#listeners.push(listener);
    return listener.port;
  }

  /** Closes all sockets and pulls the gateway out of its port. */
  close(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
    this.#tcp.close();
    this.#udp.close();
    this.#port.disconnect();
  }

  receive(frame: Frame): boolean {
    const { bytes } = frame;
    const type = bytes.length < SHORTEST_BYTES ? 0 : loadWord(bytes, 12);
    if (type === EtherType.ARP) this.#arp(bytes);
    else if (!isForUs(bytes)) return true;
    else if (type === EtherType.IPV4) this.#ipv4(frame);
    else if (type === EtherType.IPV6 && this.#hasIpv6) this.#ipv6(frame);
    else this.#core.drop();
    return true;
  }

  inspect(): InspectNode {
    return {
      address: formatIp(this.#core.settings.addresses.ipv4),
      guests: this.#core.neighbours.count,
      tcpFlows: this.#tcp.count,
      udpFlows: this.#udp.count,
      counters: this.counters,
    };
  }

  /** Answers for its own address, and learns who asks: guests find one another by themselves. */
  #arp(bytes: Uint8Array): void {
    const asked = readArp(bytes);
    if (asked?.operation !== 1) return;
    const { mac, ipv4 } = this.#core.settings.addresses;
    this.#core.neighbours.learn(asked.sender, asked.senderMac);
    if (isSameIp(asked.target, ipv4)) this.#send(arpReply(mac, ipv4, asked));
  }

  #ipv4(frame: Frame): void {
    const { bytes } = frame;
    const { counters, neighbours } = this.#core;
    const headerBytes = (bytes[IP_OFFSET]! & 15) * 4;
    if (bytes[IP_OFFSET]! >>> 4 !== 4 || headerBytes < 20 || IP_OFFSET + headerBytes > bytes.length) {
      this.#core.drop();
      return;
    }
    if ((loadWord(bytes, IP_OFFSET + 6) & 0x3fff) !== 0) {
      counters.fragments += 1;
      return;
    }
    if (!frame.verified && foldChecksum(addWords(bytes, IP_OFFSET, IP_OFFSET + headerBytes, 0)) !== 0) {
      counters.badChecksums += 1;
      return;
    }
    const [from, to] = [bytes.subarray(26, 30), bytes.subarray(30, 34)];
    neighbours.learn(from, bytes.subarray(MAC_BYTES, 2 * MAC_BYTES));
    if (bytes[IP_OFFSET + 9] === IpProtocol.ICMP) this.#icmp(bytes, headerBytes);
    else this.#transport(frame, from, to);
  }

  #ipv6(frame: Frame): void {
    const { bytes } = frame;
    if (bytes.length < IP_OFFSET + 40 || bytes[IP_OFFSET]! >>> 4 !== 6) {
      this.#core.drop();
      return;
    }
    const [from, to] = [bytes.subarray(22, 38), bytes.subarray(38, 54)];
    this.#core.neighbours.learn(from, bytes.subarray(MAC_BYTES, 2 * MAC_BYTES));
    if (bytes[IP_OFFSET + 6] === IpProtocol.ICMPV6) this.#router.message(bytes, frame.verified);
    else if (to[0] !== 0xff) this.#transport(frame, from, to);
  }

  #transport(frame: Frame, from: Uint8Array, to: Uint8Array): void {
    const { bytes } = frame;
    const layout = this.#layout;
    if (!layout.find(bytes)) {
      this.#core.drop();
      return;
    }
    if (!frame.verified && !isTransportChecksumRight(bytes, layout)) {
      this.counters.badChecksums += 1;
      return;
    }
    const at = layout.transportOffset;
    const [fromPort, toPort] = [loadWord(bytes, at), loadWord(bytes, at + 2)];
    if (layout.protocol === IpProtocol.TCP) {
      const connection = { guest: from, guestPort: fromPort, remote: to, remotePort: toPort };
      this.#tcp.segment(connection, readSegment(bytes, layout));
      return;
    }
    const payload = bytes.subarray(layout.payloadOffset, layout.endOffset);
    const isHere = isSameIp(to, this.#core.settings.addresses.ipv4) || isSameIp(to, IPV4_BROADCAST);
    if (isHere && toPort === DHCP_SERVER_PORT) this.#answerDhcp(bytes, payload);
    else this.#udp.datagram({ from, fromPort, to, toPort, payload, packet: bytes.subarray(IP_OFFSET) });
  }

  #icmp(bytes: Uint8Array, headerBytes: number): void {
    const at = IP_OFFSET + headerBytes;
    const end = IP_OFFSET + loadWord(bytes, IP_OFFSET + 2);
    const { ipv4 } = this.#core.settings.addresses;
    const isEcho = at + 8 <= end && end <= bytes.length && bytes[at] === ECHO_REQUEST;
    const isHere = isSameIp(bytes.subarray(30, 34), ipv4);
    const ends = isEcho && isHere ? this.#core.neighbours.ends(bytes.slice(26, 30), ipv4) : undefined;
    if (ends === undefined) this.#core.drop();
    else this.#send(icmpPacket(ends, 0, 0, loadLong(bytes, at + 4), bytes.subarray(at + 8, end)));
  }

  #answerDhcp(bytes: Uint8Array, payload: Uint8Array): void {
    const answer = this.#dhcp.answer(payload);
    if (answer === undefined) return;
    const { mac, ipv4 } = this.#core.settings.addresses;
    const toMac = answer.broadcast ? BROADCAST_MAC : bytes.slice(MAC_BYTES, 2 * MAC_BYTES);
    const to = answer.broadcast ? IPV4_BROADCAST : answer.address;
    const ends = { fromMac: mac, toMac, from: ipv4, to };
    this.#send(udpPacket(ends, DHCP_SERVER_PORT, DHCP_CLIENT_PORT, answer.message));
  }

  /** A frame of our own, whose checksums are right. */
  #send(bytes: Uint8Array): void {
    this.#port.send(new Frame(bytes, { verified: true }));
  }
}

/** To the gateway itself, to all, or to a group: whether it is in the group, its members say. */
function isForUs(bytes: Uint8Array): boolean {
  if (isBroadcast(bytes, 0)) return true;
  return isGroupAddress(bytes, 0) ? bytes[0] === 0x33 : GATEWAY_MAC.every((byte, i) => bytes[i] === byte);
}
