/** IPv4 addresses, and which of them a guest may reach. RFC 791, 6890. */

/** The address of a text like 10.0.2.2 as a number; undefined for any other text. */
export function parseIpv4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (parts === null) return undefined;
  const bytes = parts.slice(1).map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** `10.0.2.2` of a number. */
export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Ranges that are the host's own, or nobody's: this network, loopback, link-local, multicast and above. */
const CLOSED: readonly (readonly [first: number, prefixBits: number])[] = [
  [parseIpv4('0.0.0.0')!, 8],
  [parseIpv4('127.0.0.0')!, 8],
  [parseIpv4('169.254.0.0')!, 16],
  [parseIpv4('224.0.0.0')!, 3],
];

/** Whether an address is out in the world or the host's network, not the host itself. */
export function isOutside(address: number): boolean {
  return !CLOSED.some(([first, bits]) => address >>> (32 - bits) === first >>> (32 - bits));
}
