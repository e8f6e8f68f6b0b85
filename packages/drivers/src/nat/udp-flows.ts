/** All UDP endpoints of guests. RFC 4787. */

import { type IpAddress, icmpPacket, parseIp, udpPacket } from '@viridian/inet';
import { Frame } from '../network/frame.ts';
import { type GatewayCore, MOST_FLOWS } from './gateway-core.ts';
import { addressKey } from './neighbours.ts';
import { isElsewhere } from './reach.ts';
import { UdpFlow } from './udp-flow.ts';

/** A datagram of a guest; views. */
export interface Datagram {
  readonly from: IpAddress;
  readonly fromPort: number;
  readonly to: IpAddress;
  readonly toPort: number;
  readonly payload: Uint8Array;
  /** The packet it came in, without its Ethernet header. */
  readonly packet: Uint8Array;
}

const IPV4_UNREACHABLE = { type: 3, code: 3, quotedBytes: 28 } as const;
const IPV6_UNREACHABLE = { type: 1, code: 4, quotedBytes: 48 } as const;

interface Endpoint {
  readonly flow: UdpFlow;
  /** By which of its addresses the guest spoke to the gateway last. */
  gateway: IpAddress;
}

/** Bounded in number; nothing is queued. */
export class UdpFlows {
  readonly #core: GatewayCore;
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(core: GatewayCore) {
    this.#core = core;
  }

  get count(): number {
    return this.#endpoints.size;
  }

  /** Carries a datagram on, or refuses it. */
  datagram(datagram: Datagram): void {
    const { from, fromPort, to, toPort, payload } = datagram;
    const target = this.#core.target('udp', to, toPort);
    if (target === undefined) {
      this.#refuse(datagram);
      return;
    }
    const kind = target.includes(':') ? 'ipv6' : 'ipv4';
    const key = `${addressKey(from)}${String.fromCharCode(fromPort)}${kind}`;
    const endpoint = this.#endpoints.get(key) ?? this.#open(key, kind, datagram);
    if (endpoint === undefined) return;
    if (this.#core.isOwn(to)) endpoint.gateway = to.slice();
    endpoint.flow.send(payload, target, toPort);
  }

  /** Closes all sockets. */
  close(): void {
    for (const { flow } of this.#endpoints.values()) flow.close();
    this.#endpoints.clear();
  }

  #open(key: string, kind: 'ipv4' | 'ipv6', { from, fromPort, to }: Datagram): Endpoint | undefined {
    const { settings, counters } = this.#core;
    if (this.#endpoints.size >= MOST_FLOWS) {
      counters.flowsRefused += 1;
      return undefined;
    }
    const guest = from.slice();
    const flow = new UdpFlow({
      sockets: settings.sockets,
      kind,
      deliver: (payload, address, port) => this.#deliver(endpoint, guest, fromPort, payload, address, port),
      idle: () => {
        flow.close();
        this.#endpoints.delete(key);
      },
    });
    const endpoint: Endpoint = { flow, gateway: to.slice() };
    this.#endpoints.set(key, endpoint);
    counters.flowsOpened += 1;
    return endpoint;
  }

  /** What stands behind the gateway's address for the guest is shown under it. */
  #deliver(
    { gateway }: Endpoint,
    guest: IpAddress,
    guestPort: number,
    payload: Uint8Array,
    address: string,
    port: number,
  ): void {
    const { settings, neighbours } = this.#core;
    const from = this.#core.isBehindGateway(address, port) ? gateway : parseIp(address);
    const ends = from?.length === guest.length ? neighbours.ends(guest, from) : undefined;
    const headerBytes = guest.length === 4 ? 28 : 48;
    const isTooLong = payload.length + headerBytes > settings.mtuBytes;
    if (ends === undefined || isTooLong) this.#core.drop();
    else settings.send(new Frame(udpPacket(ends, port, guestPort, payload), { verified: true }));
  }

  /** ICMP: the port is not to be reached, with the beginning of the packet. Not for what went to several. */
  #refuse({ from, to, packet }: Datagram): void {
    const { addresses, send } = this.#core.settings;
    const isIpv4 = from.length === 4;
    const own = isIpv4 ? addresses.ipv4 : addresses.ipv6;
    const ends = this.#core.neighbours.ends(from, own);
    if (ends === undefined || !(isElsewhere(to) || this.#core.isOwn(to))) return;
    const { type, code, quotedBytes } = isIpv4 ? IPV4_UNREACHABLE : IPV6_UNREACHABLE;
    send(new Frame(icmpPacket(ends, type, code, 0, packet.subarray(0, quotedBytes))));
  }
}
