/** Protocol versions of the network channel. NVSP, version negotiation. */

/** A version as INIT states it. There was no version 3. */
export const NvspVersion = {
  V1: 0x0000_0002,
  V2: 0x0003_0002,
  V4: 0x0004_0000,
  V5: 0x0005_0000,
  V6: 0x0006_0000,
  V6_1: 0x0006_0001,
} as const;

/** A protocol version. */
export type NvspVersion = (typeof NvspVersion)[keyof typeof NvspVersion];

/** The versions that Linux 6.1 tries, in its order. */
export const LINUX_NETVSC_VERSIONS: readonly NvspVersion[] = [
  NvspVersion.V6_1,
  NvspVersion.V6,
  NvspVersion.V5,
  NvspVersion.V4,
  NvspVersion.V2,
  NvspVersion.V1,
];

/** Bytes of a message in `version`. Linux sends the long form whatever was agreed on, and drops shorter ones than 28 bytes. */
export function nvspMessageBytes(version: number): 28 | 40 {
  return version >= NvspVersion.V6_1 ? 40 : 28;
}

/** NDIS version, major in 31:16, that Linux states for a protocol version. */
export function linuxNdisVersion(version: number): { readonly major: number; readonly minor: number } {
  return { major: 6, minor: version > NvspVersion.V4 ? 30 : 1 };
}
