/** What travels on a virtual network: Ethernet II frames, RFC 894, with what hardware would know about them. */

/** `vlan` of a frame without a tag. */
export const NO_VLAN = -1;

/** Bytes of an Ethernet header: two addresses and a type. */
export const ETHERNET_HEADER_BYTES = 14;

/** Bytes of an address. */
export const MAC_BYTES = 6;

/** What may be said about a frame besides its bytes. */
export interface FrameOptions {
  readonly vlan?: number;
  readonly segmentBytes?: number;
  readonly verified?: boolean;
}

/**
 * One frame. It is handed on by reference to whoever gets it: nobody changes it once it was sent, and who makes one gives
 * it bytes that nobody else writes to.
 */
export class Frame {
  /** From the destination address to the end of the payload: no tag, no frame check sequence. */
  readonly bytes: Uint8Array;
  /** Tag control information (priority 15:13, CFI 12, VLAN 11:0), or `NO_VLAN`. */
  readonly vlan: number;
  /**
   * 0 for an ordinary frame. Otherwise a TCP segment larger than the MTU, to be cut into segments of so many bytes of
   * payload: its lengths and checksums are not filled in. `SegmentCutter` makes ordinary frames of it.
   */
  readonly segmentBytes: number;
  /** All checksums are known to be right, so no receiver needs to look. */
  readonly verified: boolean;

  constructor(bytes: Uint8Array, options: FrameOptions = {}) {
    this.bytes = bytes;
    this.vlan = options.vlan ?? NO_VLAN;
    this.segmentBytes = options.segmentBytes ?? 0;
    this.verified = options.verified ?? false;
  }
}

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
