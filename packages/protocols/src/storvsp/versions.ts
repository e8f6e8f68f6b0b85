/** Protocol versions of the storage channel. */

/** Version number: major in 15:8, minor in 7:0. */
export const StorvspVersion = {
  WS2008: 0x0200,
  WIN7: 0x0402,
  WIN8: 0x0501,
  WIN8_1: 0x0600,
  WIN10: 0x0602,
} as const;

/** A protocol version. */
export type StorvspVersion = (typeof StorvspVersion)[keyof typeof StorvspVersion];

/** Bytes of a vstor packet in `version`. */
export function vstorPacketBytes(version: number): 48 | 64 {
  return version >= StorvspVersion.WIN8 ? 64 : 48;
}

/** The versions that Linux 6.1 tries, in its order. */
export const LINUX_STORVSC_VERSIONS: readonly StorvspVersion[] = [
  StorvspVersion.WIN10,
  StorvspVersion.WIN8_1,
  StorvspVersion.WIN8,
];
