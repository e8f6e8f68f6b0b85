/** Ethernet II headers. RFC 894. */

/** Bytes of an Ethernet header: two addresses and a type. */
export const ETHERNET_HEADER_BYTES = 14;

/** Bytes of an address. */
export const MAC_BYTES = 6;

/** Types of Ethernet frames. */
export const EtherType = { IPV4: 0x0800, ARP: 0x0806, IPV6: 0x86dd } as const;

/** The address of all stations. Not to be changed. */
export const BROADCAST_MAC: Uint8Array = new Uint8Array(MAC_BYTES).fill(0xff);

/** The address at `at` as a number below 2^48. */
export function macNumber(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 8) | bytes[at + 1]!;
  const low = (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
  return high * 2 ** 32 + (low >>> 0);
}

/** Whether the address at `at` means several stations; broadcast does as well. */
export function isGroupAddress(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! & 1) !== 0;
}

/** Whether the address at `at` means all stations. */
export function isBroadcast(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAC_BYTES; i += 1) if (bytes[at + i] !== 0xff) return false;
  return true;
}

/** `02:1a:…` of an address. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, MAC_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The address that a text of six hexadecimal pairs means, separated by `:`, `-` or nothing; undefined for any other text. */
export function parseMac(text: string): Uint8Array<ArrayBuffer> | undefined {
  const match = /^([0-9a-f]{2})([:-]?)([0-9a-f]{2})(?:\2[0-9a-f]{2}){4}$/i.exec(text);
  if (match === null) return undefined;
  const digits = text.replaceAll(/[:-]/g, '');
  return Uint8Array.from({ length: MAC_BYTES }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
}
