/** The gateway as a router of IPv6: neighbours, addresses for guests, echo. RFC 4861, 4862, 4443. */

import {
  allNodesAddress,
  discoveredMac,
  discoveryTarget,
  ETHERNET_HEADER_BYTES,
  Icmpv6Type,
  type IpAddress,
  icmpPacket,
  isIcmpv6ChecksumRight,
  isSameIp,
  loadLong,
  loadWord,
  multicastMac,
  neighbourAdvertisement,
  routerAdvertisement,
} from '@viridian/inet';
import { Frame } from '../network/frame.ts';
import type { GatewayCore } from './gateway-core.ts';

const LIFETIME_SECONDS = 7200;
const IPV6_HEADER_BYTES = 40;
/** Of a message that no router has passed on. */
const HOP_LIMIT = 255;
const UNSPECIFIED = new Uint8Array(16);
/** The echo is as long as the question; longer ones than this come in parts, which are not put together here. */
const MOST_ECHO_BYTES = 9000;

/** Answers what guests ask of a router and of a neighbour. */
export class Ipv6Router {
  readonly #core: GatewayCore;

  constructor(core: GatewayCore) {
    this.#core = core;
  }

  /** An ICMPv6 message of a guest, in a frame with a whole IPv6 header and no extensions. */
  message(frame: Uint8Array, isVerified: boolean): void {
    const ip = ETHERNET_HEADER_BYTES;
    const at = ip + IPV6_HEADER_BYTES;
    const end = at + loadWord(frame, ip + 4);
    if (end > frame.length || end - at < 8) {
      this.#core.drop();
      return;
    }
    if (!isVerified && !isIcmpv6ChecksumRight(frame, at, end)) {
      this.#core.counters.badChecksums += 1;
      return;
    }
    const source = frame.subarray(ip + 8, ip + 24);
    const isFromLink = frame[ip + 7] === HOP_LIMIT;
    switch (frame[at]) {
      case Icmpv6Type.ECHO_REQUEST:
        this.#echo(frame, source, at, end);
        return;
      case Icmpv6Type.NEIGHBOUR_SOLICITATION:
        if (isFromLink) this.#solicited(frame, source, at, end);
        return;
      case Icmpv6Type.ROUTER_SOLICITATION:
        if (isFromLink) this.#advertise(frame, source);
        return;
      default:
        // Group memberships, answers of neighbours, errors: nothing to do.
        return;
    }
  }

  #echo(frame: Uint8Array, source: IpAddress, at: number, end: number): void {
    const to = frame.slice(ETHERNET_HEADER_BYTES + 24, ETHERNET_HEADER_BYTES + 40);
    const ends = this.#core.isOwn(to) ? this.#core.neighbours.ends(source.slice(), to) : undefined;
    if (ends === undefined || end - at > MOST_ECHO_BYTES) {
      this.#core.drop();
      return;
    }
    const answer = icmpPacket(
      ends,
      Icmpv6Type.ECHO_REPLY,
      0,
      loadLong(frame, at + 4),
      frame.subarray(at + 8, end),
    );
    this.#core.settings.send(new Frame(answer, { verified: true }));
  }

  #solicited(frame: Uint8Array, source: IpAddress, at: number, end: number): void {
    const target = discoveryTarget(frame, at, end);
    if (target === undefined || !this.#core.isOwn(target)) return;
    const { mac } = this.#core.settings.addresses;
    const isDetection = isSameIp(source, UNSPECIFIED);
    const toMac = discoveredMac(frame, at, end) ?? frame.subarray(6, 12);
    // Who asks whether an address is free has none yet: all are told that it is not.
    const everybody = allNodesAddress();
    const ends = isDetection
      ? { fromMac: mac, toMac: multicastMac(everybody), from: target.slice(), to: everybody }
      : { fromMac: mac, toMac: toMac.slice(), from: target.slice(), to: source.slice() };
    const answer = neighbourAdvertisement(ends, target, { isRouter: true, isSolicited: !isDetection });
    this.#core.settings.send(new Frame(answer, { verified: true }));
  }

  #advertise(frame: Uint8Array, source: IpAddress): void {
    const { addresses, mtuBytes, reach, send } = this.#core.settings;
    const everybody = allNodesAddress();
    const isAnonymous = isSameIp(source, UNSPECIFIED);
    const to = isAnonymous ? everybody : source.slice();
    const toMac = isAnonymous ? multicastMac(everybody) : frame.slice(6, 12);
    const ends = { fromMac: addresses.mac, toMac, from: addresses.linkLocal, to };
    const advertisement = routerAdvertisement(ends, {
      prefix: addresses.ipv6,
      lifetimeSeconds: LIFETIME_SECONDS,
      mtuBytes,
      nameServer: reach.outside ? addresses.ipv6 : undefined,
    });
    send(new Frame(advertisement, { verified: true }));
  }
}
