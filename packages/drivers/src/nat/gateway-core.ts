/** What the parts of a gateway share: who it is, whom it knows, where guests may go, and what it counts. */

import { formatIp, type IpAddress, isInNetwork, isSameIp } from '@viridian/inet';
import { type Counters, counters } from '@viridian/trace';
import type { Frame } from '../network/frame.ts';
import type { HostSockets } from './host-sockets.ts';
import { type GatewayAddresses, IPV4_PREFIX_BITS, IPV6_PREFIX_BITS, Neighbours } from './neighbours.ts';
import { mayReach, type ReachSettings } from './reach.ts';

/** What a gateway counts, always on. */
export type GatewayCounters = Counters<
  'dropped' | 'blocked' | 'badChecksums' | 'fragments' | 'flowsOpened' | 'flowsRefused'
>;

/** The host's own end of what the gateway's address leads to. */
export const LOOPBACK = '127.0.0.1';
/** Most flows of TCP, and of UDP. */
export const MOST_FLOWS = 1024;
const DNS_PORT = 53;

/** Settings, completed. */
export interface GatewaySettings {
  readonly addresses: GatewayAddresses;
  readonly sockets: HostSockets;
  readonly reach: ReachSettings;
  readonly hostPorts: readonly number[];
  readonly allow: (protocol: 'tcp' | 'udp', address: string, port: number) => boolean;
  readonly mtuBytes: number;
  readonly send: (frame: Frame) => void;
}

/** Of one gateway. */
export class GatewayCore {
  readonly settings: GatewaySettings;
  readonly neighbours: Neighbours;
  readonly counters: GatewayCounters = counters({
    dropped: 0,
    blocked: 0,
    badChecksums: 0,
    fragments: 0,
    flowsOpened: 0,
    flowsRefused: 0,
  });

  constructor(settings: GatewaySettings) {
    this.settings = settings;
    this.neighbours = new Neighbours(settings.addresses);
  }

  /** Whether an address is the gateway's own. */
  isOwn(address: IpAddress): boolean {
    const { ipv4, ipv6, linkLocal } = this.settings.addresses;
    return isSameIp(address, ipv4) || isSameIp(address, ipv6) || isSameIp(address, linkLocal);
  }

  /** The host's address for what a guest wants to reach; undefined when it may not. */
  target(protocol: 'tcp' | 'udp', to: IpAddress, port: number): string | undefined {
    const { addresses, sockets, reach, hostPorts, allow } = this.settings;
    if (this.isOwn(to)) {
      if (hostPorts.includes(port)) return LOOPBACK;
      return port === DNS_PORT && reach.outside ? sockets.resolvers()[0] : undefined;
    }
    const isInside =
      isInNetwork(to, addresses.ipv4, IPV4_PREFIX_BITS) || isInNetwork(to, addresses.ipv6, IPV6_PREFIX_BITS);
    const address = formatIp(to);
    if (!isInside && mayReach(to, reach) && allow(protocol, address, port)) return address;
    this.counters.blocked += 1;
    return undefined;
  }

  /** Whether what comes from an endpoint of the host is shown to guests as coming from the gateway. */
  isBehindGateway(address: string, port: number): boolean {
    return address === LOOPBACK || (port === DNS_PORT && this.settings.sockets.resolvers().includes(address));
  }

  drop(): void {
    this.counters.dropped += 1;
  }
}
