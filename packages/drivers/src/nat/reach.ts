/** What guests may reach through a gateway. RFC 6890, special-purpose addresses. */

import { formatIp, IPV4_BYTES, type IpAddress, isInNetwork, parseIp } from '@viridian/inet';

type Network = readonly [first: IpAddress, prefixBits: number];

function networks(...texts: readonly string[]): Network[] {
  return texts.map((text) => {
    const [first, bits] = text.split('/');
    return [parseIp(first!)!, Number(bits)];
  });
}

/**
 * The host itself, the link, several or nobody: this network, loopback, link-local, multicast, and IPv6 addresses that
 * carry IPv4 addresses, whatever these are.
 */
const NEVER = [
  ...networks('0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'),
  ...networks('::/96', '::ffff:0:0/96', '64:ff9b::/32', '2002::/16', 'fe80::/9', 'ff00::/8'),
];

/** Networks that are not the Internet: what the host's neighbours have. */
const LOCAL = [
  ...networks('10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16'),
  ...networks('198.18.0.0/15', 'fc00::/7'),
];

/** Whether an address means one station somewhere else: not the host itself, not several, not nobody. */
export function isElsewhere(address: IpAddress): boolean {
  return !NEVER.some(([first, bits]) => isInNetwork(address, first, bits));
}

/** Settings of what may be reached. */
export interface ReachSettings {
  /** False for nothing at all. */
  readonly outside: boolean;
  /** Networks of the host's neighbours as well, and the host by its own addresses there. */
  readonly localNetworks: boolean;
  /** Addresses that are the host's own. */
  readonly ownAddresses: () => readonly string[];
}

/** Whether guests may reach an address that is neither the gateway's nor another guest's. */
export function mayReach(
  address: IpAddress,
  { outside, localNetworks, ownAddresses }: ReachSettings,
): boolean {
  if (!outside || !isElsewhere(address)) return false;
  if (localNetworks) return true;
  return !LOCAL.some(([first, bits]) => isInNetwork(address, first, bits)) && !isOwn(address, ownAddresses());
}

function isOwn(address: IpAddress, own: readonly string[]): boolean {
  const text = formatIp(address);
  if (address.length === IPV4_BYTES) return own.includes(text);
  // Written in other ways than ours, perhaps.
  return own.some((other) => {
    const bytes = parseIp(other);
    return bytes !== undefined && formatIp(bytes) === text;
  });
}
