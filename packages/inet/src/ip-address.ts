/** Addresses of IPv4 (4 bytes) and IPv6 (16 bytes), in network order. RFC 791, 4291, 5952. */

/** 4 or 16 bytes. */
export type IpAddress = Uint8Array;

/** Bytes of the addresses. */
export const IPV4_BYTES = 4;
export const IPV6_BYTES = 16;

const GROUPS = 8;

/** The address of a text like 10.0.2.2 or fe80::2; undefined for any other text. */
export function parseIp(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** `10.0.2.2` or `fe80::2` of an address. */
export function formatIp(address: IpAddress): string {
  return address.length === IPV4_BYTES ? address.join('.') : formatIpv6(address);
}

/** Whether two addresses are the same, of the same kind. */
export function isSameIp(one: IpAddress, other: IpAddress): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

/** Whether an address begins with the first `prefixBits` of `network`, which is of the same kind. */
export function isInNetwork(address: IpAddress, network: IpAddress, prefixBits: number): boolean {
  if (address.length !== network.length) return false;
  const whole = prefixBits >>> 3;
  for (let i = 0; i < whole; i += 1) if (address[i] !== network[i]) return false;
  const shift = 8 - (prefixBits & 7);
  return shift === 8 || address[whole]! >>> shift === network[whole]! >>> shift;
}

/** The link-local address that a station makes of its hardware address. RFC 4291, Modified EUI-64. */
export function linkLocalAddress(mac: Uint8Array): Uint8Array<ArrayBuffer> {
  return interfaceAddress(Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0), mac);
}

/** The address that a station makes of 8 bytes of prefix and its hardware address. RFC 4862. */
export function interfaceAddress(prefix: Uint8Array, mac: Uint8Array): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(IPV6_BYTES);
  address.set(prefix.subarray(0, 8));
  address.set([mac[0]! ^ 2, mac[1]!, mac[2]!, 0xff, 0xfe, mac[3]!, mac[4]!, mac[5]!], 8);
  return address;
}

function parseIpv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  return parts === undefined || parts.some((part) => part > 255) ? undefined : Uint8Array.from(parts);
}

function parseIpv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string | undefined): string[] => (half ? half.split(':') : []);
  const [before, after] = [groupsOf(halves[0]), groupsOf(halves[1])];
  const missing = GROUPS - before.length - after.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...before, ...new Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...after];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const numbers = groups.map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(numbers.flatMap((number) => [number >>> 8, number & 255]));
}

/** The longest run of two and more zero groups is left out, the first of equals. */
function formatIpv6(address: IpAddress): string {
  const groups = Array.from({ length: GROUPS }, (_, i) =>
    ((address[i * 2]! << 8) | address[i * 2 + 1]!).toString(16),
  );
  let [bestAt, bestLength] = [0, 1];
  for (let at = 0; at < GROUPS; at += 1) {
    let length = 0;
    while (at + length < GROUPS && groups[at + length] === '0') length += 1;
    if (length > bestLength) [bestAt, bestLength] = [at, length];
  }
  if (bestLength < 2) return groups.join(':');
  return `${groups.slice(0, bestAt).join(':')}::${groups.slice(bestAt + bestLength).join(':')}`;
}
